/// Walks the groups and records in a window of a segment's bytes, and finds its way back after
/// damage by trying every eighth byte: a header verifies only where it was written.
struct RecordWalker {
  enum Step {
    /// A data record; a payload that fails its checksum is damaged.
    case record(sequenceLow: UInt32, time: Int64, payload: Int, length: Int, intact: Bool)
    /// Counts of the record before.
    case labels(sequenceLow: UInt32, payload: Int, length: Int, intact: Bool)
    case group(GroupHeader)
    /// The window ends inside an item that begins at `offset` and needs so many bytes.
    case needsMore(Int)
    /// The window's end is the area's end, and nothing is left in it.
    case end
  }

  /// The bytes of the file from `windowStart` on.
  let window: UnsafeRawBufferPointer
  let windowStart: Int
  /// Where groups must end.
  let areaEnd: Int
  let seed: UInt32
  /// The generation that group headers must bear.
  let generation: UInt64
  /// Where in the file the next item is looked for; multiples of eight.
  var offset: Int
  /// Bytes that belonged to no valid item.
  private(set) var skippedBytes = 0

  init(
    window: UnsafeRawBufferPointer, windowStart: Int, areaEnd: Int, seed: UInt32,
    generation: UInt64, offset: Int
  ) {
    self.window = window
    self.windowStart = windowStart
    self.areaEnd = areaEnd
    self.seed = seed
    self.generation = generation
    self.offset = offset
  }

  private var windowEnd: Int { windowStart &+ window.count }

  /// The next valid item. `payload` counts from the window's start.
  @inline(__always)
  mutating func next() -> Step {
    guard let base = window.baseAddress else { return offset < areaEnd ? .needsMore(24) : .end }
    let end = min(windowEnd, areaEnd)
    while true {
      if offset &+ Layout.recordHeaderSize > end {
        return end == areaEnd ? .end : .needsMore(Layout.recordHeaderSize)
      }
      let item = base + (offset &- windowStart)
      let kind = RecordHeader.kind(item)
      if kind == Layout.dataKind || kind == Layout.labelsKind {
        let length = RecordHeader.length(item)
        let whole = RecordHeader.byteLength(payload: length)
        if whole <= areaEnd &- offset,
          item.load(UInt32.self, RecordHeader.crc)
            == RecordHeader.checksum(
              item, seed: Checksum.headerSeed(segmentSeed: seed, offset: offset))
        {
          if offset &+ whole > end { return .needsMore(whole) }
          let payload = offset &- windowStart &+ Layout.recordHeaderSize
          let intact =
            Checksum.crc32c(base + payload, count: length)
            == item.load(UInt32.self, RecordHeader.payloadCRC)
          let low = item.load(UInt32.self, RecordHeader.sequenceLow)
          offset &+= whole
          if kind == Layout.labelsKind {
            return .labels(sequenceLow: low, payload: payload, length: length, intact: intact)
          }
          return .record(
            sequenceLow: low, time: item.load(Int64.self, RecordHeader.time), payload: payload,
            length: length, intact: intact)
        }
      } else if kind == UInt8(Layout.groupMagic >> 24) {
        if offset &+ Layout.groupHeaderSize > end {
          if end != areaEnd { return .needsMore(Layout.groupHeaderSize) }
        } else if let group = GroupHeader.decode(
          item, seed: Checksum.headerSeed(segmentSeed: seed, offset: offset)),
          group.generation == generation || PlantedBug.noGenerationInChecksum.isPlanted
        {
          offset &+= Layout.groupHeaderSize
          return .group(group)
        }
      }
      offset &+= 8
      skippedBytes &+= 8
    }
  }
}
