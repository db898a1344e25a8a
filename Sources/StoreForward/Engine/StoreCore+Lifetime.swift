extension StoreCore {
  /// Makes everything written durable.
  package func sync() throws(StoreError) {
    lock.lock()
    defer { lock.unlock() }
    let target = writtenThrough
    while durableThrough < target {
      if let failure { throw failure }
      if isCommitting {
        committed.wait(lock)
        continue
      }
      if isClosed { throw closedError }
      try syncTurn()
    }
  }

  /// Syncs with the lock held and nobody committing; the lock is released meanwhile.
  func syncTurn() throws(StoreError) {
    isCommitting = true
    lock.unlock()
    let result = writeSync()
    lock.lock()
    publish([], result)
    isCommitting = false
    committed.broadcast()
    if let error = result.error { throw error }
  }

  /// Waits until there are durable records beyond a number, or the deadline has passed.
  ///
  /// - Returns: Whether there are.
  func waitForRecords(beyond sequence: UInt64, deadline: UInt64) throws(StoreError) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    while durableThrough <= sequence {
      if isClosing || isClosed { throw closedError }
      if !published.wait(lock, until: deadline) { return durableThrough > sequence }
    }
    return true
  }

  /// Ends all waiting: appends that are not under way are refused, readers are told.
  func beginClosing() {
    lock.locked {
      isClosing = true
      freed.broadcast()
      committed.broadcast()
      work.broadcast()
      wakeReaders()
    }
  }

  /// Syncs, saves the cursors, gives the lock back. The first error is thrown at the end. When it
  /// returns, nothing of this store touches the directory any more, except for reading.
  package func close() throws(StoreError) {
    beginClosing()
    lock.lock()
    while isCommitting || isPreparing || (isClosed && !isReleased) {
      if isPreparing { prepared.wait(lock) } else { committed.wait(lock) }
    }
    if isClosed {
      lock.unlock()
      return
    }
    var firstError: StoreError?
    let refused = pending
    for entry in refused { entry.outcome = .failure(closedError) }
    pending = []
    finish(refused)
    if durableThrough < writtenThrough, failure == nil {
      do throws(StoreError) { try syncTurn() } catch { firstError = error }
    }
    isClosed = true
    cursorsChanged = false
    let mayBeClean = failure == nil && !isFenced && window.dirtyEnd <= window.start
    lock.unlock()
    do throws(StoreIOError) {
      try saveCursors(isClean: mayBeClean)
    } catch {
      firstError = firstError ?? storeError(error)
    }
    fs.unlock()
    lock.locked {
      isReleased = true
      committed.broadcast()
      wakeReaders()
    }
    if let firstError { throw firstError }
  }
}
