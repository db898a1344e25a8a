/// The 24 bytes before each payload.
///
/// The checksum of the header is seeded with store, generation and offset and covers the payload's
/// checksum; so the latter needs no seed and can be computed while the caller fills a batch.
enum RecordHeader {
  static let crc = 0
  /// Length in the low 24 bits, kind in the high 8.
  static let lengthAndKind = 4
  static let payloadCRC = 8
  static let sequenceLow = 12
  static let time = 16

  @inline(__always)
  static func length(_ base: UnsafeRawPointer) -> Int {
    Int(base.load(UInt32.self, lengthAndKind) & 0xFF_FFFF)
  }

  @inline(__always)
  static func kind(_ base: UnsafeRawPointer) -> UInt8 { base.load(UInt8.self, 7) }

  /// Bytes of the whole record with padding.
  @inline(__always)
  static func byteLength(payload: Int) -> Int { Layout.recordHeaderSize &+ padded(payload) }

  @inline(__always)
  static func checksum(_ base: UnsafeRawPointer, seed: UInt32) -> UInt32 {
    let start = PlantedBug.checksumWithoutLength.isPlanted ? 8 : 4
    return Checksum.crc32c(seed: seed, base + start, count: Layout.recordHeaderSize - start)
  }

  /// The full number whose low half is stored, taken from the neighbourhood of an expected one.
  @inline(__always)
  static func sequence(low: UInt32, near expected: UInt64) -> UInt64 {
    let difference = Int32(bitPattern: low &- UInt32(truncatingIfNeeded: expected))
    return expected &+ UInt64(bitPattern: Int64(difference))
  }
}
