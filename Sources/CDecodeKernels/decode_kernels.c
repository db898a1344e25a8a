#include "decode_kernels.h"

_Static_assert(sizeof(dk_signal) == 32, "two in a cache line");
_Static_assert(sizeof(dk_group) == 256, "four cache lines");
