// For this very processor, with all its vector instructions.
// flags: -O3 -march=native -flto -ffp-contract=off -Wno-unused-function -I .build-peers/DBCGenerated -lm
#include "cantools_c.h"
