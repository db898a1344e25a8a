/// Sixteen bytes that name a store (or a boot of the machine) and nothing else.
public struct StoreIdentity: Sendable, Hashable, CustomStringConvertible {
  /// The first eight bytes, as a little-endian number.
  public var low: UInt64
  /// The last eight bytes, as a little-endian number.
  public var high: UInt64

  /// An identity of the given bytes.
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// Thirty-two hexadecimal digits, first byte first.
  public var description: String {
    var text = ""
    for word in [low, high] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        let byte = UInt8(truncatingIfNeeded: word >> shift)
        text += byte < 16 ? "0" : ""
        text += String(byte, radix: 16)
      }
    }
    return text
  }
}
