/// What a turn of writing came to.
struct WriteResult {
  var error: StoreError?
  /// How many entries are wholly in the window or beyond it.
  var placed = 0
  var nextSequence: UInt64
  var lastSequence: UInt64
  var durableThrough: UInt64
  var groups: UInt64 = 0
  var writtenBytes: UInt64 = 0
  var syncs: UInt64 = 0
  var syncNanoseconds: UInt64 = 0
  var relocated: UInt64 = 0
}

// Everything here runs with the writer's role and without the lock.
extension StoreCore {
  /// Writes the entries in order, in as few groups as possible, and syncs if the policy says so.
  func write(_ entries: [PendingAppend]) -> WriteResult {
    var writer = Turn(core: self)
    do throws(StoreError) {
      for entry in entries {
        try writer.place(entry)
        writer.result.placed += 1
      }
      try writer.flush()
      if options.sync == .everyCommit || writer.isSyncDue { try writer.sync() }
    } catch {
      writer.result.error = error
      // What came before the entry that failed may be in the window still and can be saved.
      do throws(StoreError) {
        try writer.flush()
        if options.sync == .everyCommit { try writer.sync() }
      } catch {}
    }
    return writer.result
  }

  /// Makes what was written durable. With the writer's role.
  func writeSync() -> WriteResult {
    var writer = Turn(core: self)
    do throws(StoreError) {
      try writer.flush()
      try writer.sync()
    } catch {
      writer.result.error = error
    }
    return writer.result
  }

  /// Makes a turn's outcome known. With the lock held.
  func publish(_ entries: [PendingAppend], _ result: WriteResult) {
    nextSequence = result.nextSequence
    let wasDurable = durableThrough >= writtenThrough
    writtenThrough = result.lastSequence
    durableThrough = result.durableThrough
    // The clock of the interval begins to run.
    if wasDurable, durableThrough < writtenThrough { work.signal() }
    if let index = segments.indices.last {
      segments[index].end = window.start
      segments[index].lastSequence = max(segments[index].lastSequence, result.durableThrough)
      segments[index].count = tailScan.count
    }
    publishedSync = lastSync
    metrics.groups &+= result.groups
    metrics.writtenBytes &+= result.writtenBytes
    metrics.syncs &+= result.syncs
    metrics.syncNanoseconds &+= result.syncNanoseconds
    metrics.relocatedGroups &+= result.relocated
    if let error = result.error, !error.isPassing { failure = error }
    isDiskFull = result.error?.code == .diskFull
    if failure != nil { freed.broadcast() }
    let stored = options.sync == .everyCommit ? result.durableThrough : result.lastSequence
    for (index, entry) in entries.enumerated() {
      let last = entry.firstSequence &+ UInt64(entry.count) &- 1
      if index < result.placed, last <= stored {
        metrics.appendedRecords &+= UInt64(entry.count)
        metrics.appendedBytes &+= UInt64(entry.payloadBytes)
        entry.outcome = .success(
          Receipt(
            firstSequence: entry.firstSequence, lastSequence: last, count: entry.count,
            isDurable: last <= durableThrough))
      } else {
        entry.outcome = .failure(result.error ?? closedError)
      }
    }
    wakeReaders()
  }

  /// Wakes those who wait for records. With the lock held.
  func wakeReaders() {
    published.broadcast()
    guard !waiters.isEmpty else { return }
    var kept: [DataWaiter] = []
    for waiter in waiters {
      if waiter.beyond < durableThrough || isClosing {
        waiter.continuation.resume(returning: !isClosing)
      } else {
        kept.append(waiter)
      }
    }
    waiters = kept
  }

  /// One turn of the writer.
  struct Turn {
    let core: StoreCore
    var result: WriteResult
    /// Where the window ended before this turn: what is before has been promised to someone.
    private var promised: Int

    init(core: StoreCore) {
      self.core = core
      result = WriteResult(
        nextSequence: core.nextSequence, lastSequence: core.writtenThrough,
        durableThrough: core.durableThrough)
      promised = core.window.used
    }

    private var dataEnd: Int { Layout.dataEnd(segmentSize: core.segmentSize) }

    var isSyncDue: Bool {
      if core.window.used > WriteWindow.unsyncedLimit { return true }
      guard case .interval(let interval) = core.options.sync else { return false }
      return core.fs.monotonicClock() &- core.lastSync >= interval.wholeNanoseconds
    }

    /// Puts an entry's records into the window, with new groups and new segments as needed.
    mutating func place(_ entry: PendingAppend) throws(StoreError) {
      if core.segments.isEmpty || core.isFenced {
        try flush()
        if !core.window.isEmpty { try sync() }
        try core.rotate(&result)
        promised = 0
      }
      entry.firstSequence = result.nextSequence
      var rest = entry.bytes
      while !rest.isEmpty {
        let isOpen = core.window.openGroup != nil
        let header = isOpen ? 0 : Layout.groupHeaderSize
        let room = dataEnd - core.window.end - header
        let inGroup = core.window.openGroup.map { core.window.used - $0 } ?? 0
        let count = Self.prefix(
          of: rest, room: room, wanted: max(0, WriteWindow.groupLimit - inGroup), isFirst: !isOpen)
        if count == 0 {
          closeGroup()
          // A full group makes room for the next one; a full segment does not.
          if isOpen, Self.prefix(of: rest, room: room - 64, wanted: 0, isFirst: true) > 0 {
            continue
          }
          try flush()
          try sync()
          try core.rotate(&result)
          promised = 0
          continue
        }
        if !isOpen { openGroup() }
        let placed = core.window.append(
          UnsafeRawBufferPointer(rebasing: rest[..<(rest.startIndex + count)]),
          from: result.nextSequence, segmentSeed: core.segments[core.segments.count - 1].seed)
        core.window.groupCount += placed
        core.window.groupMinTime = min(core.window.groupMinTime, entry.minTime)
        core.window.groupMaxTime = max(core.window.groupMaxTime, entry.maxTime)
        result.nextSequence &+= UInt64(placed)
        result.lastSequence = result.nextSequence &- 1
        core.window.lastSequence = result.lastSequence
        rest = UnsafeRawBufferPointer(rebasing: rest[(rest.startIndex + count)...])
        core.windowScan.add(entry, placed, bytes: count)
      }
    }

    /// Bytes of as many whole records (with their labels) as fit. The first may exceed `wanted`.
    private static func prefix(
      of records: UnsafeRawBufferPointer, room: Int, wanted: Int, isFirst: Bool
    ) -> Int {
      if records.count <= min(room, wanted) { return records.count }
      guard let base = records.baseAddress else { return 0 }
      var end = 0
      while end < records.count {
        var next = end + RecordHeader.byteLength(payload: RecordHeader.length(base + end))
        while next < records.count, RecordHeader.kind(base + next) == Layout.labelsKind {
          next += RecordHeader.byteLength(payload: RecordHeader.length(base + next))
        }
        if next > room || (next > wanted && !(end == 0 && isFirst)) { break }
        end = next
      }
      return end
    }

    private func openGroup() {
      core.window.reserve(Layout.groupHeaderSize)
      core.window.openGroup = core.window.used
      core.window.used += Layout.groupHeaderSize
      core.window.groupCount = 0
      core.window.groupFirst = result.nextSequence
      core.window.groupPreceding = result.lastSequence
      core.window.groupMinTime = .max
      core.window.groupMaxTime = .min
      if core.window.firstSequence == 0 {
        core.window.firstSequence = result.nextSequence
        core.window.precedingSequence = result.lastSequence
      }
    }

    private mutating func closeGroup() {
      guard let place = core.window.openGroup else { return }
      let segment = core.segments[core.segments.count - 1]
      let group = GroupHeader(
        byteLength: core.window.used - place, count: core.window.groupCount,
        firstSequence: core.window.groupFirst, precedingSequence: core.window.groupPreceding,
        durableThrough: result.durableThrough, minTime: core.window.groupMinTime,
        maxTime: core.window.groupMaxTime, generation: segment.generation)
      group.encode(
        into: core.window.base + place,
        seed: Checksum.headerSeed(
          segmentSeed: segment.seed, offset: core.window.start + place))
      core.window.openGroup = nil
      result.groups &+= 1
    }

    /// Gives the file what it does not have yet.
    mutating func flush() throws(StoreError) {
      closeGroup()
      guard core.window.written < core.window.used, let file = core.newest else { return }
      do throws(StoreIOError) {
        let from = core.window.written
        let end = core.window.coverDirtyTail(limit: dataEnd)
        try file.writeAll(
          UnsafeRawBufferPointer(start: core.window.base + from, count: end - from),
          at: core.window.start + from)
        result.writtenBytes &+= UInt64(end - from)
        core.window.written = core.window.used
      } catch {
        if error.isLackOfSpace {
          // Only this turn's records go; what was promised before stays in the window.
          core.window.discard(from: promised)
          core.windowScan = core.window.summary()
          result.lastSequence = max(core.window.lastSequence, result.durableThrough)
          throw core.storeError(error)
        }
        try relocate(after: error)
      }
    }

    /// Makes the window durable.
    mutating func sync() throws(StoreError) {
      guard !core.window.isEmpty, let file = core.newest else { return }
      let start = core.fs.monotonicClock()
      do throws(StoreIOError) {
        if !PlantedBug.acknowledgeBeforeSync.isPlanted { try file.dataSync() }
      } catch {
        let isRetried =
          PlantedBug.retrySyncAfterError.isPlanted && (try? file.dataSync()) != nil
        if !isRetried { return try relocate(after: error) }
      }
      core.lastSync = core.fs.monotonicClock()
      result.syncs &+= 1
      result.syncNanoseconds &+= core.lastSync &- start
      settle()
    }

    /// What the window holds is on the disk for good.
    private mutating func settle() {
      result.durableThrough = max(result.durableThrough, core.window.lastSequence)
      core.window.slide()
      core.tailScan.add(core.windowScan)
      core.windowScan = TailSummary()
      promised = 0
    }

    /// After a failed write or sync nothing can be known of the segment beyond its durable end, and
    /// asking again may answer with a false success. So the window, which memory still holds, goes to
    /// another segment; if that fails as well, the store takes no more records.
    private mutating func relocate(after error: StoreIOError) throws(StoreError) {
      core.isFenced = true
      let old = core.segments[core.segments.count - 1]
      core.files.forget(slot: old.slot)
      do throws(StoreError) {
        try core.rotate(&result, relocating: true)
        let segment = core.segments[core.segments.count - 1]
        core.window.reseal(
          segmentSeed: segment.seed, generation: segment.generation,
          durableThrough: result.durableThrough)
        guard let file = core.newest else { throw core.storeError(error) }
        do throws(StoreIOError) {
          try file.writeAll(
            UnsafeRawBufferPointer(start: core.window.base, count: core.window.used),
            at: core.window.start)
          try file.dataSync()
        } catch {
          core.isFenced = true
          throw core.storeError(error)
        }
        core.lastSync = core.fs.monotonicClock()
        result.syncs &+= 1
        result.writtenBytes &+= UInt64(core.window.used)
        result.relocated &+= 1
        settle()
      } catch let second {
        let isLost = promised > 0
        core.window.clear()
        core.windowScan = TailSummary()
        result.lastSequence = result.durableThrough
        if second.isPassing, !isLost { throw second }
        throw StoreError(
          .readOnly,
          "the disk failed and the records could not be written elsewhere: \(second.message)",
          path: second.path,
          advice: "nothing acknowledged is lost; see to the disk and open the store again",
          errno: second.errno)
      }
    }
  }
}

extension TailSummary {
  /// Adds what was placed of an entry; times are the entry's, payload bytes include padding.
  mutating func add(_ entry: PendingAppend, _ placed: Int, bytes: Int) {
    count &+= UInt64(placed)
    payloadBytes &+= UInt64(max(0, bytes - placed * Layout.recordHeaderSize))
    if entry.hasLabels { hasLabels = true }
    minTime = min(minTime, entry.minTime)
    maxTime = max(maxTime, entry.maxTime)
  }

  mutating func add(_ other: TailSummary) {
    count &+= other.count
    payloadBytes &+= other.payloadBytes
    hasLabels = hasLabels || other.hasLabels
    minTime = min(minTime, other.minTime)
    maxTime = max(maxTime, other.maxTime)
  }
}
