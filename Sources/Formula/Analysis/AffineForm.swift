/// A formula as `factor * x + offset` in one of its inputs; the parts are texts of formulas without that input.
struct AffineForm {
  /// nil if the input does not occur.
  var factor: String?
  var offset: String
}

/// Brings a formula into that form, or says where it is not linear.
struct AffineAlgebra: FormulaAlgebra {
  let slot: Int
  let name: String
  var text: ExpressionText

  private func mixed(_ instruction: ExactInstruction) -> Complaint {
    Complaint(
      .notInvertible,
      "the formula is not linear in '\(name)' because of '\(instruction.function.name)'",
      at: Int(instruction.offset), length: Int(instruction.length))
  }

  mutating func input(_ slot: Int, _ aspect: InputAspect, _ step: Int) -> AffineForm {
    slot == self.slot && aspect == .value
      ? AffineForm(factor: "1", offset: "0")
      : AffineForm(offset: text.input(slot, aspect, step))
  }

  mutating func constant(_ value: Double) -> AffineForm {
    AffineForm(offset: text.constant(value))
  }

  mutating func call(
    _ instruction: ExactInstruction, _ step: Int, _ x: [AffineForm]
  ) throws(Complaint) -> AffineForm {
    if x.allSatisfy({ $0.factor == nil }) {
      return AffineForm(offset: try text.call(instruction, step, x.map(\.offset)))
    }
    switch instruction.function {
    case .plus, .float: return x[0]
    case .negate: return times(x[0], "-1")
    case .add: return sum(x[0], x[1])
    case .subtract: return sum(x[0], times(x[1], "-1"))
    case .sum: return x.dropFirst().reduce(x[0], sum)
    case .average:
      return over(x.dropFirst().reduce(x[0], sum), "\(x.count)")
    case .multiply where x[0].factor == nil: return times(x[1], x[0].offset)
    case .multiply where x[1].factor == nil: return times(x[0], x[1].offset)
    case .divide where x[1].factor == nil: return over(x[0], x[1].offset)
    case .lerp where x[2].factor == nil:
      // Each end once: what holds the input may be long, and within another `lerp`.
      return sum(times(x[0], "1 - (\(x[2].offset))"), times(x[1], x[2].offset))
    case .scale where x[1...].allSatisfy({ $0.factor == nil }):
      let moved = sum(x[0], AffineForm(offset: "-(\(x[1].offset))"))
      let stretched = times(moved, "(\(x[4].offset)) - (\(x[3].offset))")
      return sum(over(stretched, "(\(x[2].offset)) - (\(x[1].offset))"), x[3])
    default: throw mixed(instruction)
    }
  }

  private func sum(_ a: AffineForm, _ b: AffineForm) -> AffineForm {
    let factor: String? =
      if let first = a.factor, let second = b.factor {
        "((\(first)) + (\(second)))"
      } else {
        a.factor ?? b.factor
      }
    return AffineForm(factor: factor, offset: combined(a.offset, b.offset))
  }

  private func combined(_ a: String, _ b: String) -> String {
    if a == "0" { return b }
    return b == "0" ? a : "((\(a)) + (\(b)))"
  }

  private func times(_ a: AffineForm, _ factor: String) -> AffineForm {
    AffineForm(
      factor: a.factor.map { $0 == "1" ? factor : "((\($0)) * (\(factor)))" },
      offset: a.offset == "0" ? "0" : "((\(a.offset)) * (\(factor)))")
  }

  private func over(_ a: AffineForm, _ divisor: String) -> AffineForm {
    AffineForm(
      factor: a.factor.map { "((\($0)) / (\(divisor)))" },
      offset: a.offset == "0" ? "0" : "((\(a.offset)) / (\(divisor)))")
  }

  mutating func conditional(
    _ condition: AffineForm, _ value: AffineForm, _ other: AffineForm,
    _ instruction: ExactInstruction
  ) throws(Complaint) -> AffineForm {
    guard condition.factor == nil, value.factor == nil, other.factor == nil else {
      throw choice(instruction)
    }
    return AffineForm(
      offset: try text.conditional(condition.offset, value.offset, other.offset, instruction))
  }

  private func choice(_ instruction: ExactInstruction) -> Complaint {
    Complaint(
      .notInvertible, "the formula is not linear in '\(name)' because it chooses by conditions",
      at: Int(instruction.offset), length: Int(instruction.length))
  }

  mutating func logic(
    _ isAnd: Bool, _ left: AffineForm, _ right: AffineForm, _ instruction: ExactInstruction
  ) throws(Complaint) -> AffineForm {
    guard left.factor == nil, right.factor == nil else { throw choice(instruction) }
    return AffineForm(offset: try text.logic(isAnd, left.offset, right.offset, instruction))
  }

  mutating func link(
    _ left: AffineForm, _ right: AffineForm, _ instruction: ExactInstruction
  ) throws(Complaint) -> AffineForm {
    guard left.factor == nil, right.factor == nil else { throw mixed(instruction) }
    return AffineForm(offset: try text.link(left.offset, right.offset, instruction))
  }
}
