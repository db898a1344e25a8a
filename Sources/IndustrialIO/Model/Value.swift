/// What a sample says: a number, a truth, a text, bytes, or nothing.
///
/// Whole numbers stay whole: a 64-bit counter keeps every bit on its way to the last destination.
public enum Value: Sendable, Hashable {
  /// No value (a failed read, say).
  case none
  /// True or false.
  case bool(Bool)
  /// A signed whole number.
  case int64(Int64)
  /// An unsigned whole number.
  case uint64(UInt64)
  /// A binary64 number; may be not-a-number or infinite.
  case double(Double)
  /// Text.
  case string(String)
  /// Bytes.
  case bytes([UInt8])

  /// The number as binary64: exact for bool and double, rounded to nearest for large whole numbers,
  /// nil for the rest.
  public var doubleValue: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int64(let value): Double(value)
    case .uint64(let value): Double(value)
    case .double(let value): value
    case .none, .string, .bytes: nil
    }
  }
}
