#include "formula_kernels.h"

#include <math.h>

// Each operation rounds by itself; a fused multiply-add would give other bits than single evaluation.
#pragma STDC FP_CONTRACT OFF

// Eight rows and a truth about each, all bits or none. Columns of the caller's lie where they lie.
typedef double rows8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef long long mask8 __attribute__((vector_size(64), aligned(8), may_alias));
// Eight results that fill a cache line.
typedef double line8 __attribute__((vector_size(64), aligned(64), may_alias));

#define PICK(condition, x, y) ({                                \
  const mask8 picked = (condition);                             \
  (rows8)(((mask8)(x) & picked) | ((mask8)(y) & ~picked));      \
})
#define TRUTH(condition) ((rows8)((mask8)(ONES) & (condition)))
#define ONES ((rows8){1, 1, 1, 1, 1, 1, 1, 1})
#define BOTH(x, y) ((x) & (y))
#define ONE(x, y) ((x) | (y))
#define EITHER(x, y) ({                                         \
  const rows8 either = (x);                                     \
  PICK((y) > either, (y), either);                              \
})
#define CLAMP(x, low, high) ({                                  \
  const rows8 raised = PICK((low) > (x), (low), (x));           \
  PICK((high) < raised, (high), raised);                        \
})
// A finite number less itself is zero.
#define NOT_FINITE(x) (((x) - (x)) != 0)

static inline int formula_any(const mask8 *mask) {
  long long any = 0;
  for (int lane = 0; lane < 8; lane++) any |= (*mask)[lane];
  return any != 0;
}

#define KERNEL formula_run_portable
#define ISA
#include "column_kernel.h"
#undef KERNEL
#undef ISA

#if defined(__x86_64__)
#define KERNEL formula_run_avx2
#define ISA __attribute__((target("avx2")))
#include "column_kernel.h"
#undef KERNEL
#undef ISA

#define KERNEL formula_run_avx512
#define ISA __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw")))
#include "column_kernel.h"
#undef KERNEL
#undef ISA
#endif

formula_kernel formula_kernel_at_level(int level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    return formula_run_avx512;
  if (level >= 1 && __builtin_cpu_supports("avx2")) return formula_run_avx2;
#endif
  (void)level;
  return formula_run_portable;
}
