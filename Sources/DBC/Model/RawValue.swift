/// The number that stands in a frame, before factor and offset.
///
/// Whole numbers are `.integer`, those from 2^63 on `.unsigned`, all others `.float`. A `Double` beyond 2^53 stays `.float`
/// though it is whole, as its last digits may be lost; up to there equal numbers compare equal.
public enum RawValue: Sendable, Hashable {
  /// A whole number from -2^63 to 2^63 - 1.
  case integer(Int64)
  /// A whole number from 2^63 to 2^64 - 1.
  case unsigned(UInt64)
  /// The value of a floating-point signal, or a number that is not whole.
  case float(Double)

  /// The form that a whole number has.
  @inlinable
  public init(_ value: UInt64) {
    self = value <= UInt64(Int64.max) ? .integer(Int64(value)) : .unsigned(value)
  }

  /// The form that a number has: whole numbers up to 2^53 become `.integer`.
  @inlinable
  public init(_ value: Double) {
    if value.magnitude <= 0x1p53, value.rounded(.towardZero) == value {
      self = .integer(Int64(value))
    } else {
      self = .float(value)
    }
  }

  /// The number as a Double; above 2^53 the nearest one.
  @inlinable
  public var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .float(let value): value
    }
  }
}

extension RawValue: CustomStringConvertible {
  /// The number, whole ones in full, others in the shortest form that reads back the same.
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .float(let value): "\(value)"
    }
  }
}
