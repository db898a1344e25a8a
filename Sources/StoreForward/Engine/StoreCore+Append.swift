extension StoreCore {
  /// Refuses records that no segment can hold.
  func check(_ batch: borrowing RecordBatch) throws(StoreError) {
    if batch.largestPayload > largestPayload || batch.largestUnit > segmentSize / 4 {
      throw StoreError(
        .recordTooLarge,
        "a record of \(batch.largestPayload) bytes is larger than this store takes",
        path: fs.path, advice: "the limit with its labels is \(largestPayload) bytes; split it")
    }
  }

  /// Why a batch may not be queued. With the lock held: the ring may be resized and the store be closed at any time.
  func objection(to entry: PendingAppend) -> StoreError? {
    if let refusal { return refusal }
    return fitsRing(entry) ? nil : tooLarge(entry)
  }

  /// Whether the segments that there are hold a batch at once; else its end would evict its beginning. With the lock held.
  private func fitsRing(_ entry: PendingAppend) -> Bool {
    let needed = entry.bytes.count / (segmentCapacity - entry.largestUnit) + 1
    return needed == 1 || needed < slotLimit - badSlots.count
  }

  /// What the appender of a batch is told that can never fit. With the lock held.
  private func tooLarge(_ entry: PendingAppend) -> StoreError {
    let bad = badSlots.count
    return StoreError(
      .batchTooLarge,
      "a batch of \(entry.bytes.count) bytes does not fit into the ring at once", path: fs.path,
      advice: bad == 0
        ? "append it in parts"
        : "append it in parts, or open the store again: \(bad) of its segments are set aside")
  }

  /// Bytes of groups that a segment holds, less what group headers may take.
  var segmentCapacity: Int {
    let area = Layout.dataEnd(segmentSize: segmentSize) - Layout.dataStart
    return area - (area / WriteWindow.groupLimit + 2) * Layout.groupHeaderSize
  }

  /// Appends on the calling thread. Callers that come while another one writes are gathered and
  /// written by the next of them in one group.
  @discardableResult
  package func append(_ batch: borrowing RecordBatch) throws(StoreError) -> Receipt {
    try check(batch)
    let entry = PendingAppend(batch)
    lock.lock()
    defer { lock.unlock() }
    if let error = objection(to: entry) { throw error }
    if batch.isEmpty { return emptyReceipt }
    pending.append(entry)
    while entry.outcome == nil {
      if isCommitting {
        committed.wait(lock)
      } else if isClosing {
        withdraw(entry)
        throw closedError
      } else if takeTurn() == false, entry.outcome == nil {
        // The ring is full and the head of the queue has to wait.
        freed.wait(lock)
      }
    }
    return try (entry.outcome ?? .failure(closedError)).get()
  }

  /// Why nothing may be appended. With the lock held.
  var refusal: StoreError? {
    if isClosing || isClosed { return closedError }
    return failure
  }

  var emptyReceipt: Receipt {
    Receipt(
      firstSequence: nextSequence, lastSequence: nextSequence &- 1, count: 0, isDurable: true)
  }

  func withdraw(_ entry: PendingAppend) { pending.removeAll { $0 === entry } }

  /// Writes what is pending, with the lock held and nobody committing; the lock is released meanwhile.
  ///
  /// - Returns: false if nothing can be written until space is free.
  func takeTurn() -> Bool {
    if let failure {
      for entry in pending { entry.outcome = .failure(failure) }
      let refused = pending
      pending.removeAll(keepingCapacity: true)
      finish(refused)
      return true
    }
    let entries = takeAdmitted()
    if entries.isEmpty { return pending.isEmpty }
    isCommitting = true
    lock.unlock()
    let result = write(entries)
    lock.lock()
    publish(entries, result)
    isCommitting = false
    finish(entries)
    return true
  }

  /// Tells the appenders. With the lock held.
  func finish(_ entries: [PendingAppend]) {
    for entry in entries {
      if let continuation = entry.continuation, let outcome = entry.outcome {
        continuation.resume(returning: outcome)
      }
    }
    committed.broadcast()
    // One who waited for space may have been served by another one's turn.
    if overflow == .block { freed.broadcast() }
  }

  /// The batches from the head of the queue that may be written now. With the lock held.
  private func takeAdmitted() -> [PendingAppend] {
    if overflow == .dropOldest {
      let bytes = pending.reduce(0) { $0 + $1.bytes.count }
      if bytes <= WriteWindow.groupLimit, pending.allSatisfy(fitsRing) {
        defer { pending.removeAll(keepingCapacity: true) }
        return pending
      }
    }
    var taken = 0
    var bytes = 0
    var largest = 0
    var rejected: [PendingAppend] = []
    for entry in pending {
      bytes += entry.bytes.count
      largest = max(largest, entry.largestUnit)
      if taken > 0, bytes > WriteWindow.groupLimit { break }
      let fit: Room =
        overflow == .dropOldest
        ? fitsRing(entry) ? .now : .never : room(for: bytes, largestUnit: largest)
      if fit != .now {
        if taken > 0 { break }
        if overflow != .rejectNewest {
          if fit == .later { break }
          // The ring was made smaller meanwhile, or the disk took segments from it: this one would hold up all
          // behind it for ever.
          entry.outcome = .failure(tooLarge(entry))
        } else {
          entry.outcome = .failure(
            StoreError(
              .full, "the ring is full of records that a cursor has not acknowledged",
              path: fs.path,
              advice: "acknowledge or remove the cursor, or allow dropping the oldest"))
          metrics.rejectedAppends += 1
        }
        rejected.append(entry)
        bytes = 0
        largest = 0
        continue
      }
      taken += 1
    }
    let entries = Array(pending[rejected.count..<(rejected.count + taken)])
    pending.removeFirst(rejected.count + taken)
    if !rejected.isEmpty { finish(rejected) }
    return entries
  }

  /// When there is room for records.
  private enum Room {
    case now
    /// When cursors have acknowledged enough.
    case later
    /// Not even with all older segments free.
    case never
  }

  /// When so many bytes of records fit without evicting what is not acknowledged. With the lock
  /// held and nobody committing.
  ///
  /// What it counts on stays: segments that may go for it are promised to it (`grantedThrough`).
  private func room(for bytes: Int, largestUnit: Int) -> Room {
    let end = Layout.dataEnd(segmentSize: segmentSize)
    var room = 0
    if !segments.isEmpty, !isFenced {
      // The bytes split into groups, and the last record before the end may not fit.
      let headers = (bytes / WriteWindow.groupLimit + 2) * Layout.groupHeaderSize
      if window.end + bytes + headers <= end { return .now }
      room = max(0, end - window.end - headers - largestUnit)
    }
    let perSegment = segmentCapacity - largestUnit
    let needed = (bytes - room + perSegment - 1) / perSegment
    let spare = freeSlots.count + max(0, slotLimit - slotCount)
    var free = spare
    var granted = grantedThrough
    for segment in segments.dropLast() {
      guard free < needed, isFree(segment) else { break }
      free += 1
      granted = max(granted, segment.lastSequence)
    }
    guard needed <= free else {
      return needed <= spare + max(0, segments.count - 1) ? .later : .never
    }
    grantedThrough = granted
    return .now
  }

  /// Whether a segment may go, as nobody needs it or it was promised. With the lock held.
  func isFree(_ segment: Segment) -> Bool {
    segment.lastSequence <= grantedThrough || isAcknowledgedByAll(segment)
  }

  /// Whether a segment may go without loss. With the lock held.
  func isAcknowledgedByAll(_ segment: Segment) -> Bool {
    !cursors.isEmpty
      && cursors.allSatisfy {
        $0.unacknowledged(from: segment.baseSequence, through: segment.lastSequence) == 0
      }
  }
}
