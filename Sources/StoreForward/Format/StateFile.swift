/// The payload of the cursor file: where every cursor stands, and how the store was left.
struct StateFile {
  var segmentSize = 0
  var slotLimit = 0
  var isClean = false
  var boot = StoreIdentity(low: 0, high: 0)
  /// No number below this may be given out again.
  var nextSequence: UInt64 = 1
  /// The newest segment, and where its groups end (valid if clean).
  var newestGeneration: UInt64 = 0
  var tail = 0
  var lastSequence: UInt64 = 0
  var summary = TailSummary()
  var cursors: [CursorState] = []
  /// The highest that a segment ever had; not below the newest one's.
  var highestGeneration: UInt64 = 0
  /// Every number up to here was given up.
  var evictedThrough: UInt64 = 0

  func encode() -> [UInt8] {
    var out = ByteEncoder()
    out.append(UInt64(segmentSize))
    out.append(UInt64(slotLimit))
    out.append(UInt64(isClean ? 1 : 0))
    out.append(boot)
    out.append(nextSequence)
    out.append(newestGeneration)
    out.append(UInt64(tail))
    out.append(lastSequence)
    out.append(summary.count)
    out.append(summary.minTime)
    out.append(summary.maxTime)
    out.append(summary.payloadBytes)
    out.append(UInt64(summary.hasLabels ? 1 : 0))
    out.append(UInt32(cursors.count))
    for cursor in cursors {
      out.append(cursor.name)
      out.append(cursor.acknowledged)
      out.append(cursor.delivered)
      out.append(cursor.evicted)
      out.append(cursor.damaged)
      let ranges = cursor.ranges.prefix(CursorState.persistedRanges)
      out.append(UInt32(ranges.count))
      for range in ranges {
        out.append(range.lowerBound)
        out.append(range.upperBound)
      }
    }
    out.append(highestGeneration)
    out.append(evictedThrough)
    return out.bytes
  }

  init() {}

  init(_ bytes: ArraySlice<UInt8>) throws(ByteDecoder.OutOfBytes) {
    var input = ByteDecoder(bytes)
    segmentSize = Int(truncatingIfNeeded: try input.next(UInt64.self))
    slotLimit = Int(truncatingIfNeeded: try input.next(UInt64.self))
    isClean = try input.next(UInt64.self) & 1 == 1
    boot = try input.nextIdentity()
    nextSequence = try input.next()
    newestGeneration = try input.next()
    tail = Int(truncatingIfNeeded: try input.next(UInt64.self))
    lastSequence = try input.next()
    summary.count = try input.next()
    summary.minTime = try input.next()
    summary.maxTime = try input.next()
    summary.payloadBytes = try input.next()
    summary.hasLabels = try input.next(UInt64.self) & 1 == 1
    let count = Int(try input.next(UInt32.self))
    guard input.mayHold(count, of: 38) else { throw ByteDecoder.OutOfBytes() }
    for _ in 0..<count {
      var cursor = CursorState(name: try input.nextText())
      cursor.acknowledged = try input.next()
      cursor.delivered = try input.next()
      cursor.evicted = try input.next()
      cursor.damaged = try input.next()
      let ranges = Int(try input.next(UInt32.self))
      guard input.mayHold(ranges, of: 16) else { throw ByteDecoder.OutOfBytes() }
      for _ in 0..<ranges {
        let lower = try input.next(UInt64.self)
        let upper = try input.next(UInt64.self)
        if lower <= upper { cursor.acknowledge(lower...upper) }
      }
      cursors.append(cursor)
    }
    // Files of the first state of 0.1.0 end here.
    highestGeneration = max(newestGeneration, (try? input.next()) ?? 0)
    evictedThrough = (try? input.next()) ?? 0
  }
}
