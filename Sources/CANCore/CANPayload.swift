/// The data bytes of one frame, 0 to 64 of them, held in place: no allocation, trivially copied.
///
/// Bytes past `count` are always zero, so that whole 64-bit words can be loaded and compared.
public struct CANPayload: Sendable {
  /// Number of data bytes, 0 to 64.
  @inlinable
  public var count: Int { byteCount }

  @usableFromInline var byteCount: Int

  @usableFromInline var words: InlineArray<8, UInt64>

  /// The most data bytes a frame can have (CAN FD).
  public static let maximumCount = 64

  /// No data.
  @inlinable
  public init() {
    byteCount = 0
    words = InlineArray(repeating: 0)
  }

  /// A payload of the given bytes, or nil when there are more than 64.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count <= Self.maximumCount else { return nil }
    self.init()
    for byte in bytes { append(byte) }
  }

  /// The first `count` bytes of eight words, the first byte of each word lowest; above 64 all of them.
  @inlinable
  public init(words: InlineArray<8, UInt64>, count: Int) {
    byteCount = Swift.max(0, Swift.min(count, Self.maximumCount))
    self.words = words
    for index in 0..<8 {
      let bits = byteCount * 8 - index * 64
      if bits <= 0 {
        self.words[index] = 0
      } else if bits < 64 {
        self.words[index] &= (1 << UInt64(bits)) - 1
      }
    }
  }

  /// The first `count` bytes of a word, the first byte lowest, and zeros up to `count`, which is 64 at most.
  @inlinable
  public init(word: UInt64, count: Int) {
    byteCount = Swift.max(0, Swift.min(count, Self.maximumCount))
    words = InlineArray(repeating: 0)
    words[0] = byteCount >= 8 ? word : word & ((1 << UInt64(byteCount * 8)) - 1)
  }

  /// The bytes of little-endian words from a batch; `count` must be 0 to 64.
  @usableFromInline
  init(words source: UnsafeBufferPointer<UInt64>, count: Int) {
    self.init()
    byteCount = count
    for index in 0..<Swift.min(8, source.count) { words[index] = source[index] }
  }

  /// Adds a byte at the end. Returns false, and adds nothing, when there are 64 already.
  @discardableResult
  public mutating func append(_ byte: UInt8) -> Bool {
    guard count < Self.maximumCount else { return false }
    words[count >> 3] |= UInt64(byte) << UInt64((count & 7) * 8)
    byteCount += 1
    return true
  }

  /// The 64-bit word of bytes `8 * index` to `8 * index + 7`, first byte lowest; `index` 0 to 7.
  @inlinable
  public func word(_ index: Int) -> UInt64 { words[index] }
}

extension CANPayload: RandomAccessCollection {
  /// Always 0.
  @inlinable
  public var startIndex: Int { 0 }

  /// The number of bytes.
  @inlinable
  public var endIndex: Int { count }

  /// The byte at `position`, 0 up to `count`.
  @inlinable
  public subscript(position: Int) -> UInt8 {
    precondition(position >= 0 && position < count, "payload index out of range")
    return UInt8(truncatingIfNeeded: words[position >> 3] >> UInt64((position & 7) * 8))
  }
}

extension CANPayload: Hashable {
  /// Equal length and bytes.
  public static func == (left: CANPayload, right: CANPayload) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<8 where left.words[index] != right.words[index] { return false }
    return true
  }

  /// Hashes length and bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for index in 0..<8 { hasher.combine(words[index]) }
  }
}

extension CANPayload: ExpressibleByArrayLiteral {
  /// The listed bytes; more than 64 is a programming error.
  public init(arrayLiteral elements: UInt8...) {
    precondition(elements.count <= Self.maximumCount, "a CAN payload has at most 64 bytes")
    self.init()
    for byte in elements { append(byte) }
  }
}

extension CANPayload: CustomStringConvertible {
  /// Lower-case hexadecimal, two digits a byte.
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(count * 2)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
