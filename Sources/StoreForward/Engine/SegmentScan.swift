/// What a pass over a whole segment finds.
struct SegmentScan {
  /// Behind the last valid header and what it claims; new groups go here.
  var end = Layout.dataStart
  /// The first and last number that a valid header names; 0 where there is none.
  var firstSequence: UInt64 = 0
  var lastSequence: UInt64 = 0
  var count: UInt64 = 0
  var payloadBytes: UInt64 = 0
  var minTime = Int64.max
  var maxTime = Int64.min
  /// The highest watermark that a group header bears.
  var durableThrough: UInt64 = 0
  /// Behind the last group that a later header calls durable.
  var durableEnd = Layout.dataStart
  /// Groups behind that: their last numbers, and where they end.
  private var unproven: [(last: UInt64, end: Int)] = []
  /// Numbers missing between the first and the last, up to so many gaps that damage can't take all memory.
  var gaps: [Gap] = []
  /// Bytes before `end` that no valid item covers.
  var skippedBytes = 0
  var hasLabels = false
  /// Whether the disk gave all of it.
  var isWhole = true

  private static let gapLimit = 1024

  /// Reads the segment once with a buffer of bounded size.
  ///
  /// - Parameter labels: Is given the payload of each intact label record and the number of the record that it belongs to.
  static func run<File: StoreFile>(
    _ file: File, seed: UInt32, generation: UInt64, base: UInt64, preceding: UInt64, from: Int,
    areaEnd: Int, labels: ((UInt64, UnsafeRawBufferPointer) -> Void)? = nil
  ) -> SegmentScan {
    var scan = SegmentScan()
    scan.end = from
    scan.durableEnd = from
    var buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ReadWindow.bytes, alignment: 4096)
    defer { buffer.deallocate() }
    var expected = base
    var known = preceding
    var offset = from
    var skippedTotal = 0
    while offset < areaEnd {
      let (count, isWhole) = file.readAround(
        into: UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(buffer.count, areaEnd - offset)]),
        at: offset)
      if !isWhole { scan.isWhole = false }
      if count < Layout.recordHeaderSize { break }
      // A file that ends early ends the area.
      let limit = offset + count < areaEnd && count < buffer.count ? offset + count : areaEnd
      var walker = RecordWalker(
        window: UnsafeRawBufferPointer(rebasing: buffer[..<count]), windowStart: offset,
        areaEnd: limit, seed: seed, generation: generation, offset: offset)
      var wanted = 0
      steps: while true {
        switch walker.next() {
        case .group(let group):
          scan.prove(through: group.durableThrough)
          if group.firstSequence > expected {
            scan.note(expected, group.firstSequence, preceding: group.precedingSequence)
            expected = group.firstSequence
          }
          known = group.firstSequence &+ UInt64(group.count) &- 1
          let claimed = min(walker.offset - Layout.groupHeaderSize + group.byteLength, areaEnd)
          scan.end = max(
            scan.end, PlantedBug.appendAfterTornTail.isPlanted ? 0 : claimed, walker.offset)
          scan.unproven.append((known, claimed))
          scan.minTime = min(scan.minTime, group.minTime)
          scan.maxTime = max(scan.maxTime, group.maxTime)
          scan.skippedBytes = skippedTotal + walker.skippedBytes
        case .record(let low, let time, _, let length, let intact):
          let sequence = RecordHeader.sequence(low: low, near: expected)
          if PlantedBug.appendAfterTornTail.isPlanted, sequence > expected || !intact {
            // As a log would do it that is cut at the first bad record.
            return scan
          }
          if sequence >= expected {
            if sequence > expected { scan.note(expected, sequence, preceding: .max) }
            if !intact { scan.note(sequence, sequence &+ 1, preceding: .max) }
            expected = sequence &+ 1
          }
          if scan.firstSequence == 0 { scan.firstSequence = sequence }
          scan.lastSequence = max(scan.lastSequence, sequence)
          if intact {
            scan.count += 1
            scan.payloadBytes += UInt64(length)
            scan.minTime = min(scan.minTime, time)
            scan.maxTime = max(scan.maxTime, time)
          }
          scan.end = max(scan.end, walker.offset)
          scan.skippedBytes = skippedTotal + walker.skippedBytes
        case .labels(let low, let payload, let length, let intact):
          scan.hasLabels = true
          if intact, let labels {
            labels(
              RecordHeader.sequence(low: low, near: expected),
              UnsafeRawBufferPointer(rebasing: buffer[payload..<(payload + length)]))
          }
          scan.end = max(scan.end, walker.offset)
          scan.skippedBytes = skippedTotal + walker.skippedBytes
        case .needsMore(let bytes):
          wanted = bytes
          break steps
        case .end:
          break steps
        }
      }
      if wanted == 0 { break }
      skippedTotal += walker.skippedBytes
      offset = walker.offset
      if wanted > buffer.count {
        buffer.deallocate()
        buffer = .allocate(byteCount: wanted, alignment: 4096)
      }
    }
    // Records whose own headers are lost, but whose group's header counts them.
    if known >= expected, !PlantedBug.appendAfterTornTail.isPlanted, scan.end > from,
      known > scan.lastSequence
    {
      scan.note(expected, known &+ 1, preceding: .max)
      scan.lastSequence = known
    }
    return scan
  }

  /// Takes a watermark of a header to account.
  private mutating func prove(through watermark: UInt64) {
    durableThrough = max(durableThrough, watermark)
    let proven = unproven.prefix { $0.last <= durableThrough }
    guard let last = proven.last else { return }
    durableEnd = max(durableEnd, last.end)
    unproven.removeFirst(proven.count)
  }

  /// Numbers `first ..< next` are missing; those above `preceding` were never used.
  private mutating func note(_ first: UInt64, _ next: UInt64, preceding: UInt64) {
    let used = preceding == .max ? next : min(max(preceding &+ 1, first), next)
    if used > first { append(Gap(first: first, last: used - 1, reason: .damaged)) }
    if next > used { append(Gap(first: used, last: next - 1, reason: .unused)) }
  }

  private mutating func append(_ gap: Gap) {
    if let last = gaps.last, last.reason == gap.reason, last.last &+ 1 == gap.first {
      gaps[gaps.count - 1].last = gap.last
    } else if gaps.count < Self.gapLimit {
      gaps.append(gap)
    }
  }
}
