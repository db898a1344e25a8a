/// A pass over one segment that accounts for every byte in use.
struct SegmentCheck {
  let segment: Segment
  /// What is behind this number is not judged: it may be written at this moment, or be what a crash has
  /// torn. `UInt64.max` where all was durable.
  let provenThrough: UInt64
  private(set) var findings: [StoreFinding] = []
  private(set) var records: UInt64 = 0
  private(set) var payloadBytes: UInt64 = 0

  private let name: String
  /// The next number, and where the item before it ends.
  private var expected: UInt64
  private var itemEnd = Layout.dataStart
  /// Behind the last group or record that is to be judged, as the headers say.
  private var provenEnd = Layout.dataStart

  /// - Parameter knownEnd: Where the groups end, if a footer or a close in order has said so.
  init<File: StoreFile>(_ segment: Segment, in file: File, provenThrough: UInt64, knownEnd: Int?) {
    self.segment = segment
    self.provenThrough = provenThrough
    name = Layout.segmentName(slot: segment.slot)
    expected = segment.baseSequence
    walk(file)
    let end = min(segment.end, max(provenEnd, knownEnd ?? 0))
    let limit = min(segment.lastSequence, provenThrough)
    note(until: max(end, itemEnd), next: limit.saturatingNext, preceding: limit)
    if provenThrough < .max {
      findings.removeAll {
        $0.offset >= provenEnd && $0.records?.lowerBound ?? .max > provenThrough
      }
    }
  }

  private mutating func walk<File: StoreFile>(_ file: File) {
    var buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ReadWindow.bytes, alignment: 4096)
    defer { buffer.deallocate() }
    var offset = Layout.dataStart
    while offset < segment.end {
      let wanted = min(buffer.count, segment.end - offset)
      let (count, _) = file.readAround(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
      let limit = count < wanted ? offset + count : segment.end
      var walker = RecordWalker(
        window: UnsafeRawBufferPointer(rebasing: buffer[..<count]), windowStart: offset,
        areaEnd: limit, seed: segment.seed, generation: segment.generation, offset: offset)
      var needed = 0
      steps: while true {
        let step = walker.next()
        switch step {
        case .needsMore(let bytes):
          needed = bytes
          break steps
        case .end: return
        default:
          // What is beyond is void: the next segment has it, or will have.
          if !take(step, end: walker.offset) { return }
        }
      }
      offset = walker.offset
      if needed > buffer.count {
        buffer.deallocate()
        buffer = .allocate(byteCount: needed, alignment: 4096)
      }
    }
  }

  /// - Returns: false for what is not part of the segment any more.
  private mutating func take(_ step: RecordWalker.Step, end: Int) -> Bool {
    switch step {
    case .group(let group):
      guard group.firstSequence <= segment.lastSequence else { return false }
      let start = end - Layout.groupHeaderSize
      note(until: start, next: group.firstSequence, preceding: group.precedingSequence)
      if group.firstSequence &+ UInt64(group.count) &- 1 <= provenThrough {
        provenEnd = max(provenEnd, min(start + group.byteLength, segment.end))
      }
    case .record(let low, _, _, let length, let intact):
      let sequence = RecordHeader.sequence(low: low, near: expected)
      guard sequence <= segment.lastSequence else { return false }
      let start = end - RecordHeader.byteLength(payload: length)
      note(until: start, next: sequence, preceding: .max)
      if intact {
        records += 1
        payloadBytes += UInt64(length)
      } else {
        find(start, "a record's payload", sequence...sequence)
      }
      expected = max(expected, sequence.saturatingNext)
      if sequence <= provenThrough { provenEnd = max(provenEnd, end) }
    case .labels(_, _, let length, let intact):
      let start = end - RecordHeader.byteLength(payload: length)
      note(until: start, next: expected, preceding: .max)
      if !intact { find(start, "the label counts of record \(expected &- 1)", nil) }
    case .needsMore, .end: break
    }
    itemEnd = max(itemEnd, end)
    return true
  }

  /// What no valid item covers before an offset, and the numbers that are missing with it.
  private mutating func note(until offset: Int, next: UInt64, preceding: UInt64) {
    let last = min(preceding, next &- 1)
    let missing = next > expected && last >= expected ? expected...last : nil
    if offset > itemEnd || missing != nil {
      let what =
        offset <= itemEnd
        ? "nothing is there"
        : missing == nil
          ? "\(offset - itemEnd) bytes, a group's header or label counts"
          : "\(offset - itemEnd) bytes"
      find(itemEnd, what, missing)
    }
    itemEnd = max(itemEnd, offset)
    expected = max(expected, next)
  }

  private mutating func find(_ offset: Int, _ what: String, _ records: ClosedRange<UInt64>?) {
    findings.append(StoreFinding(file: name, offset: offset, reason: what, records: records))
  }
}
