/// What the engine knows of one cursor.
struct CursorState: Equatable {
  var name: String
  /// Every record up to here is acknowledged.
  var acknowledged: UInt64 = 0
  /// Ranges above that are acknowledged too, in order, not touching.
  var ranges: [ClosedRange<UInt64>] = []
  /// Records delivered, counting again what was delivered again.
  var delivered: UInt64 = 0
  /// Records that went before this cursor acknowledged them.
  var evicted: UInt64 = 0
  /// Records that were damaged when it came to them.
  var damaged: UInt64 = 0

  // Not saved:
  /// The next number to deliver, and where it may stand.
  var next: UInt64 = 1
  var hint: ReadHint?
  var isOpen = false

  static let persistedRanges = 32
  static let rangeLimit = 4096
  static let longestName = 255

  func isAcknowledged(_ sequence: UInt64) -> Bool {
    sequence <= acknowledged || ranges.contains { $0.contains(sequence) }
  }

  /// Acknowledges everything up to a number.
  mutating func acknowledge(through sequence: UInt64) {
    if sequence > acknowledged { acknowledged = sequence }
    absorb()
  }

  /// Acknowledges a range that may lie ahead. Beyond `rangeLimit` separate ranges the highest is
  /// forgotten, so it will be delivered again.
  mutating func acknowledge(_ range: ClosedRange<UInt64>) {
    guard range.upperBound > acknowledged else { return }
    var merged = range
    var kept: [ClosedRange<UInt64>] = []
    kept.reserveCapacity(ranges.count + 1)
    for other in ranges {
      let touches =
        other.lowerBound <= merged.upperBound.saturatingNext
        && merged.lowerBound <= other.upperBound.saturatingNext
      if touches {
        merged =
          min(merged.lowerBound, other.lowerBound)...max(merged.upperBound, other.upperBound)
      } else {
        kept.append(other)
      }
    }
    let place = kept.firstIndex { $0.lowerBound > merged.lowerBound } ?? kept.count
    kept.insert(merged, at: place)
    if kept.count > Self.rangeLimit { kept.removeLast() }
    ranges = kept
    absorb()
  }

  /// Takes back what is acknowledged of numbers that were never given out.
  mutating func withdraw(beyond last: UInt64) {
    acknowledged = min(acknowledged, last)
    ranges = ranges.compactMap {
      $0.lowerBound <= last ? $0.lowerBound...min($0.upperBound, last) : nil
    }
  }

  /// Ranges that touch the acknowledged beginning become part of it.
  private mutating func absorb() {
    var used = 0
    for range in ranges {
      guard range.lowerBound <= acknowledged.saturatingNext else { break }
      acknowledged = max(acknowledged, range.upperBound)
      used += 1
    }
    ranges.removeFirst(used)
  }

  /// How many numbers of a range are not acknowledged.
  func unacknowledged(from first: UInt64, through last: UInt64) -> UInt64 {
    let start = max(first, acknowledged.saturatingNext)
    guard start <= last else { return 0 }
    var count = last - start &+ 1
    for range in ranges where range.lowerBound <= last && range.upperBound >= start {
      count -= min(range.upperBound, last) - max(range.lowerBound, start) &+ 1
    }
    return count
  }

  /// How many records of the ring are not acknowledged: numbers, less those that a segment never used.
  func backlog(in segments: [Segment], from oldest: UInt64, through durable: UInt64) -> UInt64 {
    segments.reduce(0) { sum, segment in
      let last = min(segment.lastSequence, durable)
      guard last > acknowledged, last >= segment.baseSequence else { return sum }
      let numbers = unacknowledged(from: max(segment.baseSequence, oldest), through: last)
      return sum &+ min(numbers, segment.count ?? numbers)
    }
  }

  /// The parts of a range that are acknowledged, in order.
  private func acknowledged(from first: UInt64, through last: UInt64) -> [ClosedRange<UInt64>] {
    var parts: [ClosedRange<UInt64>] = []
    if acknowledged >= first { parts.append(first...min(acknowledged, last)) }
    for range in ranges where range.lowerBound <= last && range.upperBound >= first {
      parts.append(max(range.lowerBound, first)...min(range.upperBound, last))
    }
    return parts
  }

  /// How many numbers of a range one of the cursors has not acknowledged; all if there is none.
  static func unacknowledged(
    by cursors: [CursorState], from first: UInt64, through last: UInt64
  ) -> UInt64 {
    guard first <= last else { return 0 }
    guard var common = cursors.first?.acknowledged(from: first, through: last) else {
      return last - first &+ 1
    }
    for cursor in cursors.dropFirst() {
      common = common.flatMap { cursor.acknowledged(from: $0.lowerBound, through: $0.upperBound) }
    }
    return common.reduce(last - first &+ 1) { $0 &- ($1.upperBound - $1.lowerBound &+ 1) }
  }
}

/// Where a reader stands, so that it need not look for its place again.
struct ReadHint: Equatable {
  var generation: UInt64
  var offset: Int
}

extension UInt64 {
  var saturatingNext: UInt64 { self == .max ? .max : self + 1 }
}
