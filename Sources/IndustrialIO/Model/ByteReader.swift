internal import Glibc

/// A cursor over the bytes of a block that never reads past their end.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - offset }

  mutating func byte() throws(SampleCodecError) -> UInt8 {
    guard remaining >= 1 else { throw truncated() }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// LEB128, at most ten bytes.
  mutating func varint() throws(SampleCodecError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try byte()
      guard shift < 63 || byte <= 1 else {
        throw SampleCodecError(
          code: .malformed, offset: offset - 1, message: "number of more than 64 bits")
      }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  /// A signed number whose sign stands in the lowest bit.
  mutating func zigzag() throws(SampleCodecError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func littleEndian(_ count: Int) throws(SampleCodecError) -> UInt64 {
    guard remaining >= count else { throw truncated() }
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[offset + index]) << UInt64(index * 8) }
    offset += count
    return value
  }

  mutating func bytes(_ count: Int) throws(SampleCodecError) -> UnsafeBufferPointer<UInt8> {
    guard remaining >= count else { throw truncated() }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
      .assumingMemoryBound(to: UInt8.self)
  }

  /// Passes over these bytes, if they come next.
  mutating func skip(_ expected: [UInt8]) -> Bool {
    guard remaining >= expected.count,
      expected.withUnsafeBytes({ expected in
        guard let left = expected.baseAddress, let start = bytes.baseAddress else { return true }
        return memcmp(left, start + offset, expected.count) == 0
      })
    else { return false }
    offset += expected.count
    return true
  }

  /// What was read since a place.
  func read(from start: Int) -> Slice<UnsafeRawBufferPointer> { bytes[start..<offset] }

  private func truncated() -> SampleCodecError {
    SampleCodecError(code: .truncated, offset: offset, message: "the block ends too early")
  }
}

extension [UInt8] {
  /// LEB128.
  package mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func appendVarint(zigzag value: Int64) {
    appendVarint(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func appendLittleEndian(_ value: some FixedWidthInteger & UnsignedInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
