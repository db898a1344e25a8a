// How the oldest segment goes. With the writer's role and without the lock, except where it is taken.
extension StoreCore {
  /// Gives up the oldest segment. What that means to cursors and counts is durable before the first
  /// byte of it is overwritten.
  ///
  /// - Parameter forGood: No header of a new segment will say what went, so the ledger has to.
  func evictOldest(early: Bool, forGood: Bool = false) throws(StoreError) -> Int {
    guard segments.count >= 2 else {
      throw StoreError(.full, "the ring has no segment that could be given up", path: fs.path)
    }
    let victim = segments[0]
    // One without records says nothing of the numbers before it: they may be in a file that was set aside.
    let through = victim.lastSequence >= victim.baseSequence ? victim.lastSequence : 0
    let (mayGo, readers, accounted) = lock.locked {
      (isFree(victim), cursors, ledger.evictedThrough)
    }
    if !mayGo, overflow != .dropOldest {
      throw StoreError(
        .full, "the ring is full of records that a cursor has not acknowledged", path: fs.path)
    }
    try tellWitness(of: victim)
    do throws(StoreIOError) {
      if !mayGo {
        // Unless it was accounted for and could not go then: the cursors may not have been saved.
        if accounted < victim.lastSequence { try accountEviction(of: victim, readers) }
      } else if forGood {
        try saveLedger { $0.evictedThrough = max($0.evictedThrough, through) }
      }
      if !PlantedBug.recycleBeforeCursorIsDurable.isPlanted { try saveCursorsIfChanged() }
    } catch {
      throw storeError(error)
    }
    lock.locked {
      evictedThrough = max(evictedThrough, through)
      segments.removeFirst()
      if early { metrics.earlyEvictions += 1 }
    }
    return victim.slot
  }

  /// Shows a witness what goes, and the first records behind it.
  private func tellWitness(of victim: Segment) throws(StoreError) {
    let witness = lock.locked { self.witness }
    let next: Segment? = segments.count > 1 ? segments[1] : nil
    guard let witness, victim.baseSequence <= victim.lastSequence else { return }
    if witness.wantsRecords(victim.baseSequence...victim.lastSequence) {
      let storage = BatchStorage()
      try show(victim, storage, maxRecords: .max) {
        witness.willEvict(StoredBatch($0), isAhead: false)
      }
      if let next, next.baseSequence <= next.lastSequence {
        try show(next, storage, maxRecords: 4) {
          witness.willEvict(StoredBatch($0), isAhead: true)
        }
      }
    }
    try witness.willEvict(through: victim.lastSequence)
  }

  private func show(
    _ segment: Segment, _ storage: BatchStorage, maxRecords: Int, _ body: (BatchStorage) -> Void
  ) throws(StoreError) {
    var request = ReadRequest(
      next: segment.baseSequence, hint: nil, maxBytes: 1 << 18, maxRecords: maxRecords)
    let file: FS.File
    do throws(StoreIOError) {
      file = try files.file(slot: segment.slot)
    } catch {
      // For want of a descriptor nothing is lost yet.
      if error.isPassing { throw storeError(error) }
      storage.clear(from: segment.baseSequence)
      storage.addGap(segment.baseSequence, segment.lastSequence, .damaged)
      return body(storage)
    }
    let source = ReadableSegment(
      segment: segment, file: file, lastSequence: segment.lastSequence)
    repeat {
      let before = request.next
      storage.clear(from: before)
      RecordReader.fill(storage, from: source, &request)
      body(storage)
      guard request.next > before else { return }
    } while maxRecords == .max && request.next <= segment.lastSequence
  }

  /// Changes the ledger, durably first. Not when the store has been closed: the directory may be another one's by then. An
  /// eviction is over before that, and what is left of a removed cursor the next opening forgets.
  func saveLedger(_ change: (inout Ledger) -> Void) throws(StoreIOError) {
    stateLock.lock()
    defer { stateLock.unlock() }
    if lock.locked({ isClosed }) { return }
    var updated = ledger
    change(&updated)
    try ledgerFile.save(updated.encode(), store: store, in: fs)
    lock.locked { ledger = updated }
  }

  /// Adds a segment that is not read by all to the ledger and saves it. What counts is what the cursors
  /// had acknowledged at one moment: when it was decided that the segment goes.
  private func accountEviction(
    of victim: Segment, _ readers: [CursorState]
  ) throws(StoreIOError) {
    let contents = try contents(of: victim, readers)
    func evicted(_ count: (UInt64, UInt64) -> UInt64) -> UInt64 {
      contents.unused.reduce(count(victim.baseSequence, victim.lastSequence)) {
        $0 &- count($1.first, $1.last)
      }
    }
    try saveLedger { ledger in
      ledger.evictedThrough = max(ledger.evictedThrough, victim.lastSequence)
      ledger.evictedRecords &+= evicted {
        CursorState.unacknowledged(by: readers, from: $0, through: $1)
      }
      for (name, labels) in contents.labels {
        ledger.labels[name, default: [:]].merge(labels) { $0 &+ $1 }
      }
      for reader in readers {
        ledger.evicted[reader.name] =
          reader.evicted &+ evicted { reader.unacknowledged(from: $0, through: $1) }
      }
    }
    lock.locked {
      for index in cursors.indices {
        guard let count = ledger.evicted[cursors[index].name] else { continue }
        cursors[index].evicted = max(cursors[index].evicted, count)
      }
      cursorsChanged = true
    }
  }

  /// The footer of a finished segment, nil where it can't be read or is not of this generation.
  func footer(of segment: Segment, in file: FS.File) -> SegmentFooter? {
    SegmentFooter.read(of: segment, in: file, segmentSize: segmentSize)
  }

  /// What an eviction has to know of a segment.
  private struct EvictedContents {
    /// Numbers that no record had.
    var unused: [Gap] = []
    /// Sums of the label counts that are not acknowledged, by cursor; the empty name stands for the store.
    var labels: [String: [UInt32: UInt64]] = [:]
  }

  /// Looks at the summary of a segment, and reads all of it if that does not tell enough. What the disk
  /// can't give counts as records without labels.
  private func contents(
    of victim: Segment, _ readers: [CursorState]
  ) throws(StoreIOError) -> EvictedContents {
    var contents = EvictedContents()
    guard victim.baseSequence <= victim.lastSequence else { return contents }
    let file: FS.File
    do throws(StoreIOError) {
      file = try files.file(slot: victim.slot)
    } catch {
      if error.isPassing { throw error }
      return contents
    }
    if let footer = footer(of: victim, in: file), !footer.hasLabels,
      footer.count == victim.lastSequence - victim.baseSequence &+ 1
    {
      return contents
    }
    var labels: [String: [UInt32: UInt64]] = [:]
    let scan = SegmentScan.run(
      file, seed: victim.seed, generation: victim.generation, base: victim.baseSequence,
      preceding: victim.precedingSequence, from: Layout.dataStart, areaEnd: victim.end,
      labels: { sequence, bytes in
        guard sequence <= victim.lastSequence else { return }
        for count in LabelCount.decode(bytes) {
          func add(_ name: String) {
            labels[name, default: [:]][count.label, default: 0] &+= count.count
          }
          if readers.isEmpty || readers.contains(where: { !$0.isAcknowledged(sequence) }) {
            add("")
          }
          for reader in readers where !reader.isAcknowledged(sequence) { add(reader.name) }
        }
      })
    contents.labels = labels
    contents.unused = scan.gaps.compactMap { gap in
      guard gap.reason == .unused, gap.first <= victim.lastSequence else { return nil }
      return Gap(first: gap.first, last: min(gap.last, victim.lastSequence), reason: .unused)
    }
    return contents
  }
}
