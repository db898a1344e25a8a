// What the async face needs: a thread that writes, tasks that wait.
extension StoreCore {
  /// The loop of the writer's thread; returns when the store closes.
  func runWriter() {
    var interval: UInt64 = .max
    if case .interval(let duration) = options.sync {
      interval = max(duration.wholeNanoseconds, 100_000)
    }
    lock.lock()
    defer { lock.unlock() }
    while !isClosing {
      if isCommitting {
        committed.wait(lock)
        continue
      }
      if !pending.isEmpty, takeTurn() { continue }
      // Nothing to write, or the ring is full and the head of the queue has to wait. What was written
      // must become durable in time nevertheless, or those who could make space would not see it.
      let reason = pending.isEmpty ? work : freed
      guard interval != .max, durableThrough < writtenThrough, failure == nil else {
        reason.wait(lock)
        continue
      }
      let (deadline, overflow) = publishedSync.addingReportingOverflow(interval)
      if fs.monotonicClock() >= deadline {
        try? syncTurn()
      } else {
        _ = reason.wait(lock, until: overflow ? .max : deadline)
      }
    }
  }

  /// Under `SyncPolicy.interval` has a thread sync in time, where nobody else writes on the store's behalf. It ends when the
  /// store closes.
  ///
  /// - Throws: There is no thread to be had; the store is closed then.
  func startSyncer() throws(StoreError) {
    guard case .interval(let duration) = options.sync else { return }
    let interval = max(duration.wholeNanoseconds, 100_000)
    do throws(StoreError) {
      try WorkThread.start { [self] in runSyncer(interval: interval) }
    } catch {
      try? close()
      throw error
    }
  }

  private func runSyncer(interval: UInt64) {
    lock.lock()
    defer { lock.unlock() }
    while !isClosing {
      guard durableThrough < writtenThrough, failure == nil else {
        work.wait(lock)
        continue
      }
      let (deadline, overflow) = publishedSync.addingReportingOverflow(interval)
      if fs.monotonicClock() < deadline {
        _ = work.wait(lock, until: overflow ? .max : deadline)
      } else if isCommitting {
        committed.wait(lock)
      } else {
        try? syncTurn()
      }
    }
  }

  /// Puts a batch into the queue of the writer's thread, or answers at once.
  func enqueue(
    _ entry: PendingAppend,
    _ continuation: UnsafeContinuation<Result<Receipt, StoreError>, Never>
  ) {
    lock.lock()
    defer { lock.unlock() }
    if let error = entry.isCancelled ? cancelledError : objection(to: entry) {
      continuation.resume(returning: .failure(error))
      return
    }
    if entry.count == 0 {
      continuation.resume(returning: .success(emptyReceipt))
      return
    }
    entry.continuation = continuation
    pending.append(entry)
    // Even while somebody else commits (a sync): the writer's thread may be asleep meanwhile.
    if pending.count == 1 { work.signal() }
  }

  /// Takes a batch out of the queue unless it is being written.
  func cancel(_ entry: PendingAppend) {
    lock.lock()
    defer { lock.unlock() }
    entry.isCancelled = true
    guard let index = pending.firstIndex(where: { $0 === entry }) else { return }
    pending.remove(at: index)
    entry.continuation?.resume(returning: .failure(cancelledError))
    // The next in the queue may be smaller.
    freed.broadcast()
  }

  var cancelledError: StoreError {
    StoreError(.cancelled, "the waiting task was cancelled; nothing was stored", path: fs.path)
  }

  /// Waits until there are durable records beyond a number.
  ///
  /// - Returns: false after the deadline, on cancellation or when the store closes.
  func waitForRecords(
    beyond sequence: UInt64, deadline: UInt64, timer: JobThread
  ) async -> Bool {
    let id = lock.locked {
      nextWaiter &+= 1
      return nextWaiter
    }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let isEarliest = lock.locked { () -> Bool in
          if durableThrough > sequence || isClosing || Task.isCancelled {
            continuation.resume(returning: durableThrough > sequence)
            return false
          }
          let isEarliest = waiters.allSatisfy { $0.deadline > deadline }
          waiters.append(
            DataWaiter(
              id: id, beyond: sequence, deadline: deadline, continuation: continuation))
          return isEarliest && deadline != .max
        }
        if isEarliest { timer.poke() }
      }
    } onCancel: {
      lock.locked {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters.remove(at: index).continuation.resume(returning: false)
      }
    }
  }

  /// Does what is due by time and returns when something is due next.
  func tick() -> UInt64 {
    prepareNextSlot()
    try? saveCursorsIfDue()
    let now = MonotonicClock.now()
    return lock.locked {
      for waiter in waiters where waiter.deadline <= now {
        waiter.continuation.resume(returning: waiter.beyond < durableThrough)
      }
      waiters.removeAll { $0.deadline <= now }
      var next = waiters.map(\.deadline).min() ?? .max
      if cursorsChanged, !isClosed {
        let (due, overflow) = lastCursorSave.addingReportingOverflow(
          options.cursorSaveInterval.wholeNanoseconds)
        next = min(next, overflow ? .max : due)
      }
      return next
    }
  }

  /// Makes the next segment's file while the present one still has room, so that no append has to wait
  /// for it.
  private func prepareNextSlot() {
    let slot = lock.locked { () -> Int? in
      guard options.reserve == .asNeeded, !isClosing, freeSlots.isEmpty, slotCount < slotLimit,
        !isPreparing, wantsPreparation
      else { return nil }
      isPreparing = true
      return newSlot
    }
    guard let slot else { return }
    let isMade = (try? createSlot(slot)) != nil
    lock.locked {
      // Counted and free at the same moment, or an append might find the ring full in between.
      if isMade {
        slots.insert(slot)
        freeSlots.insert(slot, at: 0)
        freed.broadcast()
      }
      isPreparing = false
      wantsPreparation = false
      prepared.broadcast()
    }
  }
}
