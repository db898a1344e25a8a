/// Everything that takes numbers and gives one: the operators and the named pure functions.
enum Function: UInt8, Sendable {
  // Operators that can't fail.
  case add, subtract, multiply
  case less, lessOrEqual, greater, greaterOrEqual, equal, notEqual
  case negate, plus, not
  // Operators that can.
  case divide, floorDivide, modulo, power
  case bitAnd, bitOr, bitXor, shiftLeft, shiftRight, invert

  // Named functions that can't fail.
  case abs, min, max, sum, average, float, bool, clamp, sign, lerp, deadzone, degrees, radians
  case isNaN, isFinite, step
  // Those that can.
  case round, roundTo, int, floor, ceil
  case sqrt, log, logBase, log10, log2, exp, sin, cos, tan, asin, acos, atan, atan2
  case sinh, cosh, tanh, fmod, hypot, scale, scaleClamped, interp
  case bit, bits, int8, uint8, int16, uint16, int32, uint32

  // Functions that look at an input's quality.
  case defaultTo, isGood
}

extension Function {
  /// The operator's or function's spelling.
  var name: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    case .equal: "=="
    case .notEqual: "!="
    case .negate: "-"
    case .plus: "+"
    case .not: "not"
    case .divide: "/"
    case .floorDivide: "//"
    case .modulo: "%"
    case .power: "**"
    case .bitAnd: "&"
    case .bitOr: "|"
    case .bitXor: "^"
    case .shiftLeft: "<<"
    case .shiftRight: ">>"
    case .invert: "~"
    default: FunctionCatalog.specification(of: self)?.name ?? "?"
    }
  }

  /// Whether the result is always 0 or 1.
  var givesBool: Bool {
    switch self {
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual, .not, .bool, .isNaN,
      .isFinite, .isGood, .bit:
      true
    default: false
    }
  }

  /// Whether the result depends on the arguments' values alone, so that a constant call can be folded.
  var isPure: Bool {
    switch self {
    case .defaultTo, .isGood: false
    default: true
    }
  }
}
