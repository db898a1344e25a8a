#include "formula_kernels.h"
