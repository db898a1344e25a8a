internal import StoreForward

/// What one sink gets of one lane, batch by batch: everything in order, or, as long as it is far behind and need not have
/// the order, what is new and what has waited in turns.
///
/// Everything is handed out once: what went ahead is acknowledged as a range, which the place in the lane passes over when it
/// comes there.
struct LaneDelivery {
  private let store: RingStore
  private let cursor: StoreCursor
  private let isLiveFirst: Bool
  /// Reads what is new while old records wait.
  private var live: RingReader?
  /// The numbers from here up to `aheadEnd` went ahead of older ones.
  private var aheadStart: UInt64?
  private var aheadEnd: UInt64 = 0
  private var isTurnOfLive = false
  /// Everything before has been handed out in order.
  private var position: UInt64

  /// About so many bytes of the store are a batch.
  private static let batchBytes = 1 << 20
  /// Smaller batches while there are turns: what is new waits for one old batch at most.
  private static let turnBytes = 1 << 17

  /// - Parameter isLiveFirst: Whether new records may go ahead of old ones.
  init(_ store: RingStore, _ cursor: StoreCursor, isLiveFirst: Bool) {
    self.store = store
    self.cursor = cursor
    self.isLiveFirst = isLiveFirst
    position = (cursor.status?.acknowledged ?? 0) &+ 1
  }

  /// A batch on its way to the sink.
  struct Handover {
    /// Numbers that the sink will not get.
    var missing: [Gap]
    /// Whether older records wait.
    var isAhead: Bool
  }

  typealias Deliver = (borrowing StoredBatch, Handover) async throws -> Void

  /// Hands out the next batch, if there is one, and acknowledges it when `deliver` returns.
  ///
  /// - Returns: false if there is nothing.
  mutating func next(_ deliver: Deliver) async throws -> Bool {
    if isTurnOfLive, let live {
      isTurnOfLive = false
      if try await next(of: live, deliver) { return true }
    }
    isTurnOfLive = true
    return try await nextInOrder(deliver)
  }

  /// Begins again behind what was acknowledged; to be called with the cursor's own `rewind`.
  mutating func rewind() { live = nil }

  private mutating func nextInOrder(_ deliver: Deliver) async throws -> Bool {
    let limit = live == nil ? Self.batchBytes : Self.turnBytes
    var last: UInt64 = 0
    var isFull = false
    var count = 0
    // Not over the edge of what went ahead: a batch is one piece of the lane.
    var most = aheadStart.map { $0 > position ? Int(clamping: $0 - position) : .max } ?? .max
    var isWhole: Bool?
    repeat {
      isWhole = try await cursor.next(maxBytes: limit, maxRecords: most, wait: .zero) { batch in
        let piece = Self.firstPiece(of: batch)
        guard piece == batch.count else {
          most = piece
          return false
        }
        try await deliver(batch, Handover(missing: missing(batch.gaps), isAhead: false))
        cursor.acknowledge(through: batch.lastSequence)
        last = batch.lastSequence
        isFull = batch.payloadByteCount >= limit / 2
        count = batch.count
        return true
      }
      if isWhole == false { try await cursor.rewind(to: .saved) }
    } while isWhole == false
    guard isWhole != nil else {
      // The place has come through all that went ahead.
      (live, aheadStart) = (nil, nil)
      return false
    }
    position = last &+ 1
    if let start = aheadStart {
      if last >= start &- 1 { (live, aheadStart) = (nil, nil) }
    } else if isLiveFirst, isFull, store.nextSequence &- last > UInt64(count) {
      let reader = try await store.reader(from: .newest)
      (live, aheadStart, aheadEnd) = (reader, reader.nextSequence, reader.nextSequence)
    }
    return true
  }

  /// How many records of a batch stand before a hole: a number of neither a record nor a gap is one that was dealt with
  /// before, in this run or an earlier one. A batch that may have to go again is told by its first and its last number.
  private static func firstPiece(of batch: borrowing StoredBatch) -> Int {
    let gaps = batch.gaps
    var gap = 0
    for index in 1..<max(1, batch.count) {
      let number = batch.sequence(at: index)
      var expected = batch.sequence(at: index - 1) &+ 1
      while expected < number {
        while gap < gaps.count, gaps[gap].last < expected { gap += 1 }
        guard gap < gaps.count, gaps[gap].first <= expected else { return index }
        expected = gaps[gap].last &+ 1
      }
    }
    return batch.count
  }

  private mutating func next(of reader: RingReader, _ deliver: Deliver) async throws -> Bool {
    var end = aheadEnd
    let found: Bool? = try await reader.next(maxBytes: Self.turnBytes, wait: .zero) { batch in
      // What is missing is for the cursor to find and to tell.
      guard batch.gaps.allSatisfy({ $0.reason == .unused }) else { return false }
      try await deliver(batch, Handover(missing: [], isAhead: true))
      let (first, last) = (batch.firstSequence, batch.lastSequence)
      if first <= last {
        cursor.acknowledge(first...last)
        end = last &+ 1
      }
      return true
    }
    aheadEnd = end
    if found == false { live = nil }
    return found ?? false
  }

  /// Gaps without what had gone ahead before it was evicted.
  private func missing(_ gaps: [Gap]) -> [Gap] {
    guard let start = aheadStart, start < aheadEnd else { return gaps }
    return gaps.flatMap { gap in
      var parts: [Gap] = []
      if gap.first < start {
        parts.append(Gap(first: gap.first, last: min(gap.last, start &- 1), reason: gap.reason))
      }
      if gap.last >= aheadEnd {
        parts.append(Gap(first: max(gap.first, aheadEnd), last: gap.last, reason: gap.reason))
      }
      return parts
    }
  }
}
