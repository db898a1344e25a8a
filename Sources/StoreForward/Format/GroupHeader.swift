/// What stands before the records that were written together.
struct GroupHeader: Equatable {
  /// Bytes of the group with this header and all padding.
  var byteLength: Int
  /// Data records in it.
  var count: Int
  var firstSequence: UInt64
  /// The last number in use before the group; numbers between were never used.
  var precedingSequence: UInt64
  /// Every record up to here was durable before the group was written.
  var durableThrough: UInt64
  /// The lowest and highest time of its records.
  var minTime: Int64
  var maxTime: Int64
  var generation: UInt64

  @inline(__always)
  func encode(into base: UnsafeMutableRawPointer, seed: UInt32) {
    base.store(Layout.groupMagic, 4)
    base.store(UInt32(truncatingIfNeeded: byteLength), 8)
    base.store(UInt32(truncatingIfNeeded: count), 12)
    base.store(firstSequence, 16)
    base.store(precedingSequence, 24)
    base.store(durableThrough, 32)
    base.store(minTime, 40)
    base.store(maxTime, 48)
    base.store(generation, 56)
    let crc = Checksum.crc32c(
      seed: seed, UnsafeRawPointer(base) + 4, count: Layout.groupHeaderSize - 4)
    base.store(crc, 0)
  }

  /// Sixty-four bytes with a valid checksum, else nil.
  @inline(__always)
  static func decode(_ base: UnsafeRawPointer, seed: UInt32) -> GroupHeader? {
    guard base.load(UInt32.self, 4) == Layout.groupMagic,
      base.load(UInt32.self, 0)
        == Checksum.crc32c(seed: seed, base + 4, count: Layout.groupHeaderSize - 4)
    else { return nil }
    return GroupHeader(
      byteLength: Int(base.load(UInt32.self, 8)), count: Int(base.load(UInt32.self, 12)),
      firstSequence: base.load(UInt64.self, 16), precedingSequence: base.load(UInt64.self, 24),
      durableThrough: base.load(UInt64.self, 32), minTime: base.load(Int64.self, 40),
      maxTime: base.load(Int64.self, 48), generation: base.load(UInt64.self, 56))
  }
}
