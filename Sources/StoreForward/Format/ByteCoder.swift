/// Writes the small state files.
struct ByteEncoder {
  private(set) var bytes: [UInt8] = []

  mutating func append<Number: FixedWidthInteger>(_ value: Number) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(contentsOf more: [UInt8]) { bytes += more }

  mutating func append(_ identity: StoreIdentity) {
    append(identity.low)
    append(identity.high)
  }

  /// Up to 65,535 bytes of UTF-8 after their count.
  mutating func append(_ text: String) {
    let utf8 = text.utf8.prefix(Int(UInt16.max))
    append(UInt16(utf8.count))
    bytes.append(contentsOf: utf8)
  }
}

/// Reads them; any read past the end fails for good.
struct ByteDecoder {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  struct OutOfBytes: Error {}

  mutating func next<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws(OutOfBytes) -> Number {
    let size = MemoryLayout<Number>.size
    guard rest.count >= size else { throw OutOfBytes() }
    var value: Number = 0
    for byte in rest.prefix(size).reversed() {
      value = value << 8 | Number(truncatingIfNeeded: byte)
    }
    rest = rest.dropFirst(size)
    return value
  }

  mutating func nextIdentity() throws(OutOfBytes) -> StoreIdentity {
    StoreIdentity(low: try next(), high: try next())
  }

  mutating func nextText() throws(OutOfBytes) -> String {
    let count = Int(try next(UInt16.self))
    guard rest.count >= count else { throw OutOfBytes() }
    defer { rest = rest.dropFirst(count) }
    return String(decoding: rest.prefix(count), as: UTF8.self)
  }

  /// How many elements of at least `size` bytes can still follow; bounds what a count may claim.
  func mayHold(_ count: Int, of size: Int) -> Bool { count >= 0 && count <= rest.count / size }
}
