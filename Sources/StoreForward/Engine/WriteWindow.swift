/// The bytes at the end of the newest segment that are not durable yet, kept until they are: should
/// the sync fail, they are written again elsewhere. Owned by the writer.
struct WriteWindow: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer
  private(set) var capacity: Int
  /// Where in the segment the window begins.
  var start = 0
  /// Bytes filled, bytes of these that were given to the file.
  var used = 0
  var written = 0
  /// Where the open group's header is, nil between groups.
  var openGroup: Int?
  var groupCount = 0
  var groupFirst: UInt64 = 0
  var groupPreceding: UInt64 = 0
  var groupMinTime = Int64.max
  var groupMaxTime = Int64.min
  /// The first and last number in the window.
  var firstSequence: UInt64 = 0
  var precedingSequence: UInt64 = 0
  var lastSequence: UInt64 = 0
  /// Remains of a failed write reach up to here and must be covered.
  var dirtyEnd = 0

  /// A group is closed before it grows beyond this.
  static let groupLimit = 1 << 20
  /// More than this is not left without a sync under any policy.
  static let unsyncedLimit = 8 << 20

  init() {
    capacity = 256 << 10
    base = .allocate(byteCount: capacity, alignment: 4096)
  }

  deinit { base.deallocate() }

  var isEmpty: Bool { used == 0 }
  /// The file offset of the next byte.
  var end: Int { start + used }

  mutating func reserve(_ count: Int) {
    guard used + count > capacity else { return }
    var larger = capacity
    while larger < used + count { larger *= 2 }
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 4096)
    moved.copyMemory(from: base, byteCount: used)
    base.deallocate()
    base = moved
    capacity = larger
  }

  /// Forgets what is durable; the next group follows it.
  mutating func slide() {
    start += used
    clear()
  }

  /// Forgets everything that is not durable.
  mutating func clear() {
    used = 0
    written = 0
    openGroup = nil
    groupCount = 0
    firstSequence = 0
    lastSequence = 0
  }

  /// Copies encoded records to the end and gives them numbers and header checksums.
  ///
  /// - Returns: How many data records there were.
  mutating func append(
    _ records: UnsafeRawBufferPointer, from sequence: UInt64, segmentSeed: UInt32
  ) -> Int {
    guard let source = records.baseAddress else { return 0 }
    reserve(records.count)
    let target = base + used
    target.copyMemory(from: source, byteCount: records.count)
    let offset = start + used
    used += records.count
    return WriteWindow.seal(
      UnsafeMutableRawBufferPointer(start: target, count: records.count), at: offset,
      from: sequence, segmentSeed: segmentSeed)
  }

  /// Numbers the records in a buffer that will stand at an offset of a segment.
  static func seal(
    _ records: UnsafeMutableRawBufferPointer, at offset: Int, from sequence: UInt64,
    segmentSeed: UInt32
  ) -> Int {
    guard let base = records.baseAddress else { return 0 }
    var next = sequence
    var place = 0
    while place < records.count {
      let header = base + place
      let length = RecordHeader.length(header)
      // A label record bears the number of the data record before it.
      if RecordHeader.kind(header) == Layout.dataKind { next &+= 1 }
      header.store(UInt32(truncatingIfNeeded: next &- 1), RecordHeader.sequenceLow)
      header.store(
        RecordHeader.checksum(
          header, seed: Checksum.headerSeed(segmentSeed: segmentSeed, offset: offset &+ place)),
        RecordHeader.crc)
      place &+= RecordHeader.byteLength(payload: length)
    }
    return Int(truncatingIfNeeded: next &- sequence)
  }
}
