#ifndef FORMULA_KERNELS_H
#define FORMULA_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// printf takes its arguments by varargs, which Swift does not call.
static inline int formula_print_fixed(char *text, size_t size, int digits, double value) {
  return snprintf(text, size, "%.*f", digits, value);
}

// Reads back what formula_print_fixed wrote, with the same decimal point whatever the locale.
static inline double formula_read_number(const char *text) { return strtod(text, NULL); }

// A step over a block of rows: registers a to d in, target out. Targets are never operands of the same step.
struct formula_step {
  uint16_t operation;
  uint16_t function;
  uint16_t target;
  uint16_t a, b, c, d;
};

// Runs steps from `first` on over `rows` rows; gives the index of the first step that is a call, or `count`.
// Marks rows that single evaluation must look at in `suspects`.
typedef size_t (*formula_kernel)(const struct formula_step *steps, size_t first, size_t count,
                                 double *const *registers, size_t rows, uint64_t *suspects);

// The kernel for an instruction set, or for the best below it that this processor has:
// 0 any processor, 1 AVX2, 2 AVX-512. All give the same bits.
formula_kernel formula_kernel_at_level(int level);

// Copies results out; says whether any is not finite or suspect.
int formula_finish(const double *values, double *out, size_t rows, const uint64_t *suspects);

#endif
