/// A value to be encoded: physical, by its label, or raw.
///
/// Literals do: `["Speed": 12.5, "Gear": "Reverse"]`.
public enum SignalInput: Sendable, Hashable {
  /// A physical value; the nearest raw value is taken.
  case value(Double)
  /// A whole physical value, which beyond 2^53 a Double would round.
  case whole(RawValue)
  /// A label of the signal's value table.
  case choice(String)
  /// The number that stands in the frame. It is not held against the declared range.
  case raw(RawValue)
}

extension SignalInput: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral
{
  /// A physical value.
  public init(floatLiteral value: Double) { self = .value(value) }

  /// A physical value.
  public init(integerLiteral value: Int) {
    self = value.magnitude <= 1 << 53 ? .value(Double(value)) : .whole(.integer(Int64(value)))
  }

  /// A label.
  public init(stringLiteral value: String) { self = .choice(value) }
}
