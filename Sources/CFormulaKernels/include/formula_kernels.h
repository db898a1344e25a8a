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

// Rows a block: enough to make the dispatch vanish, few enough for the blocks to stay in the nearest cache.
#define FORMULA_BLOCK_ROWS 256

// Steps beside those of Swift's FastOperation.
// Marks the rows in which operand a is not finite.
#define FORMULA_INPUT 1000
// Copies a to the target, unless it is there, and marks the rows in which it is not finite.
#define FORMULA_RESULT 1001
// The same, written past the caches: for results so many that they would drive out what is read next. The target begins
// a cache line, and formula_streamed() comes before another thread reads it.
#define FORMULA_STREAM 1002

// A step over a block of rows: registers a to d in, target out. Targets are never operands of the same step.
struct formula_step {
  uint16_t operation;
  uint16_t function;
  uint16_t target;
  uint16_t a, b, c, d;
};

// The rows of a register, or the first eight of a constant, which stand for all.
struct formula_register {
  double *rows;
  // All bits, or none for a constant.
  size_t mask;
};

// Runs steps from `first` on over `rows` rows, a multiple of eight; gives the index of the first step that is a call, or
// `count`. Marks rows that single evaluation must look at in `suspects`, and if there are any, in the word behind them.
typedef size_t (*formula_kernel)(const struct formula_step *steps, size_t first, size_t count,
                                 const struct formula_register *registers, size_t rows,
                                 uint64_t *suspects);

// Asks for rows that will be read soon. The processor sees the coming of a few columns by itself, not of many.
static inline void formula_prefetch(const double *rows, size_t count) {
  for (size_t i = 0; i < count; i += 8) __builtin_prefetch(rows + i, 0, 2);
}

// Orders what FORMULA_STREAM has written before all that follows.
static inline void formula_streamed(void) {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

// The kernel for an instruction set, or for the best below it that this processor has:
// 0 any processor, 1 AVX2, 2 AVX-512. All give the same bits.
formula_kernel formula_kernel_at_level(int level);

#endif
