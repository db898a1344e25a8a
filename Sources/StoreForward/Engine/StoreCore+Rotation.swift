// Everything here runs with the writer's role and without the lock, except where it takes it.
extension StoreCore {
  /// Begins a new segment. The old one is durable by now, or fenced off at its durable end.
  func rotate(_ result: inout WriteResult, relocating: Bool = false) throws(StoreError) {
    if !isFenced { writeFooter() }
    var attempts = 0
    while true {
      let slot = try claimSlot(durableThrough: result.durableThrough)
      do throws(StoreIOError) {
        try begin(slot: slot, result, relocating: relocating)
        result.syncs &+= 1
        return
      } catch {
        files.forget(slot: slot)
        lock.locked { freeSlots.insert(slot, at: 0) }
        attempts += 1
        if attempts > 1 || error.isLackOfSpace { throw storeError(error) }
      }
    }
  }

  private func begin(
    slot: Int, _ result: WriteResult, relocating: Bool
  ) throws(StoreIOError) {
    let file = try files.file(slot: slot)
    let size = try file.size()
    if size < segmentSize { try file.fillZeros(from: size, to: segmentSize) }
    let generation = (lastGeneration) &+ 1
    lastGeneration = generation
    let base = relocating && window.firstSequence > 0 ? window.firstSequence : result.nextSequence
    let preceding =
      relocating && window.firstSequence > 0 ? window.precedingSequence : result.lastSequence
    let header = SegmentHeader(
      slot: slot, store: store, segmentSize: segmentSize, generation: generation,
      baseSequence: base, precedingSequence: min(preceding, base &- 1),
      evictedThrough: lock.locked { evictedThrough }, created: fs.wallClock())
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Layout.segmentHeaderSize, alignment: 8)
    defer { bytes.deallocate() }
    if let start = bytes.baseAddress { header.encode(into: start) }
    try file.writeAll(UnsafeRawBufferPointer(bytes), at: 0)
    try file.writeAll(
      UnsafeRawBufferPointer(bytes), at: Layout.secondHeader(segmentSize: segmentSize))
    try file.dataSync()
    newest = file
    isFenced = false
    tailScan = TailSummary()
    window.dirtyEnd = 0
    if !relocating { window.clear() }
    window.start = Layout.dataStart
    lock.locked {
      if let index = segments.indices.last {
        // Readers go on to the end of the area: what was written is durable, and a fenced segment
        // counts only up to the next one's first number.
        segments[index].lastSequence = max(
          segments[index].baseSequence &- 1, header.precedingSequence)
        if !relocating { segments[index].end = Layout.dataEnd(segmentSize: segmentSize) }
      }
      segments.append(
        Segment(
          slot: slot, generation: generation,
          seed: Checksum.segmentSeed(store: store, generation: generation), baseSequence: base,
          precedingSequence: header.precedingSequence, lastSequence: base &- 1,
          end: Layout.dataStart))
    }
  }

  /// The footer is a cache: nobody waits for it and its failure does not matter.
  private func writeFooter() {
    guard let segment = segments.last, let newest else { return }
    let footer = SegmentFooter(
      generation: segment.generation, count: tailScan.count,
      lastSequence: segment.lastSequence, dataEnd: window.start, minTime: tailScan.minTime,
      maxTime: tailScan.maxTime, payloadBytes: tailScan.payloadBytes,
      hasLabels: tailScan.hasLabels)
    let offset = Layout.footer(segmentSize: segmentSize)
    withUnsafeTemporaryAllocation(byteCount: SegmentFooter.size, alignment: 8) { buffer in
      guard let base = buffer.baseAddress else { return }
      footer.encode(
        into: base, seed: Checksum.headerSeed(segmentSeed: segment.seed, offset: offset))
      try? newest.writeAll(UnsafeRawBufferPointer(buffer), at: offset)
    }
  }

  /// A slot whose file is whole and holds nothing that anyone may still want.
  private func claimSlot(durableThrough: UInt64) throws(StoreError) -> Int {
    lock.lock()
    while isPreparing { prepared.wait(lock) }
    wantsPreparation = true
    background?()
    if let slot = freeSlots.popLast() {
      lock.unlock()
      return slot
    }
    let slot = slotCount
    let mayGrow = slotCount < slotLimit
    // Or the background would make this slot as well and then call it free, while it is written to.
    isPreparing = mayGrow
    lock.unlock()
    guard mayGrow else { return try evictOldest(early: false) }
    defer { endPreparation() }
    do throws(StoreIOError) {
      try createSlot(slot)
      lock.locked { slotCount = slot + 1 }
      return slot
    } catch {
      // With a full disk the ring is smaller than it might be; dropping the oldest goes on.
      let canEvict = lock.locked { segments.count >= 2 && options.overflow == .dropOldest }
      guard error.isLackOfSpace, canEvict else { throw storeError(error) }
      return try evictOldest(early: true)
    }
  }

  private func endPreparation() {
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

  /// Fills the disk space that the ring may ever use.
  func reserveAll() throws(StoreError) {
    do throws(StoreIOError) {
      while slotCount < slotLimit {
        let slot = slotCount
        try createSlot(slot)
        lock.locked {
          slotCount = slot + 1
          freeSlots.insert(slot, at: 0)
        }
      }
    } catch {
      throw storeError(error)
    }
  }

  /// Gives up the oldest segment. What that means to cursors and counts is durable before the first
  /// byte of it is overwritten.
  private func evictOldest(early: Bool) throws(StoreError) -> Int {
    guard segments.count >= 2 else {
      throw StoreError(.full, "the ring has no segment that could be given up", path: fs.path)
    }
    let victim = segments[0]
    let isRead = lock.locked { isAcknowledgedByAll(victim) }
    if !isRead, options.overflow != .dropOldest {
      throw StoreError(
        .full, "the ring is full of records that a cursor has not acknowledged", path: fs.path)
    }
    do throws(StoreIOError) {
      if !isRead { try accountEviction(of: victim) }
      let isCursorSaved = !lock.locked { cursorsChanged }
      if !isCursorSaved, !PlantedBug.recycleBeforeCursorIsDurable.isPlanted {
        try saveCursors(isClean: false)
      }
    } catch {
      throw storeError(error)
    }
    lock.locked {
      evictedThrough = max(evictedThrough, victim.lastSequence)
      segments.removeFirst()
      if early { metrics.earlyEvictions += 1 }
    }
    return victim.slot
  }

  /// Adds a segment that is not read by all to the ledger and saves it.
  private func accountEviction(of victim: Segment) throws(StoreIOError) {
    let readers = lock.locked { cursors }
    let range = (victim.baseSequence, victim.lastSequence)
    var sums: [String: [UInt32: UInt64]] = [:]
    var count: UInt64 = 0
    let file = try files.file(slot: victim.slot)
    if let footer = footer(of: victim, in: file), !footer.hasLabels {
      count = footer.count
    } else {
      count = try countLabels(of: victim, in: file, readers, into: &sums)
    }
    stateLock.lock()
    defer { stateLock.unlock() }
    var updated = ledger
    updated.evictedThrough = max(updated.evictedThrough, victim.lastSequence)
    let unread = readers.map { $0.unacknowledged(from: range.0, through: range.1) }.max() ?? count
    updated.evictedRecords &+= min(unread, count)
    for (name, labels) in sums {
      updated.labels[name, default: [:]].merge(labels) { $0 &+ $1 }
    }
    try ledgerFile.save(updated.encode(), store: store, in: fs)
    lock.locked {
      ledger = updated
      for index in cursors.indices {
        cursors[index].evicted &+= cursors[index].unacknowledged(
          from: range.0, through: range.1)
      }
      cursorsChanged = true
    }
  }

  /// The footer of a finished segment, nil where it can't be read or is not of this generation.
  func footer(of segment: Segment, in file: FS.File) -> SegmentFooter? {
    let offset = Layout.footer(segmentSize: segmentSize)
    guard let bytes = try? file.bytes(at: offset, count: SegmentFooter.size),
      let footer = SegmentFooter.decode(
        bytes, seed: Checksum.headerSeed(segmentSeed: segment.seed, offset: offset)),
      footer.generation == segment.generation
    else { return nil }
    return footer
  }

  /// Reads a segment and sums the label counts of records that readers have not acknowledged.
  private func countLabels(
    of victim: Segment, in file: FS.File, _ readers: [CursorState],
    into sums: inout [String: [UInt32: UInt64]]
  ) throws(StoreIOError) -> UInt64 {
    var found: [String: [UInt32: UInt64]] = [:]
    let scan = try SegmentScan.run(
      file, seed: victim.seed, generation: victim.generation, base: victim.baseSequence,
      preceding: victim.precedingSequence, from: Layout.dataStart, areaEnd: victim.end,
      labels: { sequence, bytes in
        guard sequence <= victim.lastSequence else { return }
        for place in stride(from: 0, to: bytes.count, by: LabelCount.encodedSize)
        where place + LabelCount.encodedSize <= bytes.count {
          let label = bytes.load(UInt32.self, place)
          let number = bytes.load(UInt64.self, place + 4)
          func add(_ name: String) { found[name, default: [:]][label, default: 0] &+= number }
          if readers.isEmpty || readers.contains(where: { !$0.isAcknowledged(sequence) }) {
            add("")
          }
          for reader in readers where !reader.isAcknowledged(sequence) { add(reader.name) }
        }
      })
    sums = found
    return scan.count
  }
}
