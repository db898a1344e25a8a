/// A summary at the end of a finished segment. Only a cache: a bad one is rebuilt by a scan.
struct SegmentFooter: Equatable {
  var generation: UInt64
  var count: UInt64
  var lastSequence: UInt64
  /// Where the groups end.
  var dataEnd: Int
  var minTime: Int64
  var maxTime: Int64
  var payloadBytes: UInt64
  var hasLabels: Bool

  static let size = 72

  func encode(into base: UnsafeMutableRawPointer, seed: UInt32) {
    base.store(Layout.footerMagic, 4)
    base.store(generation, 8)
    base.store(count, 16)
    base.store(lastSequence, 24)
    base.store(UInt64(dataEnd), 32)
    base.store(minTime, 40)
    base.store(maxTime, 48)
    base.store(payloadBytes, 56)
    base.store(UInt64(hasLabels ? 1 : 0), 64)
    let crc = Checksum.crc32c(seed: seed, UnsafeRawPointer(base) + 4, count: Self.size - 4)
    base.store(crc, 0)
  }

  static func decode(_ bytes: [UInt8], seed: UInt32) -> SegmentFooter? {
    bytes.withUnsafeBytes { bytes in
      guard bytes.count >= size, let base = bytes.baseAddress,
        bytes.load(UInt32.self, 4) == Layout.footerMagic,
        bytes.load(UInt32.self, 0) == Checksum.crc32c(seed: seed, base + 4, count: size - 4)
      else { return nil }
      return SegmentFooter(
        generation: bytes.load(UInt64.self, 8), count: bytes.load(UInt64.self, 16),
        lastSequence: bytes.load(UInt64.self, 24),
        dataEnd: Int(truncatingIfNeeded: bytes.load(UInt64.self, 32)),
        minTime: bytes.load(Int64.self, 40), maxTime: bytes.load(Int64.self, 48),
        payloadBytes: bytes.load(UInt64.self, 56),
        hasLabels: bytes.load(UInt64.self, 64) & 1 == 1)
    }
  }
}
