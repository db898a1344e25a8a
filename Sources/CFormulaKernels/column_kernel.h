// The operations of the column kernel. Included once for each instruction set, with KERNEL as the function's name and
// ISA as its target attribute. The numbers are those of Swift's FastOperation, in its order; a test runs each
// operation here and there and compares bits.

// Eight rows at a time, whatever the instruction set makes of them. A constant's eight stand for all rows.
#define EACH(expression)                                                    \
  for (size_t i = 0; i < rows; i += 8) {                                    \
    const rows8 A = *(const rows8 *)(a + (i & aMask));                      \
    const rows8 B = *(const rows8 *)(b + (i & bMask));                      \
    const rows8 C = *(const rows8 *)(c + (i & cMask));                      \
    const rows8 D = *(const rows8 *)(d + (i & dMask));                      \
    (void)A, (void)B, (void)C, (void)D;                                     \
    *(rows8 *)(target + i) = (expression);                                  \
  }                                                                         \
  break

// Calls of the C library, the same that single evaluation makes.
#define ONE_BY_ONE(function)                                                          \
  for (size_t i = 0; i < rows; i++) target[i] = function(a[i & aMask]); \
  break

ISA size_t KERNEL(const struct formula_step *steps, size_t first, size_t count,
                  const struct formula_register *registers, size_t rows, uint64_t *suspects) {
  for (size_t index = first; index < count; index++) {
    const struct formula_step step = steps[index];
    double *__restrict target = registers[step.target].rows;
    const double *a = registers[step.a].rows;
    const double *b = registers[step.b].rows;
    const double *c = registers[step.c].rows;
    const double *d = registers[step.d].rows;
    const size_t aMask = registers[step.a].mask, bMask = registers[step.b].mask;
    const size_t cMask = registers[step.c].mask, dMask = registers[step.d].mask;
    switch (step.operation) {
      // One operation.
      case 0: EACH(A + B);  // add
      case 1: EACH(A - B);  // subtract
      case 2: EACH(A * B);  // multiply
      case 3: EACH(A / B);  // divide
      case 4: EACH(-A);  // negate
      case 5: EACH(__builtin_elementwise_abs(A));  // abs
      case 6: EACH(PICK(B < A, B, A));  // minimum
      case 7: EACH(PICK(B > A, B, A));  // maximum
      case 8: EACH(CLAMP(A, B, C));  // clamp
      case 9: EACH(__builtin_elementwise_sqrt(A));  // squareRoot
      case 10: EACH(__builtin_elementwise_floor(A) + 0.0);  // floor
      case 11: EACH(__builtin_elementwise_ceil(A) + 0.0);  // ceil
      case 12: EACH(__builtin_elementwise_trunc(A) + 0.0);  // truncate
      case 13: EACH(__builtin_elementwise_roundeven(A) + 0.0);  // roundEven
      case 14: EACH(A * A);  // square
      case 15: EACH(A * A * A);  // cube
      case 16: EACH((A * A) * (A * A));  // fourthPower
      // Truth: 0 or 1. `both` and `either` take truths.
      case 17: EACH(TRUTH(A < B));  // less
      case 18: EACH(TRUTH(A <= B));  // lessOrEqual
      case 19: EACH(TRUTH(A == B));  // equal
      case 20: EACH(TRUTH(A != B));  // notEqual
      case 21: EACH(TRUTH(A == 0));  // not
      case 22: EACH(A * B);  // both
      case 23: EACH(PICK(B > A, B, A));  // either
      case 24: EACH(TRUTH(A < B) * C);  // lessAnd
      case 25: EACH(TRUTH(A <= B) * C);  // lessOrEqualAnd
      case 26: EACH(TRUTH(A == B) * C);  // equalAnd
      case 27: EACH(TRUTH(A != B) * C);  // notEqualAnd
      case 28: EACH(EITHER(TRUTH(A < B), C));  // lessOr
      case 29: EACH(EITHER(TRUTH(A <= B), C));  // lessOrEqualOr
      case 30: EACH(EITHER(TRUTH(A == B), C));  // equalOr
      case 31: EACH(EITHER(TRUTH(A != B), C));  // notEqualOr
      case 32: EACH(TRUTH(BOTH(A < B, C < D)));  // lessAndLess
      case 33: EACH(TRUTH(BOTH(A < B, C <= D)));  // lessAndLessOrEqual
      case 34: EACH(TRUTH(BOTH(A <= B, C < D)));  // lessOrEqualAndLess
      case 35: EACH(TRUTH(BOTH(A <= B, C <= D)));  // lessOrEqualAndLessOrEqual
      case 36: EACH(TRUTH(ONE(A < B, C < D)));  // lessOrLess
      case 37: EACH(TRUTH(ONE(A < B, C <= D)));  // lessOrLessOrEqual
      case 38: EACH(TRUTH(ONE(A <= B, C < D)));  // lessOrEqualOrLess
      case 39: EACH(TRUTH(ONE(A <= B, C <= D)));  // lessOrEqualOrLessOrEqual
      // The third of a true condition, else the fourth.
      case 40: EACH(PICK(A != 0, B, C));  // select
      case 41: EACH(PICK(A < B, C, D));  // lessSelect
      case 42: EACH(PICK(A <= B, C, D));  // lessOrEqualSelect
      case 43: EACH(PICK(A == B, C, D));  // equalSelect
      case 44: EACH(PICK(A != B, C, D));  // notEqualSelect
      // `(a op b)` and then `op c`.
      case 45: EACH((A + B) + C);  // addThenAdd
      case 46: EACH((A + B) - C);  // addThenSubtract
      case 47: EACH(C - (A + B));  // addThenSubtractFrom
      case 48: EACH((A + B) * C);  // addThenMultiply
      case 49: EACH((A + B) / C);  // addThenDivide
      case 50: EACH(C / (A + B));  // addThenDivideInto
      case 51: EACH((A - B) + C);  // subtractThenAdd
      case 52: EACH((A - B) - C);  // subtractThenSubtract
      case 53: EACH(C - (A - B));  // subtractThenSubtractFrom
      case 54: EACH((A - B) * C);  // subtractThenMultiply
      case 55: EACH((A - B) / C);  // subtractThenDivide
      case 56: EACH(C / (A - B));  // subtractThenDivideInto
      case 57: EACH((A * B) + C);  // multiplyThenAdd
      case 58: EACH((A * B) - C);  // multiplyThenSubtract
      case 59: EACH(C - (A * B));  // multiplyThenSubtractFrom
      case 60: EACH((A * B) * C);  // multiplyThenMultiply
      case 61: EACH((A * B) / C);  // multiplyThenDivide
      case 62: EACH(C / (A * B));  // multiplyThenDivideInto
      case 63: EACH((A / B) + C);  // divideThenAdd
      case 64: EACH((A / B) - C);  // divideThenSubtract
      case 65: EACH(C - (A / B));  // divideThenSubtractFrom
      case 66: EACH((A / B) * C);  // divideThenMultiply
      case 67: EACH((A / B) / C);  // divideThenDivide
      case 68: EACH(C / (A / B));  // divideThenDivideInto
      // `(a op b)` with `(c op d)`.
      case 69: EACH((A + B) + (C + D));  // sumPlusSum
      case 70: EACH((A + B) + (C - D));  // sumPlusDifference
      case 71: EACH((A + B) + (C * D));  // sumPlusProduct
      case 72: EACH((A + B) - (C + D));  // sumMinusSum
      case 73: EACH((A + B) - (C - D));  // sumMinusDifference
      case 74: EACH((A + B) - (C * D));  // sumMinusProduct
      case 75: EACH((A + B) * (C + D));  // sumTimesSum
      case 76: EACH((A + B) * (C - D));  // sumTimesDifference
      case 77: EACH((A + B) * (C * D));  // sumTimesProduct
      case 78: EACH((A + B) / (C + D));  // sumOverSum
      case 79: EACH((A + B) / (C - D));  // sumOverDifference
      case 80: EACH((A + B) / (C * D));  // sumOverProduct
      case 81: EACH((A - B) + (C + D));  // differencePlusSum
      case 82: EACH((A - B) + (C - D));  // differencePlusDifference
      case 83: EACH((A - B) + (C * D));  // differencePlusProduct
      case 84: EACH((A - B) - (C + D));  // differenceMinusSum
      case 85: EACH((A - B) - (C - D));  // differenceMinusDifference
      case 86: EACH((A - B) - (C * D));  // differenceMinusProduct
      case 87: EACH((A - B) * (C + D));  // differenceTimesSum
      case 88: EACH((A - B) * (C - D));  // differenceTimesDifference
      case 89: EACH((A - B) * (C * D));  // differenceTimesProduct
      case 90: EACH((A - B) / (C + D));  // differenceOverSum
      case 91: EACH((A - B) / (C - D));  // differenceOverDifference
      case 92: EACH((A - B) / (C * D));  // differenceOverProduct
      case 93: EACH((A * B) + (C + D));  // productPlusSum
      case 94: EACH((A * B) + (C - D));  // productPlusDifference
      case 95: EACH((A * B) + (C * D));  // productPlusProduct
      case 96: EACH((A * B) - (C + D));  // productMinusSum
      case 97: EACH((A * B) - (C - D));  // productMinusDifference
      case 98: EACH((A * B) - (C * D));  // productMinusProduct
      case 99: EACH((A * B) * (C + D));  // productTimesSum
      case 100: EACH((A * B) * (C - D));  // productTimesDifference
      case 101: EACH((A * B) * (C * D));  // productTimesProduct
      case 102: EACH((A * B) / (C + D));  // productOverSum
      case 103: EACH((A * B) / (C - D));  // productOverDifference
      case 104: EACH((A * B) / (C * D));  // productOverProduct
      // `((a op b) op c)` and then `op d`.
      case 105: EACH(((A + B) + C) + D);  // addThenAddThenAdd
      case 106: EACH(((A + B) + C) - D);  // addThenAddThenSubtract
      case 107: EACH(D - ((A + B) + C));  // addThenAddThenSubtractFrom
      case 108: EACH(((A + B) + C) * D);  // addThenAddThenMultiply
      case 109: EACH(((A + B) + C) / D);  // addThenAddThenDivide
      case 110: EACH(D / ((A + B) + C));  // addThenAddThenDivideInto
      case 111: EACH(((A + B) - C) + D);  // addThenSubtractThenAdd
      case 112: EACH(((A + B) - C) - D);  // addThenSubtractThenSubtract
      case 113: EACH(D - ((A + B) - C));  // addThenSubtractThenSubtractFrom
      case 114: EACH(((A + B) - C) * D);  // addThenSubtractThenMultiply
      case 115: EACH(((A + B) - C) / D);  // addThenSubtractThenDivide
      case 116: EACH(D / ((A + B) - C));  // addThenSubtractThenDivideInto
      case 117: EACH((C - (A + B)) + D);  // addThenSubtractFromThenAdd
      case 118: EACH((C - (A + B)) - D);  // addThenSubtractFromThenSubtract
      case 119: EACH(D - (C - (A + B)));  // addThenSubtractFromThenSubtractFrom
      case 120: EACH((C - (A + B)) * D);  // addThenSubtractFromThenMultiply
      case 121: EACH((C - (A + B)) / D);  // addThenSubtractFromThenDivide
      case 122: EACH(D / (C - (A + B)));  // addThenSubtractFromThenDivideInto
      case 123: EACH(((A + B) * C) + D);  // addThenMultiplyThenAdd
      case 124: EACH(((A + B) * C) - D);  // addThenMultiplyThenSubtract
      case 125: EACH(D - ((A + B) * C));  // addThenMultiplyThenSubtractFrom
      case 126: EACH(((A + B) * C) * D);  // addThenMultiplyThenMultiply
      case 127: EACH(((A + B) * C) / D);  // addThenMultiplyThenDivide
      case 128: EACH(D / ((A + B) * C));  // addThenMultiplyThenDivideInto
      case 129: EACH(((A + B) / C) + D);  // addThenDivideThenAdd
      case 130: EACH(((A + B) / C) - D);  // addThenDivideThenSubtract
      case 131: EACH(D - ((A + B) / C));  // addThenDivideThenSubtractFrom
      case 132: EACH(((A + B) / C) * D);  // addThenDivideThenMultiply
      case 133: EACH(((A + B) / C) / D);  // addThenDivideThenDivide
      case 134: EACH(D / ((A + B) / C));  // addThenDivideThenDivideInto
      case 135: EACH((C / (A + B)) + D);  // addThenDivideIntoThenAdd
      case 136: EACH((C / (A + B)) - D);  // addThenDivideIntoThenSubtract
      case 137: EACH(D - (C / (A + B)));  // addThenDivideIntoThenSubtractFrom
      case 138: EACH((C / (A + B)) * D);  // addThenDivideIntoThenMultiply
      case 139: EACH((C / (A + B)) / D);  // addThenDivideIntoThenDivide
      case 140: EACH(D / (C / (A + B)));  // addThenDivideIntoThenDivideInto
      case 141: EACH(((A - B) + C) + D);  // subtractThenAddThenAdd
      case 142: EACH(((A - B) + C) - D);  // subtractThenAddThenSubtract
      case 143: EACH(D - ((A - B) + C));  // subtractThenAddThenSubtractFrom
      case 144: EACH(((A - B) + C) * D);  // subtractThenAddThenMultiply
      case 145: EACH(((A - B) + C) / D);  // subtractThenAddThenDivide
      case 146: EACH(D / ((A - B) + C));  // subtractThenAddThenDivideInto
      case 147: EACH(((A - B) - C) + D);  // subtractThenSubtractThenAdd
      case 148: EACH(((A - B) - C) - D);  // subtractThenSubtractThenSubtract
      case 149: EACH(D - ((A - B) - C));  // subtractThenSubtractThenSubtractFrom
      case 150: EACH(((A - B) - C) * D);  // subtractThenSubtractThenMultiply
      case 151: EACH(((A - B) - C) / D);  // subtractThenSubtractThenDivide
      case 152: EACH(D / ((A - B) - C));  // subtractThenSubtractThenDivideInto
      case 153: EACH((C - (A - B)) + D);  // subtractThenSubtractFromThenAdd
      case 154: EACH((C - (A - B)) - D);  // subtractThenSubtractFromThenSubtract
      case 155: EACH(D - (C - (A - B)));  // subtractThenSubtractFromThenSubtractFrom
      case 156: EACH((C - (A - B)) * D);  // subtractThenSubtractFromThenMultiply
      case 157: EACH((C - (A - B)) / D);  // subtractThenSubtractFromThenDivide
      case 158: EACH(D / (C - (A - B)));  // subtractThenSubtractFromThenDivideInto
      case 159: EACH(((A - B) * C) + D);  // subtractThenMultiplyThenAdd
      case 160: EACH(((A - B) * C) - D);  // subtractThenMultiplyThenSubtract
      case 161: EACH(D - ((A - B) * C));  // subtractThenMultiplyThenSubtractFrom
      case 162: EACH(((A - B) * C) * D);  // subtractThenMultiplyThenMultiply
      case 163: EACH(((A - B) * C) / D);  // subtractThenMultiplyThenDivide
      case 164: EACH(D / ((A - B) * C));  // subtractThenMultiplyThenDivideInto
      case 165: EACH(((A - B) / C) + D);  // subtractThenDivideThenAdd
      case 166: EACH(((A - B) / C) - D);  // subtractThenDivideThenSubtract
      case 167: EACH(D - ((A - B) / C));  // subtractThenDivideThenSubtractFrom
      case 168: EACH(((A - B) / C) * D);  // subtractThenDivideThenMultiply
      case 169: EACH(((A - B) / C) / D);  // subtractThenDivideThenDivide
      case 170: EACH(D / ((A - B) / C));  // subtractThenDivideThenDivideInto
      case 171: EACH((C / (A - B)) + D);  // subtractThenDivideIntoThenAdd
      case 172: EACH((C / (A - B)) - D);  // subtractThenDivideIntoThenSubtract
      case 173: EACH(D - (C / (A - B)));  // subtractThenDivideIntoThenSubtractFrom
      case 174: EACH((C / (A - B)) * D);  // subtractThenDivideIntoThenMultiply
      case 175: EACH((C / (A - B)) / D);  // subtractThenDivideIntoThenDivide
      case 176: EACH(D / (C / (A - B)));  // subtractThenDivideIntoThenDivideInto
      case 177: EACH(((A * B) + C) + D);  // multiplyThenAddThenAdd
      case 178: EACH(((A * B) + C) - D);  // multiplyThenAddThenSubtract
      case 179: EACH(D - ((A * B) + C));  // multiplyThenAddThenSubtractFrom
      case 180: EACH(((A * B) + C) * D);  // multiplyThenAddThenMultiply
      case 181: EACH(((A * B) + C) / D);  // multiplyThenAddThenDivide
      case 182: EACH(D / ((A * B) + C));  // multiplyThenAddThenDivideInto
      case 183: EACH(((A * B) - C) + D);  // multiplyThenSubtractThenAdd
      case 184: EACH(((A * B) - C) - D);  // multiplyThenSubtractThenSubtract
      case 185: EACH(D - ((A * B) - C));  // multiplyThenSubtractThenSubtractFrom
      case 186: EACH(((A * B) - C) * D);  // multiplyThenSubtractThenMultiply
      case 187: EACH(((A * B) - C) / D);  // multiplyThenSubtractThenDivide
      case 188: EACH(D / ((A * B) - C));  // multiplyThenSubtractThenDivideInto
      case 189: EACH((C - (A * B)) + D);  // multiplyThenSubtractFromThenAdd
      case 190: EACH((C - (A * B)) - D);  // multiplyThenSubtractFromThenSubtract
      case 191: EACH(D - (C - (A * B)));  // multiplyThenSubtractFromThenSubtractFrom
      case 192: EACH((C - (A * B)) * D);  // multiplyThenSubtractFromThenMultiply
      case 193: EACH((C - (A * B)) / D);  // multiplyThenSubtractFromThenDivide
      case 194: EACH(D / (C - (A * B)));  // multiplyThenSubtractFromThenDivideInto
      case 195: EACH(((A * B) * C) + D);  // multiplyThenMultiplyThenAdd
      case 196: EACH(((A * B) * C) - D);  // multiplyThenMultiplyThenSubtract
      case 197: EACH(D - ((A * B) * C));  // multiplyThenMultiplyThenSubtractFrom
      case 198: EACH(((A * B) * C) * D);  // multiplyThenMultiplyThenMultiply
      case 199: EACH(((A * B) * C) / D);  // multiplyThenMultiplyThenDivide
      case 200: EACH(D / ((A * B) * C));  // multiplyThenMultiplyThenDivideInto
      case 201: EACH(((A * B) / C) + D);  // multiplyThenDivideThenAdd
      case 202: EACH(((A * B) / C) - D);  // multiplyThenDivideThenSubtract
      case 203: EACH(D - ((A * B) / C));  // multiplyThenDivideThenSubtractFrom
      case 204: EACH(((A * B) / C) * D);  // multiplyThenDivideThenMultiply
      case 205: EACH(((A * B) / C) / D);  // multiplyThenDivideThenDivide
      case 206: EACH(D / ((A * B) / C));  // multiplyThenDivideThenDivideInto
      case 207: EACH((C / (A * B)) + D);  // multiplyThenDivideIntoThenAdd
      case 208: EACH((C / (A * B)) - D);  // multiplyThenDivideIntoThenSubtract
      case 209: EACH(D - (C / (A * B)));  // multiplyThenDivideIntoThenSubtractFrom
      case 210: EACH((C / (A * B)) * D);  // multiplyThenDivideIntoThenMultiply
      case 211: EACH((C / (A * B)) / D);  // multiplyThenDivideIntoThenDivide
      case 212: EACH(D / (C / (A * B)));  // multiplyThenDivideIntoThenDivideInto
      case 213: EACH(((A / B) + C) + D);  // divideThenAddThenAdd
      case 214: EACH(((A / B) + C) - D);  // divideThenAddThenSubtract
      case 215: EACH(D - ((A / B) + C));  // divideThenAddThenSubtractFrom
      case 216: EACH(((A / B) + C) * D);  // divideThenAddThenMultiply
      case 217: EACH(((A / B) + C) / D);  // divideThenAddThenDivide
      case 218: EACH(D / ((A / B) + C));  // divideThenAddThenDivideInto
      case 219: EACH(((A / B) - C) + D);  // divideThenSubtractThenAdd
      case 220: EACH(((A / B) - C) - D);  // divideThenSubtractThenSubtract
      case 221: EACH(D - ((A / B) - C));  // divideThenSubtractThenSubtractFrom
      case 222: EACH(((A / B) - C) * D);  // divideThenSubtractThenMultiply
      case 223: EACH(((A / B) - C) / D);  // divideThenSubtractThenDivide
      case 224: EACH(D / ((A / B) - C));  // divideThenSubtractThenDivideInto
      case 225: EACH((C - (A / B)) + D);  // divideThenSubtractFromThenAdd
      case 226: EACH((C - (A / B)) - D);  // divideThenSubtractFromThenSubtract
      case 227: EACH(D - (C - (A / B)));  // divideThenSubtractFromThenSubtractFrom
      case 228: EACH((C - (A / B)) * D);  // divideThenSubtractFromThenMultiply
      case 229: EACH((C - (A / B)) / D);  // divideThenSubtractFromThenDivide
      case 230: EACH(D / (C - (A / B)));  // divideThenSubtractFromThenDivideInto
      case 231: EACH(((A / B) * C) + D);  // divideThenMultiplyThenAdd
      case 232: EACH(((A / B) * C) - D);  // divideThenMultiplyThenSubtract
      case 233: EACH(D - ((A / B) * C));  // divideThenMultiplyThenSubtractFrom
      case 234: EACH(((A / B) * C) * D);  // divideThenMultiplyThenMultiply
      case 235: EACH(((A / B) * C) / D);  // divideThenMultiplyThenDivide
      case 236: EACH(D / ((A / B) * C));  // divideThenMultiplyThenDivideInto
      case 237: EACH(((A / B) / C) + D);  // divideThenDivideThenAdd
      case 238: EACH(((A / B) / C) - D);  // divideThenDivideThenSubtract
      case 239: EACH(D - ((A / B) / C));  // divideThenDivideThenSubtractFrom
      case 240: EACH(((A / B) / C) * D);  // divideThenDivideThenMultiply
      case 241: EACH(((A / B) / C) / D);  // divideThenDivideThenDivide
      case 242: EACH(D / ((A / B) / C));  // divideThenDivideThenDivideInto
      case 243: EACH((C / (A / B)) + D);  // divideThenDivideIntoThenAdd
      case 244: EACH((C / (A / B)) - D);  // divideThenDivideIntoThenSubtract
      case 245: EACH(D - (C / (A / B)));  // divideThenDivideIntoThenSubtractFrom
      case 246: EACH((C / (A / B)) * D);  // divideThenDivideIntoThenMultiply
      case 247: EACH((C / (A / B)) / D);  // divideThenDivideIntoThenDivide
      case 248: EACH(D / (C / (A / B)));  // divideThenDivideIntoThenDivideInto
      // The C library.
      case 249: ONE_BY_ONE(log);  // naturalLogarithm
      case 250: ONE_BY_ONE(log10);  // logarithm10
      case 251: ONE_BY_ONE(log2);  // logarithm2
      case 252: ONE_BY_ONE(exp);  // exponential
      case 253: ONE_BY_ONE(sin);  // sine
      case 254: ONE_BY_ONE(cos);  // cosine
      case 255: ONE_BY_ONE(tan);  // tangent
      case 258: {  // check
        mask8 any = {0};
        for (size_t i = 0; i < rows; i += 8) {
          const rows8 A = *(const rows8 *)(a + (i & aMask));
          any |= NOT_FINITE(A) & (*(const rows8 *)(b + (i & bMask)) != 0);
        }
        if (!formula_any(&any)) break;
        for (size_t i = 0; i < rows; i += 8) {
          const rows8 A = *(const rows8 *)(a + (i & aMask));
          *(mask8 *)(suspects + i) |= NOT_FINITE(A) & (*(const rows8 *)(b + (i & bMask)) != 0);
        }
        suspects[FORMULA_BLOCK_ROWS] = 1;
        break;
      }
      case FORMULA_INPUT: {
        mask8 any = {0};
        for (size_t i = 0; i < rows; i += 8) any |= NOT_FINITE(*(const rows8 *)(a + i));
        if (!formula_any(&any)) break;
        for (size_t i = 0; i < rows; i += 8)
          *(mask8 *)(suspects + i) |= NOT_FINITE(*(const rows8 *)(a + i));
        suspects[FORMULA_BLOCK_ROWS] = 1;
        break;
      }
      case FORMULA_RESULT: {
        mask8 any = {0};
        for (size_t i = 0; i < rows; i += 8) {
          const rows8 A = *(const rows8 *)(a + (i & aMask));
          if (target != a) *(rows8 *)(target + i) = A;
          any |= NOT_FINITE(A);
        }
        if (!formula_any(&any)) break;
        for (size_t i = 0; i < rows; i += 8)
          *(mask8 *)(suspects + i) |= NOT_FINITE(*(const rows8 *)(target + i));
        suspects[FORMULA_BLOCK_ROWS] = 1;
        break;
      }
      case FORMULA_STREAM: {
        mask8 any = {0};
        for (size_t i = 0; i < rows; i += 8) {
          const rows8 A = *(const rows8 *)(a + (i & aMask));
          __builtin_nontemporal_store((line8)A, (line8 *)(target + i));
          any |= NOT_FINITE(A);
        }
        if (!formula_any(&any)) break;
        for (size_t i = 0; i < rows; i += 8)
          *(mask8 *)(suspects + i) |= NOT_FINITE(*(const rows8 *)(a + (i & aMask)));
        suspects[FORMULA_BLOCK_ROWS] = 1;
        break;
      }
      default:
        // A call: the caller does it and comes back.
        return index;
    }
  }
  return count;
}

#undef EACH
#undef ONE_BY_ONE
