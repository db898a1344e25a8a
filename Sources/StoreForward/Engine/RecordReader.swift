/// How much is read at a time where nobody asks for another number.
@usableFromInline
enum ReadWindow {
  /// Beyond this a cold disk gets no faster, and what is warm falls out of the processor's caches.
  @usableFromInline static let bytes = 1 << 18
}

/// A place to read from and how much to take.
struct ReadRequest {
  /// The next number wanted.
  var next: UInt64
  var hint: ReadHint?
  var maxBytes: Int
  var maxRecords: Int
}

/// A segment to read, and what follows it.
struct ReadableSegment<File> {
  var segment: Segment
  var file: File
  /// Readers must not go beyond this number in it.
  var lastSequence: UInt64
}

enum RecordReader {
  /// Fills a batch from one segment with records from `request.next` on.
  ///
  /// What the file no longer has, or the disk can't give, reads as zeros and so turns into a gap of its
  /// own size.
  ///
  /// - Returns: Whether the segment's end was reached: then everything up to its last number is
  ///   covered by records or gaps.
  @discardableResult
  static func fill<File: StoreFile>(
    _ batch: BatchStorage, from source: ReadableSegment<File>, _ request: inout ReadRequest
  ) -> Bool {
    let segment = source.segment
    var offset = Layout.dataStart
    if let hint = request.hint, hint.generation == segment.generation, hint.offset <= segment.end {
      offset = hint.offset
    }
    // The end of the last valid item. The next read begins there and not where this one has given up looking: what was
    // half written behind it may be whole by then.
    var soundEnd = offset
    // What is missing before a group is damaged up to the number that preceded it, and was never
    // used beyond.
    var wanted = min(max(request.maxBytes, 4096), 64 << 20) + Layout.recordHeaderSize
    while offset < segment.end, request.next <= source.lastSequence {
      let count = min(wanted, segment.end - offset)
      batch.reserve(count)
      let buffer = UnsafeMutableRawBufferPointer(rebasing: batch.buffer[..<count])
      let (have, _) = source.file.readAround(into: buffer, at: offset)
      UnsafeMutableRawBufferPointer(rebasing: buffer[have...])
        .initializeMemory(as: UInt8.self, repeating: 0)
      var walker = RecordWalker(
        window: UnsafeRawBufferPointer(buffer), windowStart: offset, areaEnd: segment.end,
        seed: segment.seed, generation: segment.generation, offset: offset)
      var isFull = false
      var needed = 0
      walk: while true {
        let before = walker.offset
        switch walker.next() {
        case .group(let group):
          let following = group.firstSequence
          if following > source.lastSequence {
            walker.offset = before
            break walk
          }
          if following > request.next {
            let used = min(max(group.precedingSequence, request.next &- 1), following - 1)
            batch.addGap(request.next, used, .damaged)
            batch.addGap(max(used, request.next &- 1) &+ 1, following - 1, .unused)
            request.next = following
          } else if group.firstSequence &+ UInt64(group.count) <= request.next,
            group.byteLength >= Layout.groupHeaderSize,
            before + group.byteLength <= min(offset + count, segment.end)
          {
            // Wholly before what is wanted.
            walker.offset = before + group.byteLength
          }
          soundEnd = walker.offset
        case .record(let low, let time, let payload, let length, let intact):
          let sequence = RecordHeader.sequence(low: low, near: request.next)
          let isInOrder =
            sequence >= request.next || PlantedBug.noGenerationInChecksum.isPlanted
          guard isInOrder else {
            soundEnd = walker.offset
            continue
          }
          if sequence > source.lastSequence {
            // Not told to anyone yet; the next read begins here.
            walker.offset = before
            break walk
          }
          if batch.records.count >= request.maxRecords {
            walker.offset = before
            isFull = true
            break walk
          }
          if sequence > request.next { batch.addGap(request.next, sequence - 1, .damaged) }
          if intact {
            batch.records.append(
              BatchStorage.Entry(sequence: sequence, time: time, offset: payload, length: length))
            batch.payloadBytes &+= length
            batch.lastSequence = sequence
          } else {
            batch.addGap(sequence, sequence, .damaged)
          }
          request.next = sequence &+ 1
          soundEnd = walker.offset
        case .labels(let low, let payload, let length, let intact):
          // Only those of the record just before; what else might claim to be is nobody's.
          if intact, let last = batch.records.last,
            UInt32(truncatingIfNeeded: last.sequence) == low, last.sequence &+ 1 == request.next
          {
            batch.records[batch.records.count - 1].labelsOffset = payload
            batch.records[batch.records.count - 1].labelsLength = length
          }
          soundEnd = walker.offset
        case .needsMore(let bytes):
          needed = bytes
          break walk
        case .end: break walk
        }
      }
      if needed > 0, let start = unfinished(batch, walker) {
        // Its labels come with it or never: it is read again together with them.
        handBack(batch, &request)
        needed += walker.offset - start
        walker.offset = start
        soundEnd = start
      }
      offset = walker.offset
      request.hint = ReadHint(generation: segment.generation, offset: soundEnd)
      if isFull { return false }
      if !batch.records.isEmpty {
        if request.next > source.lastSequence || (needed == 0) { break }
        return false
      }
      if needed == 0 { break }
      wanted = max(wanted, needed)
    }
    if request.next <= source.lastSequence {
      batch.addGap(request.next, source.lastSequence, .damaged)
      request.next = source.lastSequence &+ 1
    }
    return true
  }

  /// Where the last record of a batch begins if the window ends behind it and what follows may be its labels.
  private static func unfinished(_ batch: BatchStorage, _ walker: RecordWalker) -> Int? {
    guard let last = batch.records.last else { return nil }
    // Counted from the window's start, as the payload's place is.
    let end = last.offset + padded(last.length)
    guard walker.windowStart + end == walker.offset else { return nil }
    // The kind is in the first eight bytes of what follows; without them it may be anything.
    if let base = walker.window.baseAddress, end + 8 <= walker.window.count,
      RecordHeader.kind(base + end) != Layout.labelsKind
    {
      return nil
    }
    return walker.windowStart + last.offset - Layout.recordHeaderSize
  }

  /// Takes the last record out of a batch; the next one to be read is that record.
  private static func handBack(_ batch: BatchStorage, _ request: inout ReadRequest) {
    let last = batch.records.removeLast()
    batch.payloadBytes &-= last.length
    batch.lastSequence = last.sequence &- 1
    request.next = last.sequence
  }
}

extension BatchStorage {
  /// Numbers from the next one wanted through `last` are not there: those up to `used` are damaged, the others were
  /// never used.
  func skip(_ request: inout ReadRequest, used: UInt64, through last: UInt64) {
    guard request.next <= last else { return }
    let damaged = min(used, last)
    addGap(request.next, damaged, .damaged)
    addGap(max(request.next, damaged.saturatingNext), last, .unused)
    request.next = last.saturatingNext
  }

  /// Goes on to the next segment: what is missing before its first number.
  func skip(_ request: inout ReadRequest, to segment: Segment) {
    let before = segment.baseSequence == 0 ? 0 : segment.baseSequence - 1
    skip(
      &request, used: segment.precedingSequence, through: max(segment.precedingSequence, before))
  }
}
