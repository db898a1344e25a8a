extension FastHandlers {
  /// The handler of an operation that is the formula's last and gives its result at once; nil for those that need
  /// the step `end` behind them.
  ///
  /// Only what short formulas end with: there a step more or less can be felt.
  // swift-format-ignore
  static func handler(ofLast operation: FastOperation) -> FastStep.Handler? {
    switch operation {
    case .add: { step, registers, _ in let r = Operands(step, registers); return r.a + r.b }
    case .subtract: { step, registers, _ in let r = Operands(step, registers); return r.a - r.b }
    case .multiply: { step, registers, _ in let r = Operands(step, registers); return r.a * r.b }
    case .divide: { step, registers, _ in let r = Operands(step, registers); return r.a / r.b }
    case .addThenAdd: { step, registers, _ in let r = Operands(step, registers); return (r.a + r.b) + r.c }
    case .addThenSubtract: { step, registers, _ in let r = Operands(step, registers); return (r.a + r.b) - r.c }
    case .addThenSubtractFrom: { step, registers, _ in let r = Operands(step, registers); return r.c - (r.a + r.b) }
    case .addThenMultiply: { step, registers, _ in let r = Operands(step, registers); return (r.a + r.b) * r.c }
    case .addThenDivide: { step, registers, _ in let r = Operands(step, registers); return (r.a + r.b) / r.c }
    case .addThenDivideInto: { step, registers, _ in let r = Operands(step, registers); return r.c / (r.a + r.b) }
    case .subtractThenAdd: { step, registers, _ in let r = Operands(step, registers); return (r.a - r.b) + r.c }
    case .subtractThenSubtract: { step, registers, _ in let r = Operands(step, registers); return (r.a - r.b) - r.c }
    case .subtractThenSubtractFrom: { step, registers, _ in let r = Operands(step, registers); return r.c - (r.a - r.b) }
    case .subtractThenMultiply: { step, registers, _ in let r = Operands(step, registers); return (r.a - r.b) * r.c }
    case .subtractThenDivide: { step, registers, _ in let r = Operands(step, registers); return (r.a - r.b) / r.c }
    case .subtractThenDivideInto: { step, registers, _ in let r = Operands(step, registers); return r.c / (r.a - r.b) }
    case .multiplyThenAdd: { step, registers, _ in let r = Operands(step, registers); return (r.a * r.b) + r.c }
    case .multiplyThenSubtract: { step, registers, _ in let r = Operands(step, registers); return (r.a * r.b) - r.c }
    case .multiplyThenSubtractFrom: { step, registers, _ in let r = Operands(step, registers); return r.c - (r.a * r.b) }
    case .multiplyThenMultiply: { step, registers, _ in let r = Operands(step, registers); return (r.a * r.b) * r.c }
    case .multiplyThenDivide: { step, registers, _ in let r = Operands(step, registers); return (r.a * r.b) / r.c }
    case .multiplyThenDivideInto: { step, registers, _ in let r = Operands(step, registers); return r.c / (r.a * r.b) }
    case .divideThenAdd: { step, registers, _ in let r = Operands(step, registers); return (r.a / r.b) + r.c }
    case .divideThenSubtract: { step, registers, _ in let r = Operands(step, registers); return (r.a / r.b) - r.c }
    case .divideThenSubtractFrom: { step, registers, _ in let r = Operands(step, registers); return r.c - (r.a / r.b) }
    case .divideThenMultiply: { step, registers, _ in let r = Operands(step, registers); return (r.a / r.b) * r.c }
    case .divideThenDivide: { step, registers, _ in let r = Operands(step, registers); return (r.a / r.b) / r.c }
    case .divideThenDivideInto: { step, registers, _ in let r = Operands(step, registers); return r.c / (r.a / r.b) }
    default: nil
    }
  }
}
