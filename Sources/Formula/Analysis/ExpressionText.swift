/// Writes a formula again: full parentheses, numbers in their shortest form, inputs by name.
struct ExpressionText: FormulaAlgebra {
  /// The longest text. A chain of comparisons has its middle twice, so chains within chains double it with each level.
  static let maximumLength = 1 << 20

  /// The inputs by slot.
  let inputs: [FormulaDependency]
  /// The key of each call of a function with memory, by step: of its text, and of which of its kind it is.
  private(set) var keys: [Int: UInt64] = [:]
  /// How many calls there were of each text, by its hash: the texts themselves may be long.
  private var kinds: [UInt64: UInt64] = [:]

  init(inputs: [FormulaDependency]) { self.inputs = inputs }

  /// The keys of the calls of functions with memory.
  static func keys(_ exact: ExactCode) throws(Complaint) -> [Int: UInt64] {
    var text = ExpressionText(inputs: exact.inputs)
    _ = try exact.fold(&text)
    return text.keys
  }

  /// Complains of a text that would be too long, before it is made.
  private func check(_ parts: [String], _ instruction: ExactInstruction) throws(Complaint) {
    guard parts.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumLength else {
      throw Complaint(
        .limit,
        "written out, the formula has more than \(Self.maximumLength) bytes, as comparisons are "
          + "chained within one another; make several formulas of it",
        at: Int(instruction.offset), length: Int(instruction.length))
    }
  }

  private mutating func key(of text: String) -> UInt64 {
    let bytes = Array(text.utf8)
    let hash = StateBytes.hash(bytes)
    let ordinal = kinds[hash, default: 0]
    kinds[hash] = ordinal + 1
    return ordinal == 0 ? hash : StateBytes.hash(bytes, seed: ordinal)
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
  ) throws(Complaint) -> String {
    try check(arguments, instruction)
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
    if function.isStateful { keys[step] = key(of: text) }
    return text
  }

  func conditional(
    _ condition: String, _ value: String, _ other: String, _ instruction: ExactInstruction
  ) throws(Complaint) -> String {
    try check([condition, value, other], instruction)
    return "(\(value) if \(condition) else \(other))"
  }

  func logic(
    _ isAnd: Bool, _ left: String, _ right: String, _ instruction: ExactInstruction
  ) throws(Complaint) -> String {
    try check([left, right], instruction)
    return "(\(left) \(isAnd ? "and" : "or") \(right))"
  }

  func link(
    _ left: String, _ right: String, _ instruction: ExactInstruction
  ) throws(Complaint) -> String {
    try check([left, right], instruction)
    return "(\(left) \(instruction.function.name) \(right))"
  }
}
