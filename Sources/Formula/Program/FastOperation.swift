/// A step of the fast code: what it does to registers `a`, `b`, `c` and `d`.
///
/// Beside the single operations there are pairs and threes of them: fewer steps, and none waits for memory
/// between the parts. Each still rounds after each operation, in the order written; nothing is reordered.
enum FastOperation: UInt16, Sendable {
  // One operation.
  case add, subtract, multiply, divide, negate, abs, minimum, maximum, clamp, squareRoot, floor,
    ceil, truncate, roundEven, square, cube, fourthPower

  // Truth: 0 or 1. `both` and `either` take truths.
  case less, lessOrEqual, equal, notEqual, not, both, either, lessAnd, lessOrEqualAnd, equalAnd,
    notEqualAnd, lessOr, lessOrEqualOr, equalOr, notEqualOr, lessAndLess, lessAndLessOrEqual,
    lessOrEqualAndLess, lessOrEqualAndLessOrEqual, lessOrLess, lessOrLessOrEqual,
    lessOrEqualOrLess, lessOrEqualOrLessOrEqual

  // The third of a true condition, else the fourth.
  case select, lessSelect, lessOrEqualSelect, equalSelect, notEqualSelect

  // `(a op b)` and then `op c`.
  case addThenAdd, addThenSubtract, addThenSubtractFrom, addThenMultiply, addThenDivide,
    addThenDivideInto, subtractThenAdd, subtractThenSubtract, subtractThenSubtractFrom,
    subtractThenMultiply, subtractThenDivide, subtractThenDivideInto, multiplyThenAdd,
    multiplyThenSubtract, multiplyThenSubtractFrom, multiplyThenMultiply, multiplyThenDivide,
    multiplyThenDivideInto, divideThenAdd, divideThenSubtract, divideThenSubtractFrom,
    divideThenMultiply, divideThenDivide, divideThenDivideInto

  // `(a op b)` with `(c op d)`.
  case sumPlusSum, sumPlusDifference, sumPlusProduct, sumMinusSum, sumMinusDifference,
    sumMinusProduct, sumTimesSum, sumTimesDifference, sumTimesProduct, sumOverSum,
    sumOverDifference, sumOverProduct, differencePlusSum, differencePlusDifference,
    differencePlusProduct, differenceMinusSum, differenceMinusDifference, differenceMinusProduct,
    differenceTimesSum, differenceTimesDifference, differenceTimesProduct, differenceOverSum,
    differenceOverDifference, differenceOverProduct, productPlusSum, productPlusDifference,
    productPlusProduct, productMinusSum, productMinusDifference, productMinusProduct,
    productTimesSum, productTimesDifference, productTimesProduct, productOverSum,
    productOverDifference, productOverProduct

  // `((a op b) op c)` and then `op d`.
  case addThenAddThenAdd, addThenAddThenSubtract, addThenAddThenSubtractFrom,
    addThenAddThenMultiply, addThenAddThenDivide, addThenAddThenDivideInto,
    addThenSubtractThenAdd, addThenSubtractThenSubtract, addThenSubtractThenSubtractFrom,
    addThenSubtractThenMultiply, addThenSubtractThenDivide, addThenSubtractThenDivideInto,
    addThenSubtractFromThenAdd, addThenSubtractFromThenSubtract,
    addThenSubtractFromThenSubtractFrom, addThenSubtractFromThenMultiply,
    addThenSubtractFromThenDivide, addThenSubtractFromThenDivideInto, addThenMultiplyThenAdd,
    addThenMultiplyThenSubtract, addThenMultiplyThenSubtractFrom, addThenMultiplyThenMultiply,
    addThenMultiplyThenDivide, addThenMultiplyThenDivideInto, addThenDivideThenAdd,
    addThenDivideThenSubtract, addThenDivideThenSubtractFrom, addThenDivideThenMultiply,
    addThenDivideThenDivide, addThenDivideThenDivideInto, addThenDivideIntoThenAdd,
    addThenDivideIntoThenSubtract, addThenDivideIntoThenSubtractFrom,
    addThenDivideIntoThenMultiply, addThenDivideIntoThenDivide, addThenDivideIntoThenDivideInto,
    subtractThenAddThenAdd, subtractThenAddThenSubtract, subtractThenAddThenSubtractFrom,
    subtractThenAddThenMultiply, subtractThenAddThenDivide, subtractThenAddThenDivideInto,
    subtractThenSubtractThenAdd, subtractThenSubtractThenSubtract,
    subtractThenSubtractThenSubtractFrom, subtractThenSubtractThenMultiply,
    subtractThenSubtractThenDivide, subtractThenSubtractThenDivideInto,
    subtractThenSubtractFromThenAdd, subtractThenSubtractFromThenSubtract,
    subtractThenSubtractFromThenSubtractFrom, subtractThenSubtractFromThenMultiply,
    subtractThenSubtractFromThenDivide, subtractThenSubtractFromThenDivideInto,
    subtractThenMultiplyThenAdd, subtractThenMultiplyThenSubtract,
    subtractThenMultiplyThenSubtractFrom, subtractThenMultiplyThenMultiply,
    subtractThenMultiplyThenDivide, subtractThenMultiplyThenDivideInto, subtractThenDivideThenAdd,
    subtractThenDivideThenSubtract, subtractThenDivideThenSubtractFrom,
    subtractThenDivideThenMultiply, subtractThenDivideThenDivide,
    subtractThenDivideThenDivideInto, subtractThenDivideIntoThenAdd,
    subtractThenDivideIntoThenSubtract, subtractThenDivideIntoThenSubtractFrom,
    subtractThenDivideIntoThenMultiply, subtractThenDivideIntoThenDivide,
    subtractThenDivideIntoThenDivideInto, multiplyThenAddThenAdd, multiplyThenAddThenSubtract,
    multiplyThenAddThenSubtractFrom, multiplyThenAddThenMultiply, multiplyThenAddThenDivide,
    multiplyThenAddThenDivideInto, multiplyThenSubtractThenAdd, multiplyThenSubtractThenSubtract,
    multiplyThenSubtractThenSubtractFrom, multiplyThenSubtractThenMultiply,
    multiplyThenSubtractThenDivide, multiplyThenSubtractThenDivideInto,
    multiplyThenSubtractFromThenAdd, multiplyThenSubtractFromThenSubtract,
    multiplyThenSubtractFromThenSubtractFrom, multiplyThenSubtractFromThenMultiply,
    multiplyThenSubtractFromThenDivide, multiplyThenSubtractFromThenDivideInto,
    multiplyThenMultiplyThenAdd, multiplyThenMultiplyThenSubtract,
    multiplyThenMultiplyThenSubtractFrom, multiplyThenMultiplyThenMultiply,
    multiplyThenMultiplyThenDivide, multiplyThenMultiplyThenDivideInto, multiplyThenDivideThenAdd,
    multiplyThenDivideThenSubtract, multiplyThenDivideThenSubtractFrom,
    multiplyThenDivideThenMultiply, multiplyThenDivideThenDivide,
    multiplyThenDivideThenDivideInto, multiplyThenDivideIntoThenAdd,
    multiplyThenDivideIntoThenSubtract, multiplyThenDivideIntoThenSubtractFrom,
    multiplyThenDivideIntoThenMultiply, multiplyThenDivideIntoThenDivide,
    multiplyThenDivideIntoThenDivideInto, divideThenAddThenAdd, divideThenAddThenSubtract,
    divideThenAddThenSubtractFrom, divideThenAddThenMultiply, divideThenAddThenDivide,
    divideThenAddThenDivideInto, divideThenSubtractThenAdd, divideThenSubtractThenSubtract,
    divideThenSubtractThenSubtractFrom, divideThenSubtractThenMultiply,
    divideThenSubtractThenDivide, divideThenSubtractThenDivideInto, divideThenSubtractFromThenAdd,
    divideThenSubtractFromThenSubtract, divideThenSubtractFromThenSubtractFrom,
    divideThenSubtractFromThenMultiply, divideThenSubtractFromThenDivide,
    divideThenSubtractFromThenDivideInto, divideThenMultiplyThenAdd,
    divideThenMultiplyThenSubtract, divideThenMultiplyThenSubtractFrom,
    divideThenMultiplyThenMultiply, divideThenMultiplyThenDivide,
    divideThenMultiplyThenDivideInto, divideThenDivideThenAdd, divideThenDivideThenSubtract,
    divideThenDivideThenSubtractFrom, divideThenDivideThenMultiply, divideThenDivideThenDivide,
    divideThenDivideThenDivideInto, divideThenDivideIntoThenAdd, divideThenDivideIntoThenSubtract,
    divideThenDivideIntoThenSubtractFrom, divideThenDivideIntoThenMultiply,
    divideThenDivideIntoThenDivide, divideThenDivideIntoThenDivideInto

  // The C library.
  case naturalLogarithm, logarithm10, logarithm2, exponential, sine, cosine, tangent

  /// A function of one number that is used too rarely for an operation of its own.
  case elementary
  /// A function of any count of numbers; their registers follow in steps that hold nothing else.
  case call
  /// Gives up if `a` is not finite while `b` is true: the exact code decides.
  case check
  /// The result is register `a`.
  case end
}

extension FastOperation {
  /// How many of the registers a to d it reads; calls read their list.
  var operandCount: Int {
    switch self {
    case .elementary, .end: 1
    case .check: 2
    case .call: 0
    case .negate, .abs, .squareRoot, .floor, .ceil, .truncate, .roundEven, .square, .cube,
      .fourthPower, .not, .naturalLogarithm, .logarithm10, .logarithm2, .exponential, .sine,
      .cosine, .tangent:
      1
    case .add, .subtract, .multiply, .divide, .minimum, .maximum, .less, .lessOrEqual, .equal,
      .notEqual, .both, .either:
      2
    case .clamp, .lessAnd, .lessOrEqualAnd, .equalAnd, .notEqualAnd, .lessOr, .lessOrEqualOr,
      .equalOr, .notEqualOr, .select, .addThenAdd, .addThenSubtract, .addThenSubtractFrom,
      .addThenMultiply, .addThenDivide, .addThenDivideInto, .subtractThenAdd,
      .subtractThenSubtract, .subtractThenSubtractFrom, .subtractThenMultiply,
      .subtractThenDivide, .subtractThenDivideInto, .multiplyThenAdd, .multiplyThenSubtract,
      .multiplyThenSubtractFrom, .multiplyThenMultiply, .multiplyThenDivide,
      .multiplyThenDivideInto, .divideThenAdd, .divideThenSubtract, .divideThenSubtractFrom,
      .divideThenMultiply, .divideThenDivide, .divideThenDivideInto:
      3
    default: 4
    }
  }
}
