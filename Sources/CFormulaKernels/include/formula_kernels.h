#ifndef FORMULA_KERNELS_H
#define FORMULA_KERNELS_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

// printf takes its arguments by varargs, which Swift does not call.
static inline int formula_print_fixed(char *text, size_t size, int digits, double value) {
  return snprintf(text, size, "%.*f", digits, value);
}

// Reads back what formula_print_fixed wrote, with the same decimal point whatever the locale.
static inline double formula_read_number(const char *text) { return strtod(text, NULL); }

#endif
