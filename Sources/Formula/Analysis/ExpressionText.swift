/// Writes a formula again: full parentheses, numbers in their shortest form, inputs by number or name.
struct ExpressionText: FormulaAlgebra {
  /// The inputs' names; nil writes numbers, which do not depend on what else the formula reads.
  var inputs: [FormulaDependency]
  /// The text of each call of a function with memory, by step.
  private(set) var calls: [Int: String] = [:]

  init(inputs: [FormulaDependency]) { self.inputs = inputs }

  /// The texts of the calls of functions with memory.
  static func calls(_ exact: ExactCode) throws(Complaint) -> [Int: String] {
    var text = ExpressionText(inputs: exact.inputs)
    _ = try exact.fold(&text)
    return text.calls
  }

  static func number(_ value: Double) -> String {
    let text = value.isInfinite ? "1e999" : "\(Swift.abs(value))"
    let plain = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    return value.sign == .minus ? "(-\(plain))" : plain
  }

  func input(_ slot: Int, _ aspect: InputAspect, _ step: Int) -> String {
    let name = inputs[slot].description
    return switch aspect {
    case .value: name
    case .quality: "\(name).quality"
    case .time: "\(name).ts"
    }
  }

  func constant(_ value: Double) -> String { Self.number(value) }

  mutating func call(
    _ instruction: ExactInstruction, _ step: Int, _ arguments: [String]
  ) -> String {
    let function = instruction.function
    let name = function.name
    let text: String
    if name.first?.isLetter ?? false, function != .not {
      text = "\(name)(\(arguments.joined(separator: ", ")))"
    } else if arguments.count == 2 {
      text = "(\(arguments[0]) \(name) \(arguments[1]))"
    } else {
      text = "(\(name) \(arguments.joined()))"
    }
    if function.isStateful { calls[step] = text }
    return text
  }

  func conditional(
    _ condition: String, _ value: String, _ other: String, _ instruction: ExactInstruction
  ) -> String {
    "(\(value) if \(condition) else \(other))"
  }

  func logic(
    _ isAnd: Bool, _ left: String, _ right: String, _ instruction: ExactInstruction
  ) -> String {
    "(\(left) \(isAnd ? "and" : "or") \(right))"
  }

  func link(_ left: String, _ right: String, _ instruction: ExactInstruction) -> String {
    "(\(left) \(instruction.function.name) \(right))"
  }
}
