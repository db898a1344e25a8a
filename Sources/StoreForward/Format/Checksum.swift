internal import CCRC32C

/// CRC-32C, and the seeds that tell equal bytes in different places apart.
enum Checksum {
  @inline(__always)
  static func crc32c(seed: UInt32 = 0, _ bytes: UnsafeRawPointer, count: Int) -> UInt32 {
    iiot_crc32c(seed, bytes, count)
  }

  static func crc32c(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { raw in
      raw.baseAddress.map { crc32c($0, count: raw.count) } ?? 0
    }
  }

  /// The seed of everything in one generation of a segment.
  static func segmentSeed(store: StoreIdentity, generation: UInt64) -> UInt32 {
    withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      base.store(store.low, 0)
      base.store(store.high, 8)
      base.store(PlantedBug.noGenerationInChecksum.isPlanted ? 0 : generation, 16)
      return crc32c(UnsafeRawPointer(base), count: 24)
    }
  }

  /// The seed of a header at an offset of its file: a block that landed in the wrong place, or that
  /// an earlier lap left there, does not verify.
  @inline(__always)
  static func headerSeed(segmentSeed: UInt32, offset: Int) -> UInt32 {
    segmentSeed &+ UInt32(truncatingIfNeeded: offset >> 3) &* 0x9E37_79B1
  }
}
