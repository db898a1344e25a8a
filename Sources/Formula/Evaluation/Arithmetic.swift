#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The meaning of each operator and function, as CPython defines it for floats.
///
/// Both evaluators, the columns and constant folding end here, so that they can't disagree.
enum Arithmetic {
  /// `function` of `count` numbers.
  static func apply(_ function: Function, _ x: UnsafePointer<Double>, _ count: Int) -> Outcome {
    switch function {
    case .add: Outcome(x[0] + x[1])
    case .subtract: Outcome(x[0] - x[1])
    case .multiply: Outcome(x[0] * x[1])
    case .divide: x[1] == 0 ? Outcome(.divisionByZero) : Outcome(x[0] / x[1])
    case .less: Outcome(x[0] < x[1] ? 1 : 0)
    case .lessOrEqual: Outcome(x[0] <= x[1] ? 1 : 0)
    case .greater: Outcome(x[0] > x[1] ? 1 : 0)
    case .greaterOrEqual: Outcome(x[0] >= x[1] ? 1 : 0)
    case .equal: Outcome(x[0] == x[1] ? 1 : 0)
    case .notEqual: Outcome(x[0] != x[1] ? 1 : 0)
    case .negate: Outcome(-x[0])
    case .plus, .float: Outcome(x[0])
    case .not: Outcome(x[0] == 0 ? 1 : 0)
    case .bool: Outcome(x[0] != 0 ? 1 : 0)
    case .floorDivide: floorDivide(x[0], x[1])
    case .modulo: modulo(x[0], x[1])
    case .power: power(x[0], x[1])
    case .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight: Bitwise.binary(function, x[0], x[1])
    case .invert, .int8, .uint8, .int16, .uint16, .int32, .uint32: Bitwise.unary(function, x[0])
    case .bit: Bitwise.field(x[0], high: x[1], low: x[1])
    case .bits: Bitwise.field(x[0], high: x[1], low: x[2])
    case .abs: Outcome(Swift.abs(x[0]))
    case .min: Outcome(minimum(x, count))
    case .max: Outcome(maximum(x, count))
    case .sum: Outcome(sum(x, count))
    case .average: Outcome(sum(x, count) / Double(count))
    case .clamp: Outcome(clamp(x[0], x[1], x[2]))
    case .sign: Outcome(x[0] > 0 ? 1 : x[0] < 0 ? -1 : x[0] == 0 ? 0 : x[0])
    case .lerp: Outcome(x[0] + (x[1] - x[0]) * x[2])
    case .deadzone: Outcome(Swift.abs(x[0]) < x[1] ? 0 : x[0])
    case .isNaN: Outcome(x[0].isNaN ? 1 : 0)
    case .isFinite: Outcome(x[0].isFinite ? 1 : 0)
    case .step: Outcome(step(x, count))
    case .scale: scale(x, clamped: false)
    case .scaleClamped: scale(x, clamped: x[5] != 0)
    case .interp: interpolate(x, count)
    case .roundTo: DecimalRounding.round(x[0], digits: x[1])
    case .round, .int, .floor, .ceil: integral(function, x[0])
    case .fmod: fmod(x[0], x[1])
    case .logBase: logarithm(x[0], base: x[1])
    case .atan2: Outcome(libmAtan2(x[0], x[1]))
    case .hypot: hypot(x[0], x[1])
    case .defaultTo: Outcome(x[0].isNaN ? x[1] : x[0])
    case .isGood: Outcome(x[0].isNaN ? 0 : 1)
    case .sqrt, .log, .log10, .log2, .exp, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh,
      .tanh, .degrees, .radians:
      elementary(function, x[0])
    default:
      // Functions with memory are evaluated where their memory is.
      Outcome(.type)
    }
  }

  // MARK: Division

  static func floorDivide(_ x: Double, _ y: Double) -> Outcome {
    if y == 0 { return Outcome(.divisionByZero) }
    var remainder = libmFmod(x, y)
    var quotient = (x - remainder) / y
    if remainder != 0 {
      if (y < 0) != (remainder < 0) {
        remainder += y
        quotient -= 1
      }
    }
    if quotient == 0 { return Outcome(Double(signOf: x / y, magnitudeOf: 0)) }
    var floored = quotient.rounded(.down)
    if quotient - floored > 0.5 { floored += 1 }
    return Outcome(floored)
  }

  static func modulo(_ x: Double, _ y: Double) -> Outcome {
    if y == 0 { return Outcome(.divisionByZero) }
    var remainder = libmFmod(x, y)
    if remainder != 0 {
      if (y < 0) != (remainder < 0) { remainder += y }
    } else {
      remainder = Double(signOf: y, magnitudeOf: 0)
    }
    return Outcome(remainder)
  }

  private static func fmod(_ x: Double, _ y: Double) -> Outcome {
    let result = libmFmod(x, y)
    return result.isNaN && !x.isNaN && !y.isNaN ? Outcome(.domain) : Outcome(result)
  }

  // MARK: Powers and logarithms

  static func power(_ x: Double, _ y: Double) -> Outcome {
    if let result = smallPower(x, y) {
      return result.isInfinite && x.isFinite ? Outcome(.overflow) : Outcome(result)
    }
    if x == 0, y < 0, y.isFinite { return Outcome(.divisionByZero) }
    if x < 0, x.isFinite, y.isFinite, y != y.rounded(.towardZero) { return Outcome(.domain) }
    let result = libmPow(x, y)
    return result.isInfinite && x.isFinite && y.isFinite ? Outcome(.overflow) : Outcome(result)
  }

  /// Squares, cubes and fourth powers by multiplication, which is as exact as the library and much faster.
  @inline(__always)
  static func smallPower(_ x: Double, _ y: Double) -> Double? {
    if y == 2 { return x * x }
    if y == 3 { return x * x * x }
    if y == 4 { return (x * x) * (x * x) }
    return nil
  }

  private static func logarithm(_ x: Double, base: Double) -> Outcome {
    let numerator = elementary(.log, x)
    if numerator.fault != .none { return numerator }
    let denominator = elementary(.log, base)
    if denominator.fault != .none { return denominator }
    return denominator.value == 0
      ? Outcome(.divisionByZero) : Outcome(numerator.value / denominator.value)
  }

  private static func hypot(_ x: Double, _ y: Double) -> Outcome {
    let result = libmHypot(x, y)
    return result.isInfinite && x.isFinite && y.isFinite ? Outcome(.overflow) : Outcome(result)
  }

  // MARK: Functions of one number

  /// A function of the C library; where it has no finite answer to a finite question, that is an error.
  static func elementary(_ function: Function, _ x: Double) -> Outcome {
    let result: Double
    var infinite = Fault.domain
    switch function {
    case .sqrt: result = x.squareRoot()
    case .log: result = libmLog(x)
    case .log10: result = libmLog10(x)
    case .log2: result = libmLog2(x)
    case .exp:
      result = libmExp(x)
      infinite = .overflow
    case .sin: result = libmSin(x)
    case .cos: result = libmCos(x)
    case .tan: result = libmTan(x)
    case .asin: result = libmAsin(x)
    case .acos: result = libmAcos(x)
    case .atan: result = libmAtan(x)
    case .sinh:
      result = libmSinh(x)
      infinite = .overflow
    case .cosh:
      result = libmCosh(x)
      infinite = .overflow
    case .tanh: result = libmTanh(x)
    case .degrees: return Outcome(x * degreesPerRadian)
    case .radians: return Outcome(x * radiansPerDegree)
    default: return Outcome(.type)
    }
    if result.isFinite { return Outcome(result) }
    if result.isNaN { return x.isNaN ? Outcome(x) : Outcome(.domain) }
    return x.isFinite ? Outcome(infinite) : Outcome(result)
  }

  static let degreesPerRadian = 180 / Double.pi
  static let radiansPerDegree = Double.pi / 180

  /// Rounding to an integer: Python gives an int, which is never -0, infinite or NaN.
  static func integral(_ function: Function, _ x: Double) -> Outcome {
    guard x.isFinite else { return Outcome(x.isNaN ? .domain : .overflow) }
    let rounded =
      switch function {
      case .floor: x.rounded(.down)
      case .ceil: x.rounded(.up)
      case .int: x.rounded(.towardZero)
      default: x.rounded(.toNearestOrEven)
      }
    return Outcome(rounded + 0.0)
  }

  // MARK: Functions of several numbers

  /// Python's rule: the first stays unless another is strictly less.
  private static func minimum(_ x: UnsafePointer<Double>, _ count: Int) -> Double {
    var best = x[0]
    for index in 1..<Swift.max(count, 1) where x[index] < best { best = x[index] }
    return best
  }

  private static func maximum(_ x: UnsafePointer<Double>, _ count: Int) -> Double {
    var best = x[0]
    for index in 1..<Swift.max(count, 1) where x[index] > best { best = x[index] }
    return best
  }

  private static func sum(_ x: UnsafePointer<Double>, _ count: Int) -> Double {
    var sum = x[0]
    for index in 1..<Swift.max(count, 1) { sum += x[index] }
    return sum
  }

  /// `min(max(x, lo), hi)`; NaN stays NaN.
  @inline(__always)
  static func clamp(_ x: Double, _ low: Double, _ high: Double) -> Double {
    let raised = low > x ? low : x
    return high < raised ? high : raised
  }

  private static func step(_ x: UnsafePointer<Double>, _ count: Int) -> Double {
    if x[0].isNaN { return x[0] }
    var reached = 0.0
    for index in 1..<Swift.max(count, 1) where x[0] >= x[index] { reached += 1 }
    return reached
  }

  private static func scale(_ x: UnsafePointer<Double>, clamped: Bool) -> Outcome {
    let span = x[2] - x[1]
    if span == 0 { return Outcome(.divisionByZero) }
    let value = x[3] + (x[0] - x[1]) * (x[4] - x[3]) / span
    guard clamped else { return Outcome(value) }
    return Outcome(x[3] <= x[4] ? clamp(value, x[3], x[4]) : clamp(value, x[4], x[3]))
  }

  private static func interpolate(_ x: UnsafePointer<Double>, _ count: Int) -> Outcome {
    let points = (count - 1) / 2
    guard points > 0 else { return Outcome(.domain) }
    var index = 1
    while index < points {
      // Not "x decreases", so that a NaN is refused as well.
      guard x[1 + 2 * index] > x[2 * index - 1] else { return Outcome(.domain) }
      index += 1
    }
    let value = x[0]
    if value.isNaN { return Outcome(value) }
    if value <= x[1] { return Outcome(x[2]) }
    var right = 1
    while right < points, value > x[1 + 2 * right] { right += 1 }
    guard right < points else { return Outcome(x[2 * points]) }
    let (x0, y0) = (x[2 * right - 1], x[2 * right])
    let (x1, y1) = (x[2 * right + 1], x[2 * right + 2])
    return Outcome(y0 + (value - x0) * (y1 - y0) / (x1 - x0))
  }
}

// The C library's names, which the functions of the same name above would hide.
@inline(__always) func libmFmod(_ x: Double, _ y: Double) -> Double { fmod(x, y) }
@inline(__always) func libmPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
@inline(__always) func libmHypot(_ x: Double, _ y: Double) -> Double { hypot(x, y) }
@inline(__always) func libmAtan2(_ x: Double, _ y: Double) -> Double { atan2(x, y) }
@inline(__always) func libmLog(_ x: Double) -> Double { log(x) }
@inline(__always) func libmLog10(_ x: Double) -> Double { log10(x) }
@inline(__always) func libmLog2(_ x: Double) -> Double { log2(x) }
@inline(__always) func libmExp(_ x: Double) -> Double { exp(x) }
@inline(__always) func libmSin(_ x: Double) -> Double { sin(x) }
@inline(__always) func libmCos(_ x: Double) -> Double { cos(x) }
@inline(__always) func libmTan(_ x: Double) -> Double { tan(x) }
@inline(__always) func libmAsin(_ x: Double) -> Double { asin(x) }
@inline(__always) func libmAcos(_ x: Double) -> Double { acos(x) }
@inline(__always) func libmAtan(_ x: Double) -> Double { atan(x) }
@inline(__always) func libmSinh(_ x: Double) -> Double { sinh(x) }
@inline(__always) func libmCosh(_ x: Double) -> Double { cosh(x) }
@inline(__always) func libmTanh(_ x: Double) -> Double { tanh(x) }
