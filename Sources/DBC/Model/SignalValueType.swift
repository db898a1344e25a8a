/// How the bits of a signal stand for a number.
public enum SignalValueType: UInt8, Sendable, Hashable {
  /// A whole number, signed or not.
  case integer
  /// IEEE 754 with 16, 32 or 64 bits, by the signal's length.
  case float
}
