/// What stands at the beginning of a segment, and once more in its last 512 bytes.
struct SegmentHeader: Equatable {
  var slot: Int
  var store: StoreIdentity
  var segmentSize: Int
  /// Counts the uses of all slots; the highest is the newest segment.
  var generation: UInt64
  /// No record in the segment has a lower number.
  var baseSequence: UInt64
  /// The last number in use before this segment; numbers between it and the base were never used.
  var precedingSequence: UInt64
  /// Where the disk did not give all that was there when the store was opened, `precedingSequence` is the last number that may
  /// have been in use, and this the last one that was known to be.
  var certainSequence: UInt64?
  /// Every number up to here had been given up when the segment was begun.
  var evictedThrough: UInt64
  /// Nanoseconds since 1970.
  var created: Int64

  func encode(into base: UnsafeMutableRawPointer) {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: Layout.segmentHeaderSize)
    base.store(Layout.segmentMagic, 0)
    base.store(Layout.version, 8)
    base.store(UInt16(Layout.segmentHeaderSize), 10)
    base.store(Layout.knownIncompatibleFeatures, 12)
    base.store(UInt32(0), 16)
    base.store(UInt32(truncatingIfNeeded: slot), 20)
    base.store(store.low, 24)
    base.store(store.high, 32)
    base.store(UInt64(segmentSize), 40)
    base.store(generation, 48)
    base.store(baseSequence, 56)
    base.store(precedingSequence, 64)
    base.store(evictedThrough, 72)
    base.store(created, 80)
    base.store(certainSequence.map { $0 &+ 1 } ?? 0, 88)
    let crc = Checksum.crc32c(
      UnsafeRawPointer(base) + 8, count: Layout.segmentHeaderSize - 8)
    base.store(crc, 4)
  }

  enum Decoded {
    case header(SegmentHeader)
    /// A good header of a version or with features that this code does not know.
    case newer
    case invalid
  }

  static func decode(_ bytes: UnsafeRawBufferPointer) -> Decoded {
    guard bytes.count >= Layout.segmentHeaderSize, let base = bytes.baseAddress,
      bytes.load(UInt32.self, 0) == Layout.segmentMagic,
      bytes.load(UInt32.self, 4)
        == Checksum.crc32c(base + 8, count: Layout.segmentHeaderSize - 8)
    else { return .invalid }
    if bytes.load(UInt16.self, 8) > Layout.version
      || bytes.load(UInt32.self, 12) & ~Layout.knownIncompatibleFeatures != 0
    {
      return .newer
    }
    let size = bytes.load(UInt64.self, 40)
    guard size >= UInt64(Layout.smallestSegment), size <= UInt64(Layout.largestSegment),
      size % UInt64(Layout.block) == 0
    else { return .invalid }
    let certain = bytes.load(UInt64.self, 88)
    return .header(
      SegmentHeader(
        slot: Int(bytes.load(UInt32.self, 20)),
        store: StoreIdentity(low: bytes.load(UInt64.self, 24), high: bytes.load(UInt64.self, 32)),
        segmentSize: Int(size), generation: bytes.load(UInt64.self, 48),
        baseSequence: bytes.load(UInt64.self, 56), precedingSequence: bytes.load(UInt64.self, 64),
        certainSequence: certain == 0 ? nil : certain - 1,
        evictedThrough: bytes.load(UInt64.self, 72), created: bytes.load(Int64.self, 80)))
  }
}
