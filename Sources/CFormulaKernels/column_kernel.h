// The operations of the column kernel. Included once for each instruction set, with KERNEL as the function's name and
// ISA as its target attribute. The numbers are those of Swift's FastOperation, in its order; a test runs each
// operation here and there and compares bits.

#define PICK(condition, x, y) ((condition) ? (x) : (y))
#define TRUTH(condition) ((condition) ? 1.0 : 0.0)
#define BOTH(x, y) ((x) & (y))
#define ONE(x, y) ((x) | (y))
#define EITHER(x, y) ((y) > (x) ? (y) : (x))

static inline ISA double CLAMP_NAME(double x, double low, double high) {
  double raised = low > x ? low : x;
  return high < raised ? high : raised;
}
#define CLAMP(x, low, high) CLAMP_NAME(x, low, high)

#define EACH(expression)                                     \
  _Pragma("clang loop vectorize(enable)") for (size_t i = 0; i < rows; i++) target[i] = expression; \
  break

// Calls of the C library, the same that single evaluation makes.
#define ONE_BY_ONE(expression)                               \
  for (size_t i = 0; i < rows; i++) target[i] = expression;  \
  break

ISA size_t KERNEL(const struct formula_step *steps, size_t first, size_t count,
                  double *const *registers, size_t rows, uint64_t *suspects) {
  for (size_t index = first; index < count; index++) {
    const struct formula_step step = steps[index];
    double *__restrict target = registers[step.target];
    const double *a = registers[step.a];
    const double *b = registers[step.b];
    const double *c = registers[step.c];
    const double *d = registers[step.d];
    switch (step.operation) {
      // One operation.
      case 0: EACH(a[i] + b[i]);  // add
      case 1: EACH(a[i] - b[i]);  // subtract
      case 2: EACH(a[i] * b[i]);  // multiply
      case 3: EACH(a[i] / b[i]);  // divide
      case 4: EACH(-a[i]);  // negate
      case 5: EACH(__builtin_elementwise_abs(a[i]));  // abs
      case 6: EACH(PICK(b[i] < a[i], b[i], a[i]));  // minimum
      case 7: EACH(PICK(b[i] > a[i], b[i], a[i]));  // maximum
      case 8: EACH(CLAMP(a[i], b[i], c[i]));  // clamp
      case 9: EACH(__builtin_elementwise_sqrt(a[i]));  // squareRoot
      case 10: EACH(__builtin_elementwise_floor(a[i]) + 0.0);  // floor
      case 11: EACH(__builtin_elementwise_ceil(a[i]) + 0.0);  // ceil
      case 12: EACH(__builtin_elementwise_trunc(a[i]) + 0.0);  // truncate
      case 13: EACH(__builtin_elementwise_roundeven(a[i]) + 0.0);  // roundEven
      case 14: EACH(a[i] * a[i]);  // square
      case 15: EACH(a[i] * a[i] * a[i]);  // cube
      case 16: EACH((a[i] * a[i]) * (a[i] * a[i]));  // fourthPower
      // Truth: 0 or 1. `both` and `either` take truths.
      case 17: EACH(TRUTH(a[i] < b[i]));  // less
      case 18: EACH(TRUTH(a[i] <= b[i]));  // lessOrEqual
      case 19: EACH(TRUTH(a[i] == b[i]));  // equal
      case 20: EACH(TRUTH(a[i] != b[i]));  // notEqual
      case 21: EACH(TRUTH(a[i] == 0));  // not
      case 22: EACH(a[i] * b[i]);  // both
      case 23: EACH(PICK(b[i] > a[i], b[i], a[i]));  // either
      case 24: EACH(TRUTH(a[i] < b[i]) * c[i]);  // lessAnd
      case 25: EACH(TRUTH(a[i] <= b[i]) * c[i]);  // lessOrEqualAnd
      case 26: EACH(TRUTH(a[i] == b[i]) * c[i]);  // equalAnd
      case 27: EACH(TRUTH(a[i] != b[i]) * c[i]);  // notEqualAnd
      case 28: EACH(EITHER(TRUTH(a[i] < b[i]), c[i]));  // lessOr
      case 29: EACH(EITHER(TRUTH(a[i] <= b[i]), c[i]));  // lessOrEqualOr
      case 30: EACH(EITHER(TRUTH(a[i] == b[i]), c[i]));  // equalOr
      case 31: EACH(EITHER(TRUTH(a[i] != b[i]), c[i]));  // notEqualOr
      case 32: EACH(TRUTH(BOTH(a[i] < b[i], c[i] < d[i])));  // lessAndLess
      case 33: EACH(TRUTH(BOTH(a[i] < b[i], c[i] <= d[i])));  // lessAndLessOrEqual
      case 34: EACH(TRUTH(BOTH(a[i] <= b[i], c[i] < d[i])));  // lessOrEqualAndLess
      case 35: EACH(TRUTH(BOTH(a[i] <= b[i], c[i] <= d[i])));  // lessOrEqualAndLessOrEqual
      case 36: EACH(TRUTH(ONE(a[i] < b[i], c[i] < d[i])));  // lessOrLess
      case 37: EACH(TRUTH(ONE(a[i] < b[i], c[i] <= d[i])));  // lessOrLessOrEqual
      case 38: EACH(TRUTH(ONE(a[i] <= b[i], c[i] < d[i])));  // lessOrEqualOrLess
      case 39: EACH(TRUTH(ONE(a[i] <= b[i], c[i] <= d[i])));  // lessOrEqualOrLessOrEqual
      // The third of a true condition, else the fourth.
      case 40: EACH(PICK(a[i] != 0, b[i], c[i]));  // select
      case 41: EACH(PICK(a[i] < b[i], c[i], d[i]));  // lessSelect
      case 42: EACH(PICK(a[i] <= b[i], c[i], d[i]));  // lessOrEqualSelect
      case 43: EACH(PICK(a[i] == b[i], c[i], d[i]));  // equalSelect
      case 44: EACH(PICK(a[i] != b[i], c[i], d[i]));  // notEqualSelect
      // `(a op b)` and then `op c`.
      case 45: EACH((a[i] + b[i]) + c[i]);  // addThenAdd
      case 46: EACH((a[i] + b[i]) - c[i]);  // addThenSubtract
      case 47: EACH(c[i] - (a[i] + b[i]));  // addThenSubtractFrom
      case 48: EACH((a[i] + b[i]) * c[i]);  // addThenMultiply
      case 49: EACH((a[i] + b[i]) / c[i]);  // addThenDivide
      case 50: EACH(c[i] / (a[i] + b[i]));  // addThenDivideInto
      case 51: EACH((a[i] - b[i]) + c[i]);  // subtractThenAdd
      case 52: EACH((a[i] - b[i]) - c[i]);  // subtractThenSubtract
      case 53: EACH(c[i] - (a[i] - b[i]));  // subtractThenSubtractFrom
      case 54: EACH((a[i] - b[i]) * c[i]);  // subtractThenMultiply
      case 55: EACH((a[i] - b[i]) / c[i]);  // subtractThenDivide
      case 56: EACH(c[i] / (a[i] - b[i]));  // subtractThenDivideInto
      case 57: EACH((a[i] * b[i]) + c[i]);  // multiplyThenAdd
      case 58: EACH((a[i] * b[i]) - c[i]);  // multiplyThenSubtract
      case 59: EACH(c[i] - (a[i] * b[i]));  // multiplyThenSubtractFrom
      case 60: EACH((a[i] * b[i]) * c[i]);  // multiplyThenMultiply
      case 61: EACH((a[i] * b[i]) / c[i]);  // multiplyThenDivide
      case 62: EACH(c[i] / (a[i] * b[i]));  // multiplyThenDivideInto
      case 63: EACH((a[i] / b[i]) + c[i]);  // divideThenAdd
      case 64: EACH((a[i] / b[i]) - c[i]);  // divideThenSubtract
      case 65: EACH(c[i] - (a[i] / b[i]));  // divideThenSubtractFrom
      case 66: EACH((a[i] / b[i]) * c[i]);  // divideThenMultiply
      case 67: EACH((a[i] / b[i]) / c[i]);  // divideThenDivide
      case 68: EACH(c[i] / (a[i] / b[i]));  // divideThenDivideInto
      // `(a op b)` with `(c op d)`.
      case 69: EACH((a[i] + b[i]) + (c[i] + d[i]));  // sumPlusSum
      case 70: EACH((a[i] + b[i]) + (c[i] - d[i]));  // sumPlusDifference
      case 71: EACH((a[i] + b[i]) + (c[i] * d[i]));  // sumPlusProduct
      case 72: EACH((a[i] + b[i]) - (c[i] + d[i]));  // sumMinusSum
      case 73: EACH((a[i] + b[i]) - (c[i] - d[i]));  // sumMinusDifference
      case 74: EACH((a[i] + b[i]) - (c[i] * d[i]));  // sumMinusProduct
      case 75: EACH((a[i] + b[i]) * (c[i] + d[i]));  // sumTimesSum
      case 76: EACH((a[i] + b[i]) * (c[i] - d[i]));  // sumTimesDifference
      case 77: EACH((a[i] + b[i]) * (c[i] * d[i]));  // sumTimesProduct
      case 78: EACH((a[i] + b[i]) / (c[i] + d[i]));  // sumOverSum
      case 79: EACH((a[i] + b[i]) / (c[i] - d[i]));  // sumOverDifference
      case 80: EACH((a[i] + b[i]) / (c[i] * d[i]));  // sumOverProduct
      case 81: EACH((a[i] - b[i]) + (c[i] + d[i]));  // differencePlusSum
      case 82: EACH((a[i] - b[i]) + (c[i] - d[i]));  // differencePlusDifference
      case 83: EACH((a[i] - b[i]) + (c[i] * d[i]));  // differencePlusProduct
      case 84: EACH((a[i] - b[i]) - (c[i] + d[i]));  // differenceMinusSum
      case 85: EACH((a[i] - b[i]) - (c[i] - d[i]));  // differenceMinusDifference
      case 86: EACH((a[i] - b[i]) - (c[i] * d[i]));  // differenceMinusProduct
      case 87: EACH((a[i] - b[i]) * (c[i] + d[i]));  // differenceTimesSum
      case 88: EACH((a[i] - b[i]) * (c[i] - d[i]));  // differenceTimesDifference
      case 89: EACH((a[i] - b[i]) * (c[i] * d[i]));  // differenceTimesProduct
      case 90: EACH((a[i] - b[i]) / (c[i] + d[i]));  // differenceOverSum
      case 91: EACH((a[i] - b[i]) / (c[i] - d[i]));  // differenceOverDifference
      case 92: EACH((a[i] - b[i]) / (c[i] * d[i]));  // differenceOverProduct
      case 93: EACH((a[i] * b[i]) + (c[i] + d[i]));  // productPlusSum
      case 94: EACH((a[i] * b[i]) + (c[i] - d[i]));  // productPlusDifference
      case 95: EACH((a[i] * b[i]) + (c[i] * d[i]));  // productPlusProduct
      case 96: EACH((a[i] * b[i]) - (c[i] + d[i]));  // productMinusSum
      case 97: EACH((a[i] * b[i]) - (c[i] - d[i]));  // productMinusDifference
      case 98: EACH((a[i] * b[i]) - (c[i] * d[i]));  // productMinusProduct
      case 99: EACH((a[i] * b[i]) * (c[i] + d[i]));  // productTimesSum
      case 100: EACH((a[i] * b[i]) * (c[i] - d[i]));  // productTimesDifference
      case 101: EACH((a[i] * b[i]) * (c[i] * d[i]));  // productTimesProduct
      case 102: EACH((a[i] * b[i]) / (c[i] + d[i]));  // productOverSum
      case 103: EACH((a[i] * b[i]) / (c[i] - d[i]));  // productOverDifference
      case 104: EACH((a[i] * b[i]) / (c[i] * d[i]));  // productOverProduct
      // `((a op b) op c)` and then `op d`.
      case 105: EACH(((a[i] + b[i]) + c[i]) + d[i]);  // addThenAddThenAdd
      case 106: EACH(((a[i] + b[i]) + c[i]) - d[i]);  // addThenAddThenSubtract
      case 107: EACH(d[i] - ((a[i] + b[i]) + c[i]));  // addThenAddThenSubtractFrom
      case 108: EACH(((a[i] + b[i]) + c[i]) * d[i]);  // addThenAddThenMultiply
      case 109: EACH(((a[i] + b[i]) + c[i]) / d[i]);  // addThenAddThenDivide
      case 110: EACH(d[i] / ((a[i] + b[i]) + c[i]));  // addThenAddThenDivideInto
      case 111: EACH(((a[i] + b[i]) - c[i]) + d[i]);  // addThenSubtractThenAdd
      case 112: EACH(((a[i] + b[i]) - c[i]) - d[i]);  // addThenSubtractThenSubtract
      case 113: EACH(d[i] - ((a[i] + b[i]) - c[i]));  // addThenSubtractThenSubtractFrom
      case 114: EACH(((a[i] + b[i]) - c[i]) * d[i]);  // addThenSubtractThenMultiply
      case 115: EACH(((a[i] + b[i]) - c[i]) / d[i]);  // addThenSubtractThenDivide
      case 116: EACH(d[i] / ((a[i] + b[i]) - c[i]));  // addThenSubtractThenDivideInto
      case 117: EACH((c[i] - (a[i] + b[i])) + d[i]);  // addThenSubtractFromThenAdd
      case 118: EACH((c[i] - (a[i] + b[i])) - d[i]);  // addThenSubtractFromThenSubtract
      case 119: EACH(d[i] - (c[i] - (a[i] + b[i])));  // addThenSubtractFromThenSubtractFrom
      case 120: EACH((c[i] - (a[i] + b[i])) * d[i]);  // addThenSubtractFromThenMultiply
      case 121: EACH((c[i] - (a[i] + b[i])) / d[i]);  // addThenSubtractFromThenDivide
      case 122: EACH(d[i] / (c[i] - (a[i] + b[i])));  // addThenSubtractFromThenDivideInto
      case 123: EACH(((a[i] + b[i]) * c[i]) + d[i]);  // addThenMultiplyThenAdd
      case 124: EACH(((a[i] + b[i]) * c[i]) - d[i]);  // addThenMultiplyThenSubtract
      case 125: EACH(d[i] - ((a[i] + b[i]) * c[i]));  // addThenMultiplyThenSubtractFrom
      case 126: EACH(((a[i] + b[i]) * c[i]) * d[i]);  // addThenMultiplyThenMultiply
      case 127: EACH(((a[i] + b[i]) * c[i]) / d[i]);  // addThenMultiplyThenDivide
      case 128: EACH(d[i] / ((a[i] + b[i]) * c[i]));  // addThenMultiplyThenDivideInto
      case 129: EACH(((a[i] + b[i]) / c[i]) + d[i]);  // addThenDivideThenAdd
      case 130: EACH(((a[i] + b[i]) / c[i]) - d[i]);  // addThenDivideThenSubtract
      case 131: EACH(d[i] - ((a[i] + b[i]) / c[i]));  // addThenDivideThenSubtractFrom
      case 132: EACH(((a[i] + b[i]) / c[i]) * d[i]);  // addThenDivideThenMultiply
      case 133: EACH(((a[i] + b[i]) / c[i]) / d[i]);  // addThenDivideThenDivide
      case 134: EACH(d[i] / ((a[i] + b[i]) / c[i]));  // addThenDivideThenDivideInto
      case 135: EACH((c[i] / (a[i] + b[i])) + d[i]);  // addThenDivideIntoThenAdd
      case 136: EACH((c[i] / (a[i] + b[i])) - d[i]);  // addThenDivideIntoThenSubtract
      case 137: EACH(d[i] - (c[i] / (a[i] + b[i])));  // addThenDivideIntoThenSubtractFrom
      case 138: EACH((c[i] / (a[i] + b[i])) * d[i]);  // addThenDivideIntoThenMultiply
      case 139: EACH((c[i] / (a[i] + b[i])) / d[i]);  // addThenDivideIntoThenDivide
      case 140: EACH(d[i] / (c[i] / (a[i] + b[i])));  // addThenDivideIntoThenDivideInto
      case 141: EACH(((a[i] - b[i]) + c[i]) + d[i]);  // subtractThenAddThenAdd
      case 142: EACH(((a[i] - b[i]) + c[i]) - d[i]);  // subtractThenAddThenSubtract
      case 143: EACH(d[i] - ((a[i] - b[i]) + c[i]));  // subtractThenAddThenSubtractFrom
      case 144: EACH(((a[i] - b[i]) + c[i]) * d[i]);  // subtractThenAddThenMultiply
      case 145: EACH(((a[i] - b[i]) + c[i]) / d[i]);  // subtractThenAddThenDivide
      case 146: EACH(d[i] / ((a[i] - b[i]) + c[i]));  // subtractThenAddThenDivideInto
      case 147: EACH(((a[i] - b[i]) - c[i]) + d[i]);  // subtractThenSubtractThenAdd
      case 148: EACH(((a[i] - b[i]) - c[i]) - d[i]);  // subtractThenSubtractThenSubtract
      case 149: EACH(d[i] - ((a[i] - b[i]) - c[i]));  // subtractThenSubtractThenSubtractFrom
      case 150: EACH(((a[i] - b[i]) - c[i]) * d[i]);  // subtractThenSubtractThenMultiply
      case 151: EACH(((a[i] - b[i]) - c[i]) / d[i]);  // subtractThenSubtractThenDivide
      case 152: EACH(d[i] / ((a[i] - b[i]) - c[i]));  // subtractThenSubtractThenDivideInto
      case 153: EACH((c[i] - (a[i] - b[i])) + d[i]);  // subtractThenSubtractFromThenAdd
      case 154: EACH((c[i] - (a[i] - b[i])) - d[i]);  // subtractThenSubtractFromThenSubtract
      case 155: EACH(d[i] - (c[i] - (a[i] - b[i])));  // subtractThenSubtractFromThenSubtractFrom
      case 156: EACH((c[i] - (a[i] - b[i])) * d[i]);  // subtractThenSubtractFromThenMultiply
      case 157: EACH((c[i] - (a[i] - b[i])) / d[i]);  // subtractThenSubtractFromThenDivide
      case 158: EACH(d[i] / (c[i] - (a[i] - b[i])));  // subtractThenSubtractFromThenDivideInto
      case 159: EACH(((a[i] - b[i]) * c[i]) + d[i]);  // subtractThenMultiplyThenAdd
      case 160: EACH(((a[i] - b[i]) * c[i]) - d[i]);  // subtractThenMultiplyThenSubtract
      case 161: EACH(d[i] - ((a[i] - b[i]) * c[i]));  // subtractThenMultiplyThenSubtractFrom
      case 162: EACH(((a[i] - b[i]) * c[i]) * d[i]);  // subtractThenMultiplyThenMultiply
      case 163: EACH(((a[i] - b[i]) * c[i]) / d[i]);  // subtractThenMultiplyThenDivide
      case 164: EACH(d[i] / ((a[i] - b[i]) * c[i]));  // subtractThenMultiplyThenDivideInto
      case 165: EACH(((a[i] - b[i]) / c[i]) + d[i]);  // subtractThenDivideThenAdd
      case 166: EACH(((a[i] - b[i]) / c[i]) - d[i]);  // subtractThenDivideThenSubtract
      case 167: EACH(d[i] - ((a[i] - b[i]) / c[i]));  // subtractThenDivideThenSubtractFrom
      case 168: EACH(((a[i] - b[i]) / c[i]) * d[i]);  // subtractThenDivideThenMultiply
      case 169: EACH(((a[i] - b[i]) / c[i]) / d[i]);  // subtractThenDivideThenDivide
      case 170: EACH(d[i] / ((a[i] - b[i]) / c[i]));  // subtractThenDivideThenDivideInto
      case 171: EACH((c[i] / (a[i] - b[i])) + d[i]);  // subtractThenDivideIntoThenAdd
      case 172: EACH((c[i] / (a[i] - b[i])) - d[i]);  // subtractThenDivideIntoThenSubtract
      case 173: EACH(d[i] - (c[i] / (a[i] - b[i])));  // subtractThenDivideIntoThenSubtractFrom
      case 174: EACH((c[i] / (a[i] - b[i])) * d[i]);  // subtractThenDivideIntoThenMultiply
      case 175: EACH((c[i] / (a[i] - b[i])) / d[i]);  // subtractThenDivideIntoThenDivide
      case 176: EACH(d[i] / (c[i] / (a[i] - b[i])));  // subtractThenDivideIntoThenDivideInto
      case 177: EACH(((a[i] * b[i]) + c[i]) + d[i]);  // multiplyThenAddThenAdd
      case 178: EACH(((a[i] * b[i]) + c[i]) - d[i]);  // multiplyThenAddThenSubtract
      case 179: EACH(d[i] - ((a[i] * b[i]) + c[i]));  // multiplyThenAddThenSubtractFrom
      case 180: EACH(((a[i] * b[i]) + c[i]) * d[i]);  // multiplyThenAddThenMultiply
      case 181: EACH(((a[i] * b[i]) + c[i]) / d[i]);  // multiplyThenAddThenDivide
      case 182: EACH(d[i] / ((a[i] * b[i]) + c[i]));  // multiplyThenAddThenDivideInto
      case 183: EACH(((a[i] * b[i]) - c[i]) + d[i]);  // multiplyThenSubtractThenAdd
      case 184: EACH(((a[i] * b[i]) - c[i]) - d[i]);  // multiplyThenSubtractThenSubtract
      case 185: EACH(d[i] - ((a[i] * b[i]) - c[i]));  // multiplyThenSubtractThenSubtractFrom
      case 186: EACH(((a[i] * b[i]) - c[i]) * d[i]);  // multiplyThenSubtractThenMultiply
      case 187: EACH(((a[i] * b[i]) - c[i]) / d[i]);  // multiplyThenSubtractThenDivide
      case 188: EACH(d[i] / ((a[i] * b[i]) - c[i]));  // multiplyThenSubtractThenDivideInto
      case 189: EACH((c[i] - (a[i] * b[i])) + d[i]);  // multiplyThenSubtractFromThenAdd
      case 190: EACH((c[i] - (a[i] * b[i])) - d[i]);  // multiplyThenSubtractFromThenSubtract
      case 191: EACH(d[i] - (c[i] - (a[i] * b[i])));  // multiplyThenSubtractFromThenSubtractFrom
      case 192: EACH((c[i] - (a[i] * b[i])) * d[i]);  // multiplyThenSubtractFromThenMultiply
      case 193: EACH((c[i] - (a[i] * b[i])) / d[i]);  // multiplyThenSubtractFromThenDivide
      case 194: EACH(d[i] / (c[i] - (a[i] * b[i])));  // multiplyThenSubtractFromThenDivideInto
      case 195: EACH(((a[i] * b[i]) * c[i]) + d[i]);  // multiplyThenMultiplyThenAdd
      case 196: EACH(((a[i] * b[i]) * c[i]) - d[i]);  // multiplyThenMultiplyThenSubtract
      case 197: EACH(d[i] - ((a[i] * b[i]) * c[i]));  // multiplyThenMultiplyThenSubtractFrom
      case 198: EACH(((a[i] * b[i]) * c[i]) * d[i]);  // multiplyThenMultiplyThenMultiply
      case 199: EACH(((a[i] * b[i]) * c[i]) / d[i]);  // multiplyThenMultiplyThenDivide
      case 200: EACH(d[i] / ((a[i] * b[i]) * c[i]));  // multiplyThenMultiplyThenDivideInto
      case 201: EACH(((a[i] * b[i]) / c[i]) + d[i]);  // multiplyThenDivideThenAdd
      case 202: EACH(((a[i] * b[i]) / c[i]) - d[i]);  // multiplyThenDivideThenSubtract
      case 203: EACH(d[i] - ((a[i] * b[i]) / c[i]));  // multiplyThenDivideThenSubtractFrom
      case 204: EACH(((a[i] * b[i]) / c[i]) * d[i]);  // multiplyThenDivideThenMultiply
      case 205: EACH(((a[i] * b[i]) / c[i]) / d[i]);  // multiplyThenDivideThenDivide
      case 206: EACH(d[i] / ((a[i] * b[i]) / c[i]));  // multiplyThenDivideThenDivideInto
      case 207: EACH((c[i] / (a[i] * b[i])) + d[i]);  // multiplyThenDivideIntoThenAdd
      case 208: EACH((c[i] / (a[i] * b[i])) - d[i]);  // multiplyThenDivideIntoThenSubtract
      case 209: EACH(d[i] - (c[i] / (a[i] * b[i])));  // multiplyThenDivideIntoThenSubtractFrom
      case 210: EACH((c[i] / (a[i] * b[i])) * d[i]);  // multiplyThenDivideIntoThenMultiply
      case 211: EACH((c[i] / (a[i] * b[i])) / d[i]);  // multiplyThenDivideIntoThenDivide
      case 212: EACH(d[i] / (c[i] / (a[i] * b[i])));  // multiplyThenDivideIntoThenDivideInto
      case 213: EACH(((a[i] / b[i]) + c[i]) + d[i]);  // divideThenAddThenAdd
      case 214: EACH(((a[i] / b[i]) + c[i]) - d[i]);  // divideThenAddThenSubtract
      case 215: EACH(d[i] - ((a[i] / b[i]) + c[i]));  // divideThenAddThenSubtractFrom
      case 216: EACH(((a[i] / b[i]) + c[i]) * d[i]);  // divideThenAddThenMultiply
      case 217: EACH(((a[i] / b[i]) + c[i]) / d[i]);  // divideThenAddThenDivide
      case 218: EACH(d[i] / ((a[i] / b[i]) + c[i]));  // divideThenAddThenDivideInto
      case 219: EACH(((a[i] / b[i]) - c[i]) + d[i]);  // divideThenSubtractThenAdd
      case 220: EACH(((a[i] / b[i]) - c[i]) - d[i]);  // divideThenSubtractThenSubtract
      case 221: EACH(d[i] - ((a[i] / b[i]) - c[i]));  // divideThenSubtractThenSubtractFrom
      case 222: EACH(((a[i] / b[i]) - c[i]) * d[i]);  // divideThenSubtractThenMultiply
      case 223: EACH(((a[i] / b[i]) - c[i]) / d[i]);  // divideThenSubtractThenDivide
      case 224: EACH(d[i] / ((a[i] / b[i]) - c[i]));  // divideThenSubtractThenDivideInto
      case 225: EACH((c[i] - (a[i] / b[i])) + d[i]);  // divideThenSubtractFromThenAdd
      case 226: EACH((c[i] - (a[i] / b[i])) - d[i]);  // divideThenSubtractFromThenSubtract
      case 227: EACH(d[i] - (c[i] - (a[i] / b[i])));  // divideThenSubtractFromThenSubtractFrom
      case 228: EACH((c[i] - (a[i] / b[i])) * d[i]);  // divideThenSubtractFromThenMultiply
      case 229: EACH((c[i] - (a[i] / b[i])) / d[i]);  // divideThenSubtractFromThenDivide
      case 230: EACH(d[i] / (c[i] - (a[i] / b[i])));  // divideThenSubtractFromThenDivideInto
      case 231: EACH(((a[i] / b[i]) * c[i]) + d[i]);  // divideThenMultiplyThenAdd
      case 232: EACH(((a[i] / b[i]) * c[i]) - d[i]);  // divideThenMultiplyThenSubtract
      case 233: EACH(d[i] - ((a[i] / b[i]) * c[i]));  // divideThenMultiplyThenSubtractFrom
      case 234: EACH(((a[i] / b[i]) * c[i]) * d[i]);  // divideThenMultiplyThenMultiply
      case 235: EACH(((a[i] / b[i]) * c[i]) / d[i]);  // divideThenMultiplyThenDivide
      case 236: EACH(d[i] / ((a[i] / b[i]) * c[i]));  // divideThenMultiplyThenDivideInto
      case 237: EACH(((a[i] / b[i]) / c[i]) + d[i]);  // divideThenDivideThenAdd
      case 238: EACH(((a[i] / b[i]) / c[i]) - d[i]);  // divideThenDivideThenSubtract
      case 239: EACH(d[i] - ((a[i] / b[i]) / c[i]));  // divideThenDivideThenSubtractFrom
      case 240: EACH(((a[i] / b[i]) / c[i]) * d[i]);  // divideThenDivideThenMultiply
      case 241: EACH(((a[i] / b[i]) / c[i]) / d[i]);  // divideThenDivideThenDivide
      case 242: EACH(d[i] / ((a[i] / b[i]) / c[i]));  // divideThenDivideThenDivideInto
      case 243: EACH((c[i] / (a[i] / b[i])) + d[i]);  // divideThenDivideIntoThenAdd
      case 244: EACH((c[i] / (a[i] / b[i])) - d[i]);  // divideThenDivideIntoThenSubtract
      case 245: EACH(d[i] - (c[i] / (a[i] / b[i])));  // divideThenDivideIntoThenSubtractFrom
      case 246: EACH((c[i] / (a[i] / b[i])) * d[i]);  // divideThenDivideIntoThenMultiply
      case 247: EACH((c[i] / (a[i] / b[i])) / d[i]);  // divideThenDivideIntoThenDivide
      case 248: EACH(d[i] / (c[i] / (a[i] / b[i])));  // divideThenDivideIntoThenDivideInto
      // The C library.
      case 249: ONE_BY_ONE(log(a[i]));  // naturalLogarithm
      case 250: ONE_BY_ONE(log10(a[i]));  // logarithm10
      case 251: ONE_BY_ONE(log2(a[i]));  // logarithm2
      case 252: ONE_BY_ONE(exp(a[i]));  // exponential
      case 253: ONE_BY_ONE(sin(a[i]));  // sine
      case 254: ONE_BY_ONE(cos(a[i]));  // cosine
      case 255: ONE_BY_ONE(tan(a[i]));  // tangent
      case 258:  // check
        for (size_t i = 0; i < rows; i++)
          suspects[i] |= -(uint64_t)((b[i] != 0) & !(a[i] - a[i] == 0));
        break;
      default:
        // A call: the caller does it and comes back.
        return index;
    }
  }
  return count;
}

#undef PICK
#undef TRUTH
#undef BOTH
#undef ONE
#undef EITHER

#undef CLAMP
#undef EACH
#undef ONE_BY_ONE
#undef CLAMP_NAME
