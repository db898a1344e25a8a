// Where the writer's segments come from.
extension StoreCore {
  /// The lowest number of a file that does not exist. With the lock held.
  var newSlot: Int {
    while slots.contains(lowestNewSlot) { lowestNewSlot += 1 }
    return lowestNewSlot
  }

  /// A slot whose file is whole and holds nothing that anyone may still want.
  func claimSlot() throws(StoreError) -> Int {
    lock.lock()
    while isPreparing { prepared.wait(lock) }
    wantsPreparation = true
    background?()
    if let slot = freeSlots.popLast() {
      let canEvict = segments.count >= 2 && overflow == .dropOldest
      lock.unlock()
      guard canEvict, !hasRoom(slot: slot) else { return slot }
      // What a crash left half made, and a full disk: the ring goes on in the space it has.
      lock.locked { freeSlots.insert(slot, at: 0) }
      return try evictOldest(early: true)
    }
    let slot = newSlot
    let mayGrow = slotCount < slotLimit
    // Or the background would make this slot as well and then call it free, while it is written to.
    isPreparing = mayGrow
    lock.unlock()
    guard mayGrow else { return try evictOldest(early: false) }
    defer { endPreparation() }
    do throws(StoreIOError) {
      try createSlot(slot)
      lock.locked { _ = slots.insert(slot) }
      return slot
    } catch {
      // With a full disk the ring is smaller than it might be; dropping the oldest goes on.
      let canEvict = lock.locked { segments.count >= 2 && overflow == .dropOldest }
      guard error.isLackOfSpace, canEvict else { throw storeError(error) }
      return try evictOldest(early: true)
    }
  }

  /// Whether a slot's file has its size or can be given it; false if there is no space for that.
  private func hasRoom(slot: Int) -> Bool {
    do throws(StoreIOError) {
      let file = try files.file(slot: slot)
      let size = try file.size()
      if size < segmentSize { try file.fillZeros(from: size, to: segmentSize) }
      return true
    } catch {
      // Anything else shows when the segment is begun.
      return !error.isLackOfSpace
    }
  }

  func endPreparation() {
    lock.locked {
      isPreparing = false
      prepared.broadcast()
      background?()
    }
  }

  /// Makes a new file of zeros, durable with its name. The caller counts it.
  func createSlot(_ slot: Int) throws(StoreIOError) {
    let name = Layout.segmentName(slot: slot)
    let file = try fs.open(name, create: true)
    do throws(StoreIOError) {
      try file.fillZeros(from: try file.size(), to: segmentSize)
      try file.dataSync()
      if !PlantedBug.noDirectorySync.isPlanted { try fs.syncDirectory() }
    } catch {
      try? fs.unlink(name)
      throw error
    }
  }

  /// Fills the disk space that the ring may ever use. Nobody else makes slots meanwhile.
  func reserveAll() throws(StoreError) {
    do throws(StoreIOError) {
      // What a crash left half made.
      for slot in lock.locked({ freeSlots }) {
        let file = try files.file(slot: slot)
        let size = try file.size()
        guard size < segmentSize else { continue }
        try file.fillZeros(from: size, to: segmentSize)
        try file.dataSync()
      }
      while let slot = lock.locked({ slotCount < slotLimit ? newSlot : nil }) {
        try createSlot(slot)
        lock.locked {
          slots.insert(slot)
          freeSlots.insert(slot, at: 0)
        }
      }
    } catch {
      throw storeError(error)
    }
  }
}
