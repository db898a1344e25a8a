import Testing

@testable import StoreForward

/// What a store must still know after a crash: the record of everything that was promised, and the
/// check of a recovered store against it.
struct CrashModel {
  /// The bytes that each number was appended with last.
  var appended: [UInt64: [UInt8]] = [:]
  /// All numbers that were ever given out, and those of records with a label: now, and ever, as a number
  /// that was not promised may come again without one.
  var given: Set<UInt64> = []
  var labelled: Set<UInt64> = []
  var everLabelled: Set<UInt64> = []
  var reused: [UInt64] = []
  /// Numbers whose append returned.
  var acknowledged: Set<UInt64> = []
  /// Numbers that a reader was shown.
  var seen: Set<UInt64> = []
  /// What the consumer had dealt with before it acknowledged it.
  var consumed: UInt64 = 0
  /// Where the cursor stood when it was saved last.
  var saved: UInt64 = 0
  /// Numbers that may have gone because the ring was full, at most.
  var evictable: UInt64 = 0
  /// Not all of it could be read, so that what went unread may have been counted too low or the cursor
  /// have been put back.
  var countsMayLag = false
  var slots: Int
  var mayEvict: Bool

  mutating func willAppend(_ number: UInt64, _ bytes: [UInt8], isLabelled: Bool = false) {
    // A number that nobody was promised and nobody saw is free again.
    if acknowledged.contains(number) || seen.contains(number) { reused.append(number) }
    appended[number] = bytes
    given.insert(number)
    if isLabelled {
      labelled.insert(number)
      everLabelled.insert(number)
    } else {
      labelled.remove(number)
    }
  }

  /// What is wrong with a recovered store; empty if nothing.
  func violations(
    in core: StoreCore<SimulatedFileSystem>, fs: SimulatedFileSystem, damageAllowed: Int = 0
  ) -> [String] {
    var found: [String] = []
    // What nobody was promised may be hidden again behind a segment that could not be read for a while.
    let owed = countsMayLag ? acknowledged : acknowledged.union(seen)
    let batch = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 16, maxRecords: .max)
    var present: Set<UInt64> = []
    var evictedThrough: UInt64 = 0
    var damaged: UInt64 = 0
    var last: UInt64 = 0
    do throws(StoreError) {
      while true {
        try core.read(into: batch, &request)
        if batch.records.isEmpty, batch.gaps.isEmpty { break }
        for index in batch.records.indices {
          let number = batch.records[index].sequence
          if number <= last { found.append("number \(number) after \(last)") }
          last = number
          present.insert(number)
          guard let expected = appended[number] else {
            found.append("number \(number) was never appended")
            continue
          }
          if !batch.bytes(at: index).elementsEqual(expected) {
            found.append("number \(number) has wrong bytes")
          }
        }
        for gap in batch.gaps {
          switch gap.reason {
          case .evicted: evictedThrough = max(evictedThrough, gap.last)
          case .damaged:
            for number in gap.first...min(gap.last, gap.first + 10_000)
            where owed.contains(number) {
              damaged += 1
            }
          case .unused:
            for number in gap.first...min(gap.last, gap.first + 10_000)
            where acknowledged.contains(number) {
              found.append("acknowledged number \(number) is called unused")
            }
          }
        }
      }
    } catch {
      found.append("reading failed: \(error)")
    }
    if damaged > damageAllowed { found.append("\(damaged) acknowledged records are damaged") }
    let lost = owed.filter {
      !present.contains($0) && $0 > max(evictedThrough, 0)
    }
    if lost.count > damageAllowed {
      found.append("\(lost.count) acknowledged records are lost, e.g. \(lost.min() ?? 0)")
    }
    if evictedThrough > evictable {
      found.append("evicted through \(evictedThrough), at most \(evictable) might be")
    }
    let highest = max(acknowledged.max() ?? 0, seen.max() ?? 0, consumed)
    if core.nextSequence <= highest {
      found.append("next number \(core.nextSequence), \(highest) was in use")
    }
    for cursor in core.cursorStatus() where !mayEvict && evictedThrough > cursor.acknowledged {
      // Numbers of failed appends may go with the segments around them.
      let missed = acknowledged.filter { $0 > cursor.acknowledged && $0 <= evictedThrough }
      if let one = missed.min() {
        found.append("a cursor at \(cursor.acknowledged) misses \(one), \(evictedThrough)")
      }
    }
    for cursor in core.cursorStatus() where cursor.acknowledged > consumed {
      // A new cursor begins at the oldest record.
      if cursor.acknowledged > max(consumed, evictedThrough) {
        found.append("cursor at \(cursor.acknowledged), consumed is \(consumed)")
      }
    }
    found += accountViolations(in: core)
    if !reused.isEmpty { found.append("numbers used twice, e.g. \(reused[0])") }
    let limit = slots * core.segmentSize + (256 << 10)
    if fs.disk.byteCount > limit {
      found.append("\(fs.disk.byteCount) bytes on the disk, the limit is \(limit)")
    }
    return found
  }

  /// What went unread is counted, once, for the store and its only cursor alike; and the cursor is not
  /// behind where it was saved.
  private func accountViolations(in core: StoreCore<SimulatedFileSystem>) -> [String] {
    guard !countsMayLag, let cursor = core.cursorStatus().first else { return [] }
    var found: [String] = []
    if cursor.acknowledged < saved {
      found.append("cursor at \(cursor.acknowledged), saved at \(saved)")
    }
    let evicted = core.evictedThrough
    func check(
      _ what: String, _ count: UInt64, _ store: UInt64, of numbers: Set<UInt64>, most: Set<UInt64>
    ) {
      let least = numbers.count { $0 <= evicted && $0 > consumed && acknowledged.contains($0) }
      let most = most.count { $0 <= evicted }
      if count != store || count < least || count > most {
        found.append("\(what): \(count), of the store \(store), owed \(least) to \(most)")
      }
    }
    check("evicted", cursor.evicted, core.currentMetrics().evictedRecords, of: given, most: given)
    check(
      "labels", core.evictedLabels(cursor: cursor.name)[1] ?? 0,
      core.evictedLabels(cursor: "")[1] ?? 0, of: labelled, most: everLabelled)
    return found
  }
}
