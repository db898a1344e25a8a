import TestSupport

@testable import Formula

/// Writes random formulas: half of them with fewer parentheses than they have operators, so that precedence decides.
struct RandomFormula {
  enum Language {
    /// What Python has as well.
    case python
    /// All functions, those with memory and tags included.
    case whole
  }

  var random: SeededGenerator
  let language: Language
  let names: [String]

  init(seed: UInt64, language: Language, names: [String] = ["a", "b", "c", "d"]) {
    random = SeededGenerator(seed: seed)
    self.language = language
    self.names = names
  }

  mutating func next() -> String {
    let depth = Int.random(in: 0...5, using: &random)
    return spaced(expression(depth))
  }

  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int(random.next(upperBound: UInt64(choices.count)))]
  }

  private mutating func chance(_ one: Int) -> Bool {
    random.next(upperBound: UInt64(one)) == 0
  }

  private mutating func spaced(_ text: String) -> String {
    switch random.next(upperBound: 8 as UInt64) {
    case 0: " \t\(text) "
    case 1: "(\n\(text)\n)"
    case 2: "\(text) # if a else ("
    default: text
    }
  }

  /// An operand of an operator; now and then without the parentheses that would keep it together.
  private mutating func operand(_ depth: Int) -> String {
    let text = expression(depth)
    // `not` binds too loosely to stand behind another operator.
    return chance(3) && !text.hasPrefix("not") ? text : "(\(text))"
  }

  private mutating func expression(_ depth: Int) -> String {
    guard depth > 0 else { return leaf() }
    let next = depth - 1
    switch random.next(upperBound: 15 as UInt64) {
    case 0...4:
      return "\(operand(next)) \(pick(["+", "-", "*", "/", "+", "*", "//", "%"])) \(operand(next))"
    case 5:
      let exponent = pick(["2", "3", "0.5", "-1", "-2", "4", "0", operand(next)])
      return "\(operand(next)) ** \(exponent)"
    case 6, 7: return comparison(next)
    case 8: return "\(operand(next)) and \(operand(next))"
    case 9: return "\(operand(next)) or \(operand(next))"
    case 10: return "\(operand(next)) if \(operand(next)) else \(expression(next))"
    case 11: return "\(pick(["-", "+", "--", "not "]))\(operand(next))"
    case 12: return bitwise(next)
    default: return call(next)
    }
  }

  private mutating func comparison(_ depth: Int) -> String {
    var text = operand(depth)
    repeat {
      text += " \(pick(["<", "<=", ">", ">=", "==", "!="])) \(operand(depth))"
    } while chance(3)
    return text
  }

  private mutating func bitwise(_ depth: Int) -> String {
    func integer(_ text: String) -> String { "int(\(text))" }
    let left = integer(expression(depth))
    return switch random.next(upperBound: 6 as UInt64) {
    case 0: "~\(left)"
    case 1: "\(left) << \(random.next(upperBound: 12 as UInt64))"
    case 2: "\(left) >> \(random.next(upperBound: 70 as UInt64))"
    case 3: "\(operand(depth)) & \(left)"
    default: "\(left) \(pick(["&", "|", "^"])) \(integer(expression(depth)))"
    }
  }

  private mutating func leaf() -> String {
    if chance(2) { return pick(names) }
    if language == .whole, chance(12) { return pick(["{a}", "{a}.ts", "{b}.quality", "dt()"]) }
    switch random.next(upperBound: 10 as UInt64) {
    case 0:
      return pick([
        "0x1F", "0b1011", "0o17", "1_000", "1e-3", ".5", "5.", "1E+2", "0xFF_FF", "00",
        "0_0.1_5e1_0",
      ])
    case 1: return pick(["pi", "e", "tau", "True", "False"])
    case 2: return "\(Double.random(in: -1e3...1e3, using: &random))".replacing("-", with: "")
    case 3:
      return pick([
        "1e308", "1e-320", "1e400", "9007199254740993", "0.1", "1e16", "123456789012345678",
      ])
    default: return "\(random.next(upperBound: 12 as UInt64))"
    }
  }

  // MARK: Calls

  private static let pythons: Set<String> = [
    "abs", "fabs", "min", "max", "round", "pow", "int", "float", "bool", "sqrt", "log", "log10",
    "log2", "exp", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "degrees", "radians",
    "floor", "ceil", "trunc", "fmod", "sinh", "cosh", "tanh",
  ]

  private static let specifications = FunctionCatalog.specifications

  private mutating func call(_ depth: Int) -> String {
    let known = Self.specifications.filter {
      language == .whole || Self.pythons.contains($0.name)
    }
    let function = pick(known)
    var least = function.minimumArguments
    // Python takes a single argument of these for a list.
    if function.name == "min" || function.name == "max" { least = 2 }
    let most = function.maximumArguments ?? least + 3
    var count = Int.random(in: least...most, using: &random)
    if function.function == .interp { count |= 1 }
    var arguments = (0..<count).map { _ in expression(depth) }
    if function.function.hasWindow, count > 1 {
      arguments[1] = "\(random.next(upperBound: 5 as UInt64) + 1)"
    }
    if function.name == "round", count == 2 {
      arguments[1] = "\(Int.random(in: -4...6, using: &random))"
    }
    return
      "\(function.name)(\(arguments.joined(separator: ", "))\(chance(9) && count > 0 ? "," : ""))"
  }
}
