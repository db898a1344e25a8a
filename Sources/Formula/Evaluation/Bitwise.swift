/// Operators on integral numbers up to 2^53, as two's complement.
enum Bitwise {
  private static let limit = 9_007_199_254_740_992.0

  /// The integer that `x` is, if it is one within ±2^53.
  private static func integer(_ x: Double) -> Int64? {
    guard x >= -limit, x <= limit, x == x.rounded(.towardZero) else { return nil }
    return Int64(x)
  }

  /// `value` as a number: a bit or two beyond ±2^53 it is rounded, as Python's `float` rounds.
  private static func outcome(_ value: Int64) -> Outcome { Outcome(Double(value)) }

  static func binary(_ function: Function, _ x: Double, _ y: Double) -> Outcome {
    guard let a = integer(x), let b = integer(y) else { return Outcome(.type) }
    switch function {
    case .bitAnd: return outcome(a & b)
    case .bitOr: return outcome(a | b)
    case .bitXor: return outcome(a ^ b)
    default: break
    }
    if b < 0 { return Outcome(.domain) }
    if b > 63 { return Outcome(.overflow) }
    if function == .shiftRight { return outcome(a >> b) }
    // Exact however large, as a power of two only moves the exponent.
    return Outcome(x * Double(sign: .plus, exponent: Int(b), significand: 1))
  }

  static func unary(_ function: Function, _ x: Double) -> Outcome {
    guard let a = integer(x) else { return Outcome(.type) }
    return switch function {
    case .int8: Outcome(Double(Int8(truncatingIfNeeded: a)))
    case .uint8: Outcome(Double(UInt8(truncatingIfNeeded: a)))
    case .int16: Outcome(Double(Int16(truncatingIfNeeded: a)))
    case .uint16: Outcome(Double(UInt16(truncatingIfNeeded: a)))
    case .int32: Outcome(Double(Int32(truncatingIfNeeded: a)))
    case .uint32: Outcome(Double(UInt32(truncatingIfNeeded: a)))
    default: outcome(~a)
    }
  }

  /// Bits `high` to `low` of `x`; bit 0 is the lowest.
  static func field(_ x: Double, high: Double, low: Double) -> Outcome {
    guard let a = integer(x), let high = integer(high), let low = integer(low) else {
      return Outcome(.type)
    }
    guard low >= 0, low <= high, high <= 63, high - low < 53 else { return Outcome(.domain) }
    let mask = (Int64(1) << (high - low + 1)) - 1
    return Outcome(Double(a >> low & mask))
  }
}
