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

  // Functions with memory.
  case previous, delta, elapsed, changed, rate, counter, movingAverage, movingAverageTime
  case exponentialAverage, median, minimumOver, maximumOver, integral, countIf, onTime
  case deadband, hysteresis, debounce, onDelay, offDelay, rising, falling, latch, ramp, hold
  case stale
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
    case .roundTo: Function.round.name
    case .logBase: Function.log.name
    case .scaleClamped: Function.scale.name
    default: FunctionCatalog.specification(of: self)?.name ?? "?"
    }
  }

  /// Whether the result is always 0 or 1.
  var givesBool: Bool {
    switch self {
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual, .not, .bool, .isNaN,
      .isFinite, .isGood, .bit, .changed, .hysteresis, .debounce, .onDelay, .offDelay, .rising,
      .falling, .latch, .stale:
      true
    default: false
    }
  }

  /// Whether the result depends on the arguments' values alone, so that a constant call can be folded.
  var isPure: Bool {
    switch self {
    case .defaultTo, .isGood: false
    default: !isStateful
    }
  }

  /// Whether it depends on earlier samples or on time.
  var isStateful: Bool { rawValue >= Function.previous.rawValue }

  /// Whether its second argument is the length of a window and must be written as a number.
  var hasWindow: Bool {
    switch self {
    case .previous, .movingAverage, .median, .minimumOver, .maximumOver: true
    default: false
    }
  }
}
