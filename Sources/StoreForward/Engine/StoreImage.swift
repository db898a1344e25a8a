/// What the files of a store say, read without changing anything.
struct StoreImage<FS: StoreFileSystem> {
  var store = StoreIdentity(low: 0, high: 0)
  var segmentSize = 0
  var slotLimit = 0
  /// Oldest first.
  var segments: [Segment] = []
  var freeSlots: [Int] = []
  /// One more than the highest slot that has a file.
  var slotCount = 0
  var evictedThrough: UInt64 = 0
  var lastSequence: UInt64 = 0
  var nextSequence: UInt64 = 1
  /// The highest generation that any header bears.
  var lastGeneration: UInt64 = 0
  var tail = Layout.dataStart
  var tailSummary = TailSummary()
  var newestFile: FS.File?
  var newestIsShort = false
  var boot = StoreIdentity(low: 0, high: 0)
  var cursors: [CursorState] = []
  var cursorFile: SlotFile<FS>
  var ledgerFile: SlotFile<FS>
  var ledger = Ledger()
  var report = RecoveryReport()

  private let isInspection: Bool

  /// A file with a segment's name.
  private struct Candidate {
    var slot: Int
    var file: FS.File
    var size: Int
    var header: SegmentHeader?
  }

  /// How far numbers jump when the machine was started anew after the store was left open: a disk
  /// that lied about a sync may have lost numbers that a sink has seen.
  static var rebootReserve: UInt64 { 1 << 20 }

  /// Reads everything. `options` only count where there is no store, or nothing of it is left to tell
  /// its size.
  init(reading fs: FS, options: StoreOptions?) throws(StoreError) {
    isInspection = options == nil
    do {
      let names = try fs.list()
      let (cursorFile, state, badState) = try SlotFile.load(Layout.cursorsName, in: fs)
      let (ledgerFile, ledger, badLedger) = try SlotFile.load(Layout.ledgerName, in: fs)
      self.cursorFile = cursorFile
      self.ledgerFile = ledgerFile
      report.repairedStateCopies = badState + badLedger
      boot = fs.bootIdentity()
      var candidates = try Self.candidates(names, in: fs)
      let hasFiles = !candidates.isEmpty || names.contains(Layout.cursorsName)
      report.isNew = !hasFiles
      let known = Self.vote(candidates, state: state?.store, ledger: ledger?.store)
      store = known ?? fs.newIdentity()
      let stateFile = state.flatMap { $0.store == store ? try? StateFile($0.payload) : nil }
      if let ledger, ledger.store == store, let decoded = try? Ledger(ledger.payload) {
        self.ledger = decoded
      }
      try chooseGeometry(&candidates, stateFile, options)
      order(&candidates)
      try readTail(stateFile)
      report.cursorsLost = stateFile == nil && !report.isNew && known != nil
      cursors = stateFile?.cursors ?? []
      decideNumbers(stateFile)
    } catch let error as StoreIOError {
      throw StoreError(error, in: fs.path)
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(.inputOutput, "the store can't be read: \(error)", path: fs.path)
    }
  }

  private static func candidates(_ names: [String], in fs: FS) throws -> [Candidate] {
    var result: [Candidate] = []
    for slot in names.compactMap(Layout.slot(ofSegment:)).sorted() {
      let file = try fs.open(Layout.segmentName(slot: slot), create: false)
      let size = try file.size()
      var header: SegmentHeader?
      for offset in [0, Layout.secondHeader(segmentSize: size)] where offset >= 0 {
        // An unreadable sector is damage like any other.
        let bytes = (try? file.bytes(at: offset, count: Layout.segmentHeaderSize)) ?? []
        switch bytes.withUnsafeBytes(SegmentHeader.decode) {
        case .header(let found):
          if found.generation > header?.generation ?? 0 { header = found }
        case .newer:
          throw StoreError(
            .newerFormat, "the store was written by a newer version of this program",
            path: "\(fs.path)/\(Layout.segmentName(slot: slot))",
            advice: "use that version; nothing was changed")
        case .invalid: break
        }
      }
      result.append(Candidate(slot: slot, file: file, size: size, header: header))
    }
    return result
  }

  /// The store that most files belong to; the state files decide a draw.
  private static func vote(
    _ candidates: [Candidate], state: StoreIdentity?, ledger: StoreIdentity?
  ) -> StoreIdentity? {
    var votes: [StoreIdentity: Int] = [:]
    for candidate in candidates {
      if let store = candidate.header?.store { votes[store, default: 0] += 2 }
    }
    if let state { votes[state, default: 0] += 3 }
    if let ledger { votes[ledger, default: 0] += 2 }
    return votes.max { ($0.value, $0.key.low) < ($1.value, $1.key.low) }?.key
  }

  private mutating func chooseGeometry(
    _ candidates: inout [Candidate], _ state: StateFile?, _ options: StoreOptions?
  ) throws(StoreError) {
    let sizes = candidates.compactMap { $0.header?.store == store ? $0.header?.segmentSize : nil }
    var votes: [Int: Int] = [:]
    for size in sizes { votes[size, default: 0] += 1 }
    let existing =
      votes.max { $0.value < $1.value }?.key ?? state?.segmentSize
      ?? candidates.map(\.size).filter { $0 >= Layout.smallestSegment && $0 % Layout.block == 0 }
      .max()
    slotCount = (candidates.map(\.slot).max() ?? -1) + 1
    let wanted = try (options ?? StoreOptions()).geometry(segmentSize: existing)
    segmentSize = wanted.size
    slotLimit = max(state?.slotLimit ?? wanted.slots, 2)
    if state == nil { slotLimit = max(slotLimit, slotCount) }
  }

  /// Puts the segments of this store in order; the others are free space.
  private mutating func order(_ candidates: inout [Candidate]) {
    var found: [(header: SegmentHeader, candidate: Candidate)] = []
    for candidate in candidates {
      if let header = candidate.header {
        if header.store == store, header.slot == candidate.slot, header.segmentSize == segmentSize {
          found.append((header, candidate))
          continue
        }
        report.rejectedSegments.append(Layout.segmentName(slot: candidate.slot))
      } else if let rebuilt = rebuild(candidate) {
        report.rebuiltHeaders += 1
        found.append((rebuilt, candidate))
        continue
      }
      freeSlots.append(candidate.slot)
    }
    lastGeneration = found.map(\.header.generation).max() ?? 0
    found.sort { $0.header.generation < $1.header.generation }
    evictedThrough = max(found.map(\.header.evictedThrough).max() ?? 0, ledger.evictedThrough)
    for (index, (header, candidate)) in found.enumerated() {
      let following = index + 1 < found.count ? found[index + 1].header : nil
      // A stale copy of an older lap, or one that was given up just before a crash.
      let isGone = following.map { $0.baseSequence <= evictedThrough.saturatingNext } ?? false
      if isGone || (following.map { $0.generation == header.generation } ?? false) {
        freeSlots.append(candidate.slot)
        continue
      }
      segments.append(
        Segment(
          slot: candidate.slot, generation: header.generation,
          seed: Checksum.segmentSeed(store: store, generation: header.generation),
          baseSequence: header.baseSequence, precedingSequence: header.precedingSequence,
          lastSequence: max(
            following?.precedingSequence ?? 0,
            header.baseSequence == 0 ? 0 : header.baseSequence - 1),
          end: Layout.dataEnd(segmentSize: segmentSize)))
      if following == nil {
        newestFile = candidate.file
        newestIsShort = candidate.size < segmentSize
      }
    }
  }

  /// A segment whose headers are both lost is known by its groups: each names its generation.
  private func rebuild(_ candidate: Candidate) -> SegmentHeader? {
    let end = min(candidate.size, Layout.dataEnd(segmentSize: segmentSize))
    var offset = Layout.dataStart
    let chunk = 1 << 20
    while offset + Layout.groupHeaderSize <= end {
      guard let bytes = try? candidate.file.bytes(at: offset, count: min(chunk, end - offset)),
        bytes.count >= Layout.groupHeaderSize
      else { return nil }
      let group = bytes.withUnsafeBytes { raw -> GroupHeader? in
        guard let base = raw.baseAddress else { return nil }
        for place in stride(from: 0, through: raw.count - Layout.groupHeaderSize, by: 8)
        where raw.load(UInt32.self, place + 4) == Layout.groupMagic {
          let seed = Checksum.segmentSeed(
            store: store, generation: raw.load(UInt64.self, place + 56))
          if let group = GroupHeader.decode(
            base + place, seed: Checksum.headerSeed(segmentSeed: seed, offset: offset + place))
          {
            return group
          }
        }
        return nil
      }
      if let group {
        return SegmentHeader(
          slot: candidate.slot, store: store, segmentSize: segmentSize,
          generation: group.generation, baseSequence: group.firstSequence,
          precedingSequence: group.precedingSequence, evictedThrough: 0, created: 0)
      }
      offset += bytes.count - Layout.groupHeaderSize + 8 & ~7
    }
    return nil
  }

  /// Finds where the newest segment ends: told by a clean close, else by reading all of it.
  private mutating func readTail(_ state: StateFile?) throws(StoreIOError) {
    guard let newest = segments.last, let file = newestFile else { return }
    let index = segments.count - 1
    if let state, state.isClean, state.newestGeneration == newest.generation, !newestIsShort,
      state.tail >= Layout.dataStart, state.tail <= newest.end, state.tail % 8 == 0
    {
      tail = state.tail
      tailSummary = state.summary
      segments[index].lastSequence = max(newest.lastSequence, state.lastSequence)
      report.wasClean = true
    } else {
      let scan = try SegmentScan.run(
        file, seed: newest.seed, generation: newest.generation, base: newest.baseSequence,
        preceding: newest.precedingSequence, from: Layout.dataStart, areaEnd: newest.end)
      tail = scan.end
      tailSummary = TailSummary(
        count: scan.count, minTime: scan.minTime, maxTime: scan.maxTime,
        payloadBytes: scan.payloadBytes, hasLabels: scan.hasLabels)
      segments[index].lastSequence = max(newest.lastSequence, scan.lastSequence)
      if isInspection {
        // What is being written at this moment is no damage.
        let watermark = max(scan.durableThrough, state?.lastSequence ?? 0)
        if let gap = scan.gaps.first(where: { $0.reason == .damaged && $0.last > watermark }) {
          segments[index].lastSequence = max(
            newest.lastSequence, min(scan.lastSequence, max(watermark, gap.first - 1)))
        }
      }
      report.damaged = scan.gaps.filter { $0.reason == .damaged }
      report.tornBytes = scan.skippedBytes
    }
    segments[index].end = tail
    lastSequence = max(segments[index].lastSequence, newest.precedingSequence)
  }

  private mutating func decideNumbers(_ state: StateFile?) {
    // The cursor file names only records that were durable: fewer in the segment means damage.
    if PlantedBug.numbersFromLogEndOnly.isPlanted {
      nextSequence = lastSequence.saturatingNext
      return
    }
    if let state, state.lastSequence > lastSequence {
      report.damaged.append(
        Gap(first: lastSequence + 1, last: state.lastSequence, reason: .damaged))
      lastSequence = state.lastSequence
      if let index = segments.indices.last { segments[index].lastSequence = lastSequence }
    }
    report.wasClean = state?.isClean ?? false
    report.wasRebooted = !report.isNew && state?.boot != boot
    nextSequence = max(lastSequence.saturatingNext, state?.nextSequence ?? 1)
    nextSequence = max(nextSequence, evictedThrough.saturatingNext)
    for cursor in cursors {
      nextSequence = max(nextSequence, cursor.acknowledged.saturatingNext)
      nextSequence = max(nextSequence, cursor.ranges.last?.upperBound.saturatingNext ?? 0)
    }
    if report.wasRebooted, !report.wasClean {
      let (jump, overflow) = nextSequence.addingReportingOverflow(Self.rebootReserve)
      if !overflow { nextSequence = jump }
    }
    lastSequence = max(lastSequence, evictedThrough)
  }
}
