extension StoreCore {
  /// Changes how many segments there may be; see `RingStore.resize(to:)`.
  ///
  /// Order of effects: what has to go is given up durably, then the new limit is durable, then files
  /// that are too many are removed. A crash in between leaves a store of the old or the new size, and
  /// opening removes what is over.
  package func resize(to capacity: StoreOptions.Capacity) throws(StoreError) {
    let (_, wanted) = try StoreOptions(capacity: capacity).geometry(segmentSize: segmentSize)
    try takeWriterRole()
    defer { giveWriterRoleBack() }
    if wanted < slotLimit { try giveUp(downTo: wanted) }
    let old = lock.locked {
      defer { slotLimit = wanted }
      return slotLimit
    }
    do {
      try saveCursorsNow()
    } catch {
      lock.locked { slotLimit = old }
      throw error
    }
    if wanted < old {
      do throws(StoreIOError) {
        try removeSurplus()
      } catch {
        throw storeError(error)
      }
    } else if options.reserve == .full {
      try reserveAll()
    }
  }

  /// See `RingStore.changeOverflow(to:)`.
  package func changeOverflow(to policy: StoreOptions.OverflowPolicy) throws(StoreError) {
    try takeWriterRole()
    lock.locked { overflow = policy }
    giveWriterRoleBack()
  }

  /// Waits until nobody writes or makes a slot, and keeps others from both.
  private func takeWriterRole() throws(StoreError) {
    lock.lock()
    defer { lock.unlock() }
    while isCommitting || isPreparing {
      if isPreparing { prepared.wait(lock) } else { committed.wait(lock) }
    }
    if let refusal { throw refusal }
    isCommitting = true
    isPreparing = true
  }

  private func giveWriterRoleBack() {
    lock.locked {
      isCommitting = false
      isPreparing = false
      wantsPreparation = true
      committed.broadcast()
      prepared.broadcast()
      freed.broadcast()
      background?()
    }
  }

  /// Evicts the oldest segments until the rest fit into so many slots; refuses before the first one if
  /// the policy forbids one of them to go.
  private func giveUp(downTo wanted: Int) throws(StoreError) {
    let surplus = segments.count - wanted
    guard surplus > 0 else { return }
    let mayGo = lock.locked {
      overflow == .dropOldest || segments.prefix(surplus).allSatisfy(isFree)
    }
    guard mayGo else {
      throw StoreError(
        .full, "a ring of \(wanted) segments can't hold what the cursors have not acknowledged",
        path: fs.path, advice: "let the cursors read first, or choose a larger capacity")
    }
    for _ in 0..<surplus {
      let slot = try evictOldest(early: false, forGood: true)
      lock.locked { freeSlots.append(slot) }
    }
  }

  /// Removes files that hold nothing until there are no more than the ring may have.
  private func removeSurplus() throws(StoreIOError) {
    while let (slot, isBad) = lock.locked({ () -> (Int, Bool)? in
      guard slotCount > slotLimit else { return nil }
      if let slot = badSlots.popLast() { return (slot, true) }
      return freeSlots.popLast().map { ($0, false) }
    }) {
      do throws(StoreIOError) {
        try fs.unlink(Layout.segmentName(slot: slot))
      } catch  where !error.isMissing {
        lock.locked {
          // One that the disk does not take must not become free by that.
          if isBad { badSlots.append(slot) } else { freeSlots.insert(slot, at: 0) }
        }
        throw error
      } catch {}
      files.forget(slot: slot)
      lock.locked {
        slots.remove(slot)
        lowestNewSlot = min(lowestNewSlot, slot)
      }
    }
    try fs.syncDirectory()
  }
}
