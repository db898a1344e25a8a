#include "formula_kernels.h"

#include <math.h>

// Each operation rounds by itself; a fused multiply-add would give other bits than single evaluation.
#pragma STDC FP_CONTRACT OFF

#define KERNEL formula_run_portable
#define CLAMP_NAME clamp_portable
#define ISA
#include "column_kernel.h"
#undef KERNEL
#undef ISA

#if defined(__x86_64__)
#define KERNEL formula_run_avx2
#define CLAMP_NAME clamp_avx2
#define ISA __attribute__((target("avx2")))
#include "column_kernel.h"
#undef KERNEL
#undef ISA

#define KERNEL formula_run_avx512
#define CLAMP_NAME clamp_avx512
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

int formula_finish(const double *values, double *out, size_t rows, const uint64_t *suspects) {
  uint64_t any = 0;
  for (size_t i = 0; i < rows; i++) {
    double value = values[i];
    out[i] = value;
    any |= suspects[i] | -(uint64_t)!(value - value == 0);
  }
  return any != 0;
}
