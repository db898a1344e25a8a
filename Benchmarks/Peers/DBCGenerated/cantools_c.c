// For any processor of the kind, as ours is built.
// flags: -O3 -flto -ffp-contract=off -Wno-unused-function -I .build-peers/DBCGenerated -lm
#include "cantools_c.h"
