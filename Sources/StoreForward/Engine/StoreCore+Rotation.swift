// Everything here runs with the writer's role and without the lock, except where it takes it.
extension StoreCore {
  /// Begins a new segment. The old one is durable by now, or fenced off at its durable end.
  func rotate(_ result: inout WriteResult, relocating: Bool = false) throws(StoreError) {
    let finished = isFenced ? nil : footer(lastSequence: result.durableThrough)
    var attempts = 0
    while true {
      let slot = try claimSlot()
      do throws(StoreIOError) {
        let previous = newest
        try begin(slot: slot, result, relocating: relocating)
        result.syncs &+= 1
        finish(previous, finished)
        return
      } catch {
        files.forget(slot: slot)
        // The new header may have reached the disk. Recovery then ends the old segment before the first
        // number of the new one, so nothing may be added to the old one any more.
        isFenced = true
        lock.locked {
          if error.isPassing {
            freeSlots.insert(slot, at: 0)
          } else {
            badSlots.append(slot)
          }
        }
        attempts += 1
        if attempts > 2 || error.isPassing { throw storeError(error) }
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
      certainSequence: certainSequence(through: min(preceding, base &- 1)),
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
    let finished = tailScan
    tailScan = TailSummary()
    window.dirtyEnd = 0
    if !relocating { window.clear() }
    window.start = Layout.dataStart
    lock.locked {
      highestGeneration = generation
      if let index = segments.indices.last {
        // Readers go on to the end of the area: what was written is durable, and a fenced segment
        // counts only up to the next one's first number.
        segments[index].lastSequence = max(
          segments[index].baseSequence &- 1, header.precedingSequence)
        segments[index].count = finished.count
        if !relocating { segments[index].end = Layout.dataEnd(segmentSize: segmentSize) }
      }
      segments.append(
        Segment(
          slot: slot, generation: generation,
          seed: Checksum.segmentSeed(store: store, generation: generation), baseSequence: base,
          precedingSequence: header.precedingSequence, lastSequence: base &- 1,
          end: Layout.dataStart, count: 0))
    }
  }

  /// What follows when a new segment stands. Nobody waits for the footer of the one before, a cache; so a
  /// segment that has one is not added to any more. The state file is told, so that a newest segment that
  /// gets lost is missed. Should either fail, nothing is wrong for it.
  private func finish(_ previous: FS.File?, _ footer: SegmentFooter?) {
    if let previous, let footer {
      let offset = Layout.footer(segmentSize: segmentSize)
      let seed = Checksum.headerSeed(
        segmentSeed: Checksum.segmentSeed(store: store, generation: footer.generation),
        offset: offset)
      withUnsafeTemporaryAllocation(byteCount: SegmentFooter.size, alignment: 8) { buffer in
        guard let base = buffer.baseAddress else { return }
        footer.encode(into: base, seed: seed)
        try? previous.writeAll(UnsafeRawBufferPointer(buffer), at: offset)
      }
    }
    try? saveCursors(isClean: false)
  }

  private func footer(lastSequence: UInt64) -> SegmentFooter? {
    guard let segment = segments.last else { return nil }
    return SegmentFooter(
      generation: segment.generation, count: tailScan.count, lastSequence: lastSequence,
      dataEnd: window.start, minTime: tailScan.minTime, maxTime: tailScan.maxTime,
      payloadBytes: tailScan.payloadBytes, hasLabels: tailScan.hasLabels)
  }
}
