extension StoreCore {
  static var cursorLimit: Int { 1024 }

  /// Opens the cursor of that name, and makes it if it does not exist. A new cursor is saved at once:
  /// from then on its records count as unread.
  func openCursor(_ name: String, start: CursorStart) throws(StoreError) {
    guard !name.isEmpty, name.utf8.count <= CursorState.longestName else {
      throw StoreError(
        .invalidCursor, "a cursor's name has 1 to \(CursorState.longestName) bytes", path: fs.path)
    }
    let place = try position(of: start)
    let (isNew, existed) = try lock.locked { () throws(StoreError) -> (Bool, Bool) in
      if isClosing || isClosed { throw closedError }
      let existing = cursors.firstIndex { $0.name == name }
      if existing == nil, cursors.count >= Self.cursorLimit {
        throw StoreError(
          .invalidCursor, "the store has \(Self.cursorLimit) cursors, more are not possible",
          path: fs.path, advice: "remove one that is not used")
      }
      let index = existing ?? cursors.count
      if existing == nil {
        // A count is left in the ledger where the cursor file was lost.
        cursors.append(CursorState(name: name, evicted: ledger.evicted[name] ?? 0))
      }
      if cursors[index].isOpen {
        throw StoreError(.cursorInUse, "the cursor \"\(name)\" is open already", path: fs.path)
      }
      if let place {
        cursors[index].acknowledged = atMostNext(place) &- 1
        cursors[index].ranges = []
        cursorsChanged = true
      } else if existing == nil {
        cursors[index].acknowledged = oldestSequence &- 1
      }
      cursors[index].next = cursors[index].acknowledged.saturatingNext
      cursors[index].hint = nil
      cursors[index].isOpen = true
      if existing == nil { cursorsChanged = true }
      return (existing == nil || place != nil, existing != nil)
    }
    guard isNew else { return }
    do throws(StoreError) {
      try saveCursorsNow()
    } catch {
      // Nobody got it.
      lock.locked {
        guard let index = cursors.firstIndex(where: { $0.name == name }) else { return }
        if existed { cursors[index].isOpen = false } else { cursors.remove(at: index) }
      }
      throw error
    }
  }

  func closeCursor(_ name: String) {
    lock.locked {
      if let index = cursors.firstIndex(where: { $0.name == name }) {
        cursors[index].isOpen = false
      }
    }
  }

  /// Removes a cursor that is not open; its unread records no longer count.
  package func removeCursor(_ name: String) throws(StoreError) {
    try lock.locked { () throws(StoreError) in
      if isClosing || isClosed { throw closedError }
      guard let index = cursors.firstIndex(where: { $0.name == name }) else { return }
      if cursors[index].isOpen {
        throw StoreError(.cursorInUse, "the cursor \"\(name)\" is open", path: fs.path)
      }
      cursors.remove(at: index)
      cursorsChanged = true
      freed.broadcast()
    }
    try saveCursorsNow()
    // A later cursor of the same name begins with nothing.
    guard lock.locked({ ledger.labels[name] != nil || ledger.evicted[name] != nil }) else {
      return
    }
    do throws(StoreIOError) {
      try saveLedger { $0.remove(cursor: name) }
    } catch {
      throw storeError(error)
    }
  }

  package func cursorStatus() -> [CursorStatus] {
    lock.locked {
      cursors.map {
        CursorStatus(
          name: $0.name, acknowledged: $0.acknowledged,
          backlog: $0.backlog(in: segments, from: oldestSequence, through: durableThrough),
          delivered: $0.delivered,
          evicted: $0.evicted, damaged: $0.damaged)
      }
    }
  }

  /// A cursor's place, or the next number to be given out if that is lower: what does not exist yet can't be
  /// acknowledged, and no number may be given out that is. With the lock held.
  private func atMostNext(_ place: UInt64) -> UInt64 { min(place, nextSequence) }

  /// The first number that a start means, nil for the saved place.
  func position(of start: CursorStart) throws(StoreError) -> UInt64? {
    switch start {
    case .saved: nil
    case .oldest: lock.locked { oldestSequence }
    case .newest: lock.locked { durableThrough.saturatingNext }
    case .sequence(let sequence): max(1, sequence)
    case .time(let time): try firstSequence(notBefore: time)
    }
  }

  /// The number of the first record that is not older, or the one behind the last.
  func firstSequence(notBefore time: Int64) throws(StoreError) -> UInt64 {
    let (parts, last) = lock.locked { (segments, durableThrough) }
    do throws(StoreIOError) {
      let found = try SegmentScan.first(
        notBefore: time, in: parts, of: files, segmentSize: segmentSize, through: last)
      return found ?? last.saturatingNext
    } catch {
      throw storeError(error)
    }
  }

  /// Moves a cursor; what it had acknowledged beyond is forgotten.
  func rewind(_ name: String, to start: CursorStart) throws(StoreError) {
    guard let wanted = try position(of: start) else {
      lock.locked {
        guard let index = cursors.firstIndex(where: { $0.name == name }) else { return }
        cursors[index].next = cursors[index].acknowledged.saturatingNext
        cursors[index].hint = nil
      }
      return
    }
    try lock.locked { () throws(StoreError) in
      if isClosing || isClosed { throw closedError }
      guard let index = cursors.firstIndex(where: { $0.name == name }) else { return }
      let place = atMostNext(wanted)
      cursors[index].acknowledged = place &- 1
      cursors[index].ranges = []
      cursors[index].next = place
      cursors[index].hint = nil
      cursorsChanged = true
      // Moving forward acknowledges.
      freed.broadcast()
    }
    try saveCursorsNow()
  }

  /// Reads what a cursor has not been given since it was opened.
  func next(
    _ name: String, into batch: BatchStorage, maxBytes: Int, maxRecords: Int
  ) throws(StoreError) {
    let start = try lock.locked { () throws(StoreError) -> ReadRequest in
      if isClosed { throw closedError }
      guard let cursor = cursors.first(where: { $0.name == name }) else { throw closedError }
      return ReadRequest(
        next: cursor.next, hint: cursor.hint, maxBytes: maxBytes, maxRecords: max(1, maxRecords))
    }
    var request = start
    repeat {
      try read(into: batch, &request)
    } while skipAcknowledged(name, batch)
    lock.locked {
      guard let index = cursors.firstIndex(where: { $0.name == name }),
        cursors[index].next == start.next
      else { return }
      cursors[index].next = request.next
      cursors[index].hint = request.hint
      cursors[index].delivered &+= UInt64(batch.records.count)
      for gap in batch.gaps where gap.reason == .damaged { cursors[index].damaged &+= gap.count }
    }
    if PlantedBug.cursorSavedBeforeDelivery.isPlanted {
      acknowledge(name, nil, through: batch.lastSequence)
      try saveCursorsNow()
    }
  }

  /// Leaves out what was acknowledged before it was read. Returns whether nothing is left and there may be
  /// more.
  private func skipAcknowledged(_ name: String, _ batch: BatchStorage) -> Bool {
    guard let first = batch.records.first?.sequence else { return false }
    let cursor = lock.locked {
      cursors.first { $0.name == name && (!$0.ranges.isEmpty || $0.acknowledged >= first) }
    }
    guard let cursor else { return false }
    let before = batch.records.count
    batch.records.removeAll { cursor.isAcknowledged($0.sequence) }
    if batch.records.count < before {
      batch.payloadBytes = batch.records.reduce(0) { $0 + $1.length }
    }
    return batch.records.isEmpty && batch.gaps.isEmpty
  }

  /// Marks records as dealt with. What does not exist yet can't be acknowledged; behind the store's end
  /// nothing can.
  ///
  /// - Returns: false if the store is closed.
  @discardableResult
  func acknowledge(_ name: String, _ range: ClosedRange<UInt64>?, through: UInt64?) -> Bool {
    lock.locked {
      if isClosed { return false }
      guard let index = cursors.firstIndex(where: { $0.name == name }) else { return true }
      if let through { cursors[index].acknowledge(through: min(through, durableThrough)) }
      if let range, range.lowerBound <= durableThrough {
        cursors[index].acknowledge(range.lowerBound...min(range.upperBound, durableThrough))
      }
      if !cursorsChanged { background?() }
      cursorsChanged = true
      // Ranges beyond count as well: what is missing before them may be a gap that nobody acknowledges.
      if overflow == .block { freed.broadcast() }
      return true
    }
  }

  /// Saves the cursors if one moved and the last save is long enough ago.
  func saveCursorsIfDue() throws(StoreError) {
    let now = fs.monotonicClock()
    let isDue = lock.locked {
      cursorsChanged && !isClosed
        && now &- lastCursorSave >= options.cursorSaveInterval.wholeNanoseconds
    }
    if isDue { try saveCursorsNow() }
  }

  /// Saves the cursors. Not when the store has been closed: the directory may be another one's by then.
  func saveCursorsNow() throws(StoreError) {
    stateLock.lock()
    defer { stateLock.unlock() }
    if lock.locked({ isClosed }) { throw closedError }
    do throws(StoreIOError) {
      try writeCursors(isClean: false)
    } catch {
      throw storeError(error)
    }
  }

  /// Saves the cursors if one moved, and waits if another thread is saving them at this moment: what
  /// they had acknowledged is durable afterwards.
  func saveCursorsIfChanged() throws(StoreIOError) {
    stateLock.lock()
    defer { stateLock.unlock() }
    if lock.locked({ cursorsChanged }) { try writeCursors(isClean: false) }
  }

  /// Writes the cursor file. Any thread, without the lock.
  func saveCursors(isClean: Bool) throws(StoreIOError) {
    stateLock.lock()
    defer { stateLock.unlock() }
    try writeCursors(isClean: isClean)
  }

  /// Writes the cursor file with the state lock held.
  private func writeCursors(isClean: Bool) throws(StoreIOError) {
    var state = StateFile()
    lock.locked {
      state.cursors = cursors
      cursorsChanged = false
      state.nextSequence = nextSequence
      state.lastSequence = certainSequence(through: durableThrough) ?? durableThrough
      state.newestGeneration = segments.last?.generation ?? 0
      state.highestGeneration = highestGeneration
      state.evictedThrough = evictedThrough
      state.slotLimit = slotLimit
      lastCursorSave = fs.monotonicClock()
    }
    state.segmentSize = segmentSize
    state.boot = boot
    state.isClean = isClean
    if isClean {
      // Nobody writes any more.
      state.tail = window.start
      state.summary = tailScan
    }
    do throws(StoreIOError) {
      try cursorFile.save(state.encode(), store: store, in: fs)
    } catch {
      lock.locked { cursorsChanged = true }
      throw error
    }
    lock.locked { metrics.cursorSaves += 1 }
  }
}
