/// The handlers of the fast code, one for each operation.
///
/// A handler does its operation and goes on to the next step's handler with its last call, which the optimiser
/// makes a jump: each operation has a branch of its own, which the processor predicts far better than
/// one shared by all. (Where no jump is made of it, as in a debug build, the calls nest; how deep is bounded by
/// ``FastCode/longest``.)
enum FastHandlers {
  // One line an operation reads better than the formatter's three.
  // swift-format-ignore
  static func handler(of operation: FastOperation) -> FastStep.Handler {
    switch operation {
    // One operation.
    case .add: { FastStep.go($0, $1, $2) { r in r.a + r.b } }
    case .subtract: { FastStep.go($0, $1, $2) { r in r.a - r.b } }
    case .multiply: { FastStep.go($0, $1, $2) { r in r.a * r.b } }
    case .divide: { FastStep.go($0, $1, $2) { r in r.a / r.b } }
    case .negate: { FastStep.go($0, $1, $2) { r in -r.a } }
    case .abs: { FastStep.go($0, $1, $2) { r in Swift.abs(r.a) } }
    case .minimum: { FastStep.go($0, $1, $2) { r in Masks.pick(r.b < r.a, r.b, r.a) } }
    case .maximum: { FastStep.go($0, $1, $2) { r in Masks.pick(r.b > r.a, r.b, r.a) } }
    case .clamp: { FastStep.go($0, $1, $2) { r in Masks.clamp(r.a, r.b, r.c) } }
    case .squareRoot: { FastStep.go($0, $1, $2) { r in r.a.squareRoot() } }
    case .floor: { FastStep.go($0, $1, $2) { r in r.a.rounded(.down) + 0.0 } }
    case .ceil: { FastStep.go($0, $1, $2) { r in r.a.rounded(.up) + 0.0 } }
    case .truncate: { FastStep.go($0, $1, $2) { r in r.a.rounded(.towardZero) + 0.0 } }
    case .roundEven: { FastStep.go($0, $1, $2) { r in r.a.rounded(.toNearestOrEven) + 0.0 } }
    case .square: { FastStep.go($0, $1, $2) { r in r.a * r.a } }
    case .cube: { FastStep.go($0, $1, $2) { r in r.a * r.a * r.a } }
    case .fourthPower: { FastStep.go($0, $1, $2) { r in (r.a * r.a) * (r.a * r.a) } }
    // Truth: 0 or 1. `both` and `either` take truths.
    case .less: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a < r.b) } }
    case .lessOrEqual: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a <= r.b) } }
    case .equal: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a == r.b) } }
    case .notEqual: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a != r.b) } }
    case .not: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a == 0) } }
    case .both: { FastStep.go($0, $1, $2) { r in r.a * r.b } }
    case .either: { FastStep.go($0, $1, $2) { r in Masks.pick(r.b > r.a, r.b, r.a) } }
    case .lessAnd: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a < r.b) * r.c } }
    case .lessOrEqualAnd: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a <= r.b) * r.c } }
    case .equalAnd: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a == r.b) * r.c } }
    case .notEqualAnd: { FastStep.go($0, $1, $2) { r in Masks.truth(r.a != r.b) * r.c } }
    case .lessOr: { FastStep.go($0, $1, $2) { r in Masks.either(Masks.truth(r.a < r.b), r.c) } }
    case .lessOrEqualOr: { FastStep.go($0, $1, $2) { r in Masks.either(Masks.truth(r.a <= r.b), r.c) } }
    case .equalOr: { FastStep.go($0, $1, $2) { r in Masks.either(Masks.truth(r.a == r.b), r.c) } }
    case .notEqualOr: { FastStep.go($0, $1, $2) { r in Masks.either(Masks.truth(r.a != r.b), r.c) } }
    case .lessAndLess: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.both(r.a < r.b, r.c < r.d)) } }
    case .lessAndLessOrEqual: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.both(r.a < r.b, r.c <= r.d)) } }
    case .lessOrEqualAndLess: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.both(r.a <= r.b, r.c < r.d)) } }
    case .lessOrEqualAndLessOrEqual: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.both(r.a <= r.b, r.c <= r.d)) } }
    case .lessOrLess: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.one(r.a < r.b, r.c < r.d)) } }
    case .lessOrLessOrEqual: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.one(r.a < r.b, r.c <= r.d)) } }
    case .lessOrEqualOrLess: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.one(r.a <= r.b, r.c < r.d)) } }
    case .lessOrEqualOrLessOrEqual: { FastStep.go($0, $1, $2) { r in Masks.truth(Masks.one(r.a <= r.b, r.c <= r.d)) } }
    // The third of a true condition, else the fourth.
    case .select: { FastStep.go($0, $1, $2) { r in Masks.pick(r.a != 0, r.b, r.c) } }
    case .lessSelect: { FastStep.go($0, $1, $2) { r in Masks.pick(r.a < r.b, r.c, r.d) } }
    case .lessOrEqualSelect: { FastStep.go($0, $1, $2) { r in Masks.pick(r.a <= r.b, r.c, r.d) } }
    case .equalSelect: { FastStep.go($0, $1, $2) { r in Masks.pick(r.a == r.b, r.c, r.d) } }
    case .notEqualSelect: { FastStep.go($0, $1, $2) { r in Masks.pick(r.a != r.b, r.c, r.d) } }
    // `(a op b)` and then `op c`.
    case .addThenAdd: { FastStep.go($0, $1, $2) { r in (r.a + r.b) + r.c } }
    case .addThenSubtract: { FastStep.go($0, $1, $2) { r in (r.a + r.b) - r.c } }
    case .addThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.c - (r.a + r.b) } }
    case .addThenMultiply: { FastStep.go($0, $1, $2) { r in (r.a + r.b) * r.c } }
    case .addThenDivide: { FastStep.go($0, $1, $2) { r in (r.a + r.b) / r.c } }
    case .addThenDivideInto: { FastStep.go($0, $1, $2) { r in r.c / (r.a + r.b) } }
    case .subtractThenAdd: { FastStep.go($0, $1, $2) { r in (r.a - r.b) + r.c } }
    case .subtractThenSubtract: { FastStep.go($0, $1, $2) { r in (r.a - r.b) - r.c } }
    case .subtractThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.c - (r.a - r.b) } }
    case .subtractThenMultiply: { FastStep.go($0, $1, $2) { r in (r.a - r.b) * r.c } }
    case .subtractThenDivide: { FastStep.go($0, $1, $2) { r in (r.a - r.b) / r.c } }
    case .subtractThenDivideInto: { FastStep.go($0, $1, $2) { r in r.c / (r.a - r.b) } }
    case .multiplyThenAdd: { FastStep.go($0, $1, $2) { r in (r.a * r.b) + r.c } }
    case .multiplyThenSubtract: { FastStep.go($0, $1, $2) { r in (r.a * r.b) - r.c } }
    case .multiplyThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.c - (r.a * r.b) } }
    case .multiplyThenMultiply: { FastStep.go($0, $1, $2) { r in (r.a * r.b) * r.c } }
    case .multiplyThenDivide: { FastStep.go($0, $1, $2) { r in (r.a * r.b) / r.c } }
    case .multiplyThenDivideInto: { FastStep.go($0, $1, $2) { r in r.c / (r.a * r.b) } }
    case .divideThenAdd: { FastStep.go($0, $1, $2) { r in (r.a / r.b) + r.c } }
    case .divideThenSubtract: { FastStep.go($0, $1, $2) { r in (r.a / r.b) - r.c } }
    case .divideThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.c - (r.a / r.b) } }
    case .divideThenMultiply: { FastStep.go($0, $1, $2) { r in (r.a / r.b) * r.c } }
    case .divideThenDivide: { FastStep.go($0, $1, $2) { r in (r.a / r.b) / r.c } }
    case .divideThenDivideInto: { FastStep.go($0, $1, $2) { r in r.c / (r.a / r.b) } }
    // `(a op b)` with `(c op d)`.
    case .sumPlusSum: { FastStep.go($0, $1, $2) { r in (r.a + r.b) + (r.c + r.d) } }
    case .sumPlusDifference: { FastStep.go($0, $1, $2) { r in (r.a + r.b) + (r.c - r.d) } }
    case .sumPlusProduct: { FastStep.go($0, $1, $2) { r in (r.a + r.b) + (r.c * r.d) } }
    case .sumMinusSum: { FastStep.go($0, $1, $2) { r in (r.a + r.b) - (r.c + r.d) } }
    case .sumMinusDifference: { FastStep.go($0, $1, $2) { r in (r.a + r.b) - (r.c - r.d) } }
    case .sumMinusProduct: { FastStep.go($0, $1, $2) { r in (r.a + r.b) - (r.c * r.d) } }
    case .sumTimesSum: { FastStep.go($0, $1, $2) { r in (r.a + r.b) * (r.c + r.d) } }
    case .sumTimesDifference: { FastStep.go($0, $1, $2) { r in (r.a + r.b) * (r.c - r.d) } }
    case .sumTimesProduct: { FastStep.go($0, $1, $2) { r in (r.a + r.b) * (r.c * r.d) } }
    case .sumOverSum: { FastStep.go($0, $1, $2) { r in (r.a + r.b) / (r.c + r.d) } }
    case .sumOverDifference: { FastStep.go($0, $1, $2) { r in (r.a + r.b) / (r.c - r.d) } }
    case .sumOverProduct: { FastStep.go($0, $1, $2) { r in (r.a + r.b) / (r.c * r.d) } }
    case .differencePlusSum: { FastStep.go($0, $1, $2) { r in (r.a - r.b) + (r.c + r.d) } }
    case .differencePlusDifference: { FastStep.go($0, $1, $2) { r in (r.a - r.b) + (r.c - r.d) } }
    case .differencePlusProduct: { FastStep.go($0, $1, $2) { r in (r.a - r.b) + (r.c * r.d) } }
    case .differenceMinusSum: { FastStep.go($0, $1, $2) { r in (r.a - r.b) - (r.c + r.d) } }
    case .differenceMinusDifference: { FastStep.go($0, $1, $2) { r in (r.a - r.b) - (r.c - r.d) } }
    case .differenceMinusProduct: { FastStep.go($0, $1, $2) { r in (r.a - r.b) - (r.c * r.d) } }
    case .differenceTimesSum: { FastStep.go($0, $1, $2) { r in (r.a - r.b) * (r.c + r.d) } }
    case .differenceTimesDifference: { FastStep.go($0, $1, $2) { r in (r.a - r.b) * (r.c - r.d) } }
    case .differenceTimesProduct: { FastStep.go($0, $1, $2) { r in (r.a - r.b) * (r.c * r.d) } }
    case .differenceOverSum: { FastStep.go($0, $1, $2) { r in (r.a - r.b) / (r.c + r.d) } }
    case .differenceOverDifference: { FastStep.go($0, $1, $2) { r in (r.a - r.b) / (r.c - r.d) } }
    case .differenceOverProduct: { FastStep.go($0, $1, $2) { r in (r.a - r.b) / (r.c * r.d) } }
    case .productPlusSum: { FastStep.go($0, $1, $2) { r in (r.a * r.b) + (r.c + r.d) } }
    case .productPlusDifference: { FastStep.go($0, $1, $2) { r in (r.a * r.b) + (r.c - r.d) } }
    case .productPlusProduct: { FastStep.go($0, $1, $2) { r in (r.a * r.b) + (r.c * r.d) } }
    case .productMinusSum: { FastStep.go($0, $1, $2) { r in (r.a * r.b) - (r.c + r.d) } }
    case .productMinusDifference: { FastStep.go($0, $1, $2) { r in (r.a * r.b) - (r.c - r.d) } }
    case .productMinusProduct: { FastStep.go($0, $1, $2) { r in (r.a * r.b) - (r.c * r.d) } }
    case .productTimesSum: { FastStep.go($0, $1, $2) { r in (r.a * r.b) * (r.c + r.d) } }
    case .productTimesDifference: { FastStep.go($0, $1, $2) { r in (r.a * r.b) * (r.c - r.d) } }
    case .productTimesProduct: { FastStep.go($0, $1, $2) { r in (r.a * r.b) * (r.c * r.d) } }
    case .productOverSum: { FastStep.go($0, $1, $2) { r in (r.a * r.b) / (r.c + r.d) } }
    case .productOverDifference: { FastStep.go($0, $1, $2) { r in (r.a * r.b) / (r.c - r.d) } }
    case .productOverProduct: { FastStep.go($0, $1, $2) { r in (r.a * r.b) / (r.c * r.d) } }
    // `((a op b) op c)` and then `op d`.
    case .addThenAddThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) + r.c) + r.d } }
    case .addThenAddThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) + r.c) - r.d } }
    case .addThenAddThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a + r.b) + r.c) } }
    case .addThenAddThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) + r.c) * r.d } }
    case .addThenAddThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) + r.c) / r.d } }
    case .addThenAddThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a + r.b) + r.c) } }
    case .addThenSubtractThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) - r.c) + r.d } }
    case .addThenSubtractThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) - r.c) - r.d } }
    case .addThenSubtractThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a + r.b) - r.c) } }
    case .addThenSubtractThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) - r.c) * r.d } }
    case .addThenSubtractThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) - r.c) / r.d } }
    case .addThenSubtractThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a + r.b) - r.c) } }
    case .addThenSubtractFromThenAdd: { FastStep.go($0, $1, $2) { r in (r.c - (r.a + r.b)) + r.d } }
    case .addThenSubtractFromThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c - (r.a + r.b)) - r.d } }
    case .addThenSubtractFromThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c - (r.a + r.b)) } }
    case .addThenSubtractFromThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c - (r.a + r.b)) * r.d } }
    case .addThenSubtractFromThenDivide: { FastStep.go($0, $1, $2) { r in (r.c - (r.a + r.b)) / r.d } }
    case .addThenSubtractFromThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c - (r.a + r.b)) } }
    case .addThenMultiplyThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) * r.c) + r.d } }
    case .addThenMultiplyThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) * r.c) - r.d } }
    case .addThenMultiplyThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a + r.b) * r.c) } }
    case .addThenMultiplyThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) * r.c) * r.d } }
    case .addThenMultiplyThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) * r.c) / r.d } }
    case .addThenMultiplyThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a + r.b) * r.c) } }
    case .addThenDivideThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) / r.c) + r.d } }
    case .addThenDivideThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) / r.c) - r.d } }
    case .addThenDivideThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a + r.b) / r.c) } }
    case .addThenDivideThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) / r.c) * r.d } }
    case .addThenDivideThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a + r.b) / r.c) / r.d } }
    case .addThenDivideThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a + r.b) / r.c) } }
    case .addThenDivideIntoThenAdd: { FastStep.go($0, $1, $2) { r in (r.c / (r.a + r.b)) + r.d } }
    case .addThenDivideIntoThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c / (r.a + r.b)) - r.d } }
    case .addThenDivideIntoThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c / (r.a + r.b)) } }
    case .addThenDivideIntoThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c / (r.a + r.b)) * r.d } }
    case .addThenDivideIntoThenDivide: { FastStep.go($0, $1, $2) { r in (r.c / (r.a + r.b)) / r.d } }
    case .addThenDivideIntoThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c / (r.a + r.b)) } }
    case .subtractThenAddThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) + r.c) + r.d } }
    case .subtractThenAddThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) + r.c) - r.d } }
    case .subtractThenAddThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a - r.b) + r.c) } }
    case .subtractThenAddThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) + r.c) * r.d } }
    case .subtractThenAddThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) + r.c) / r.d } }
    case .subtractThenAddThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a - r.b) + r.c) } }
    case .subtractThenSubtractThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) - r.c) + r.d } }
    case .subtractThenSubtractThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) - r.c) - r.d } }
    case .subtractThenSubtractThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a - r.b) - r.c) } }
    case .subtractThenSubtractThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) - r.c) * r.d } }
    case .subtractThenSubtractThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) - r.c) / r.d } }
    case .subtractThenSubtractThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a - r.b) - r.c) } }
    case .subtractThenSubtractFromThenAdd: { FastStep.go($0, $1, $2) { r in (r.c - (r.a - r.b)) + r.d } }
    case .subtractThenSubtractFromThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c - (r.a - r.b)) - r.d } }
    case .subtractThenSubtractFromThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c - (r.a - r.b)) } }
    case .subtractThenSubtractFromThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c - (r.a - r.b)) * r.d } }
    case .subtractThenSubtractFromThenDivide: { FastStep.go($0, $1, $2) { r in (r.c - (r.a - r.b)) / r.d } }
    case .subtractThenSubtractFromThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c - (r.a - r.b)) } }
    case .subtractThenMultiplyThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) * r.c) + r.d } }
    case .subtractThenMultiplyThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) * r.c) - r.d } }
    case .subtractThenMultiplyThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a - r.b) * r.c) } }
    case .subtractThenMultiplyThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) * r.c) * r.d } }
    case .subtractThenMultiplyThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) * r.c) / r.d } }
    case .subtractThenMultiplyThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a - r.b) * r.c) } }
    case .subtractThenDivideThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) / r.c) + r.d } }
    case .subtractThenDivideThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) / r.c) - r.d } }
    case .subtractThenDivideThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a - r.b) / r.c) } }
    case .subtractThenDivideThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) / r.c) * r.d } }
    case .subtractThenDivideThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a - r.b) / r.c) / r.d } }
    case .subtractThenDivideThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a - r.b) / r.c) } }
    case .subtractThenDivideIntoThenAdd: { FastStep.go($0, $1, $2) { r in (r.c / (r.a - r.b)) + r.d } }
    case .subtractThenDivideIntoThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c / (r.a - r.b)) - r.d } }
    case .subtractThenDivideIntoThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c / (r.a - r.b)) } }
    case .subtractThenDivideIntoThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c / (r.a - r.b)) * r.d } }
    case .subtractThenDivideIntoThenDivide: { FastStep.go($0, $1, $2) { r in (r.c / (r.a - r.b)) / r.d } }
    case .subtractThenDivideIntoThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c / (r.a - r.b)) } }
    case .multiplyThenAddThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) + r.c) + r.d } }
    case .multiplyThenAddThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) + r.c) - r.d } }
    case .multiplyThenAddThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a * r.b) + r.c) } }
    case .multiplyThenAddThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) + r.c) * r.d } }
    case .multiplyThenAddThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) + r.c) / r.d } }
    case .multiplyThenAddThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a * r.b) + r.c) } }
    case .multiplyThenSubtractThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) - r.c) + r.d } }
    case .multiplyThenSubtractThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) - r.c) - r.d } }
    case .multiplyThenSubtractThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a * r.b) - r.c) } }
    case .multiplyThenSubtractThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) - r.c) * r.d } }
    case .multiplyThenSubtractThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) - r.c) / r.d } }
    case .multiplyThenSubtractThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a * r.b) - r.c) } }
    case .multiplyThenSubtractFromThenAdd: { FastStep.go($0, $1, $2) { r in (r.c - (r.a * r.b)) + r.d } }
    case .multiplyThenSubtractFromThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c - (r.a * r.b)) - r.d } }
    case .multiplyThenSubtractFromThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c - (r.a * r.b)) } }
    case .multiplyThenSubtractFromThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c - (r.a * r.b)) * r.d } }
    case .multiplyThenSubtractFromThenDivide: { FastStep.go($0, $1, $2) { r in (r.c - (r.a * r.b)) / r.d } }
    case .multiplyThenSubtractFromThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c - (r.a * r.b)) } }
    case .multiplyThenMultiplyThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) * r.c) + r.d } }
    case .multiplyThenMultiplyThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) * r.c) - r.d } }
    case .multiplyThenMultiplyThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a * r.b) * r.c) } }
    case .multiplyThenMultiplyThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) * r.c) * r.d } }
    case .multiplyThenMultiplyThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) * r.c) / r.d } }
    case .multiplyThenMultiplyThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a * r.b) * r.c) } }
    case .multiplyThenDivideThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) / r.c) + r.d } }
    case .multiplyThenDivideThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) / r.c) - r.d } }
    case .multiplyThenDivideThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a * r.b) / r.c) } }
    case .multiplyThenDivideThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) / r.c) * r.d } }
    case .multiplyThenDivideThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a * r.b) / r.c) / r.d } }
    case .multiplyThenDivideThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a * r.b) / r.c) } }
    case .multiplyThenDivideIntoThenAdd: { FastStep.go($0, $1, $2) { r in (r.c / (r.a * r.b)) + r.d } }
    case .multiplyThenDivideIntoThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c / (r.a * r.b)) - r.d } }
    case .multiplyThenDivideIntoThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c / (r.a * r.b)) } }
    case .multiplyThenDivideIntoThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c / (r.a * r.b)) * r.d } }
    case .multiplyThenDivideIntoThenDivide: { FastStep.go($0, $1, $2) { r in (r.c / (r.a * r.b)) / r.d } }
    case .multiplyThenDivideIntoThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c / (r.a * r.b)) } }
    case .divideThenAddThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) + r.c) + r.d } }
    case .divideThenAddThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) + r.c) - r.d } }
    case .divideThenAddThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a / r.b) + r.c) } }
    case .divideThenAddThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) + r.c) * r.d } }
    case .divideThenAddThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) + r.c) / r.d } }
    case .divideThenAddThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a / r.b) + r.c) } }
    case .divideThenSubtractThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) - r.c) + r.d } }
    case .divideThenSubtractThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) - r.c) - r.d } }
    case .divideThenSubtractThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a / r.b) - r.c) } }
    case .divideThenSubtractThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) - r.c) * r.d } }
    case .divideThenSubtractThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) - r.c) / r.d } }
    case .divideThenSubtractThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a / r.b) - r.c) } }
    case .divideThenSubtractFromThenAdd: { FastStep.go($0, $1, $2) { r in (r.c - (r.a / r.b)) + r.d } }
    case .divideThenSubtractFromThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c - (r.a / r.b)) - r.d } }
    case .divideThenSubtractFromThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c - (r.a / r.b)) } }
    case .divideThenSubtractFromThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c - (r.a / r.b)) * r.d } }
    case .divideThenSubtractFromThenDivide: { FastStep.go($0, $1, $2) { r in (r.c - (r.a / r.b)) / r.d } }
    case .divideThenSubtractFromThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c - (r.a / r.b)) } }
    case .divideThenMultiplyThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) * r.c) + r.d } }
    case .divideThenMultiplyThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) * r.c) - r.d } }
    case .divideThenMultiplyThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a / r.b) * r.c) } }
    case .divideThenMultiplyThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) * r.c) * r.d } }
    case .divideThenMultiplyThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) * r.c) / r.d } }
    case .divideThenMultiplyThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a / r.b) * r.c) } }
    case .divideThenDivideThenAdd: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) / r.c) + r.d } }
    case .divideThenDivideThenSubtract: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) / r.c) - r.d } }
    case .divideThenDivideThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - ((r.a / r.b) / r.c) } }
    case .divideThenDivideThenMultiply: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) / r.c) * r.d } }
    case .divideThenDivideThenDivide: { FastStep.go($0, $1, $2) { r in ((r.a / r.b) / r.c) / r.d } }
    case .divideThenDivideThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / ((r.a / r.b) / r.c) } }
    case .divideThenDivideIntoThenAdd: { FastStep.go($0, $1, $2) { r in (r.c / (r.a / r.b)) + r.d } }
    case .divideThenDivideIntoThenSubtract: { FastStep.go($0, $1, $2) { r in (r.c / (r.a / r.b)) - r.d } }
    case .divideThenDivideIntoThenSubtractFrom: { FastStep.go($0, $1, $2) { r in r.d - (r.c / (r.a / r.b)) } }
    case .divideThenDivideIntoThenMultiply: { FastStep.go($0, $1, $2) { r in (r.c / (r.a / r.b)) * r.d } }
    case .divideThenDivideIntoThenDivide: { FastStep.go($0, $1, $2) { r in (r.c / (r.a / r.b)) / r.d } }
    case .divideThenDivideIntoThenDivideInto: { FastStep.go($0, $1, $2) { r in r.d / (r.c / (r.a / r.b)) } }
    // The C library.
    case .naturalLogarithm: { FastStep.go($0, $1, $2) { r in libmLog(r.a) } }
    case .logarithm10: { FastStep.go($0, $1, $2) { r in libmLog10(r.a) } }
    case .logarithm2: { FastStep.go($0, $1, $2) { r in libmLog2(r.a) } }
    case .exponential: { FastStep.go($0, $1, $2) { r in libmExp(r.a) } }
    case .sine: { FastStep.go($0, $1, $2) { r in libmSin(r.a) } }
    case .cosine: { FastStep.go($0, $1, $2) { r in libmCos(r.a) } }
    case .tangent: { FastStep.go($0, $1, $2) { r in libmTan(r.a) } }
    // The rest.
    case .elementary: { FastStep.goElementary($0, $1, $2) }
    case .call: { FastStep.goCall($0, $1, $2) }
    case .check: { FastStep.goCheck($0, $1, $2) }
    case .end: { step, registers, _ in Operands(step, registers).a }
    }
  }
}
