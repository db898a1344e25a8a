/// What the files of a store say, read without changing anything.
struct StoreImage<FS: StoreFileSystem> {
  var store = StoreIdentity(low: 0, high: 0)
  var segmentSize = 0
  var slotLimit = 0
  /// Oldest first.
  var segments: [Segment] = []
  var freeSlots: [Int] = []
  /// Slots whose file the disk did not give: neither used nor overwritten.
  var badSlots: [Int] = []
  /// Slots that have a file.
  var slots: Set<Int> = []
  var evictedThrough: UInt64 = 0
  var lastSequence: UInt64 = 0
  /// The last number that is known to have been in use, where the disk did not give all: `lastSequence` is the last
  /// one that may have been, then.
  var certainSequence: UInt64?
  var nextSequence: UInt64 = 1
  /// The highest generation that any header bears.
  var lastGeneration: UInt64 = 0
  var tail = Layout.dataStart
  var tailSummary = TailSummary()
  /// What of the newest segment may be in the page cache alone, though no write is pending: a sync may
  /// have failed before the store was left open. Nil after a clean close.
  var unprovenTail: Range<Int>?
  /// Every number up to here was durable once, as far as is known; all if the store was closed in order.
  var provenThrough: UInt64 = 0
  /// Where the copies in the state files are that are damaged.
  var damagedState: [(file: String, offset: Int)] = []
  var newestFile: FS.File?
  var newestIsShort = false
  /// Part of the newest segment could not be read, or of a header that may be a newer one's, so that the
  /// store's end is not known for sure.
  var isTailUncertain = false
  /// The newest segment has a footer, so there was one behind it: nothing may be added to it.
  var isNewestFinished = false
  /// Free slots with something in the place of a header that is none: the disk may have a whole one there
  /// from before that.
  var tornSlots: [Int] = []
  /// Headers of segments in use of which a copy is damaged or lost.
  var headerRepairs: [SegmentHeader] = []
  var boot = StoreIdentity(low: 0, high: 0)
  var cursors: [CursorState] = []
  var cursorFile: SlotFile<FS>
  var ledgerFile: SlotFile<FS>
  var ledger = Ledger()
  var report = RecoveryReport()

  /// The generation that each file's header bears.
  private(set) var looked: [Int: UInt64] = [:]

  private let isInspection: Bool

  /// A file with a segment's name. It is not kept open: there may be more of them than descriptors.
  private struct Candidate {
    var slot: Int
    var size: Int
    var header: SegmentHeader?
    /// Whether both copies of the header are the same.
    var isHeaderWhole: Bool
    /// The last block: where a footer may be.
    var lastBlock: [UInt8]
    /// Whether the disk gave both copies; what it gives another time may be better than what was found.
    var isRead: Bool
    /// Whether there is something else where a header should be.
    var isTorn = false
  }

  /// How far numbers jump when the machine was started anew after the store was left open: a disk
  /// that lied about a sync may have lost numbers that a sink has seen.
  static var rebootReserve: UInt64 { 1 << 20 }

  /// No store gets here: it takes 292 years at a thousand million records a second.
  static var unreachableSequence: UInt64 { 1 << 63 }

  /// Reads everything. `options` only count where there is no store, or nothing of it is left to tell
  /// its size.
  init(reading fs: FS, options: StoreOptions?) throws(StoreError) {
    isInspection = options == nil
    do {
      let names = try fs.list()
      let (cursorFile, state, badState) = try SlotFile.load(Layout.cursorsName, in: fs)
      let (ledgerFile, ledger, badLedger) = try SlotFile.load(Layout.ledgerName, in: fs)
      for file in [cursorFile, ledgerFile] where file.isNewer {
        throw StoreError(
          .newerFormat, "the store was written by a newer version of this program",
          path: "\(fs.path)/\(file.name)", advice: "use that version; nothing was changed")
      }
      self.cursorFile = cursorFile
      self.ledgerFile = ledgerFile
      damagedState = badState.map { (Layout.cursorsName, $0) }
      damagedState += badLedger.map { (Layout.ledgerName, $0) }
      report.repairedStateCopies = damagedState.count
      boot = fs.bootIdentity()
      var candidates = try Self.candidates(names, in: fs)
      let hasFiles = !candidates.isEmpty || names.contains(Layout.cursorsName)
      report.isNew = !hasFiles
      let known = Self.vote(candidates, state: state?.store, ledger: ledger?.store)
      store = known ?? fs.newIdentity()
      var stateFile = state.flatMap { $0.store == store ? try? StateFile($0.payload) : nil }
      if let ledger, ledger.store == store, let decoded = try? Ledger(ledger.payload) {
        self.ledger = decoded
      }
      try chooseGeometry(&candidates, stateFile, options)
      order(&candidates, stateFile, in: fs)
      lastGeneration = max(lastGeneration, stateFile?.highestGeneration ?? 0)
      try openNewest(in: fs)
      if let state = stateFile, isOutdated(state) { stateFile?.isClean = false }
      readTail(stateFile)
      report.cursorsLost = stateFile == nil && !report.isNew && known != nil
      cursors = stateFile?.cursors ?? []
      takeCounts(known: stateFile != nil)
      decideNumbers(stateFile)
    } catch let error as StoreIOError {
      throw StoreError(error, in: fs.path)
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(.inputOutput, "the store can't be read: \(error)", path: fs.path)
    }
  }

  /// What the ledger says of the cursors' losses counts: it is saved before them. What it says of a cursor
  /// that was removed is left from a crash.
  private mutating func takeCounts(known: Bool) {
    for index in cursors.indices {
      cursors[index].evicted = max(cursors[index].evicted, ledger.evicted[cursors[index].name] ?? 0)
    }
    guard known else { return }
    let gone = Set(ledger.labels.keys).union(ledger.evicted.keys)
      .subtracting(cursors.map(\.name)).subtracting([""])
    for name in gone { ledger.remove(cursor: name) }
  }

  private static func candidates(_ names: [String], in fs: FS) throws -> [Candidate] {
    var result: [Candidate] = []
    for slot in names.compactMap(Layout.slot(ofSegment:)).sorted() {
      do {
        result.append(try candidate(slot, in: fs))
      } catch let error as StoreIOError where error.isMissing {
        // Removed since the directory was read; what is listed still must not be taken for free space.
        if try fs.list().contains(Layout.segmentName(slot: slot)) { throw error }
      }
    }
    return result
  }

  private static func candidate(_ slot: Int, in fs: FS) throws -> Candidate {
    let file = try fs.open(Layout.segmentName(slot: slot), create: false)
    let size = try file.size()
    // An unreadable sector is damage like any other, as long as the other copy is there.
    let first = try? file.bytes(at: 0, count: Layout.segmentHeaderSize)
    let lastBlock = try? file.bytes(at: max(0, size - Layout.block), count: Layout.block)
    var copies: [SegmentHeader] = []
    let second = (lastBlock ?? []).suffix(Layout.segmentHeaderSize)
    for bytes in [first ?? [], Array(second)] {
      switch bytes.withUnsafeBytes(SegmentHeader.decode) {
      case .header(let found): copies.append(found)
      case .newer:
        throw StoreError(
          .newerFormat, "the store was written by a newer version of this program",
          path: "\(fs.path)/\(Layout.segmentName(slot: slot))",
          advice: "use that version; nothing was changed")
      case .invalid: break
      }
    }
    let isTorn = copies.isEmpty && ((first ?? []) + second).contains { $0 != 0 }
    return Candidate(
      slot: slot, size: size, header: copies.max { $0.generation < $1.generation },
      isHeaderWhole: copies.count == 2 && copies[0] == copies[1], lastBlock: lastBlock ?? [],
      isRead: first != nil && lastBlock != nil, isTorn: isTorn)
  }

  /// Which segment each file holds. Two looks at a store in use that agree are a true picture.
  static func generations(in fs: FS) throws(StoreError) -> [Int: UInt64] {
    do {
      let found = try candidates(try fs.list(), in: fs).map {
        ($0.slot, $0.header?.generation ?? 0)
      }
      return Dictionary(uniqueKeysWithValues: found)
    } catch let error as StoreIOError {
      throw StoreError(error, in: fs.path)
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(.inputOutput, "the store can't be read: \(error)", path: fs.path)
    }
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
      votes.max { $0.value < $1.value }?.key
      ?? state.flatMap { Layout.isSegmentSize($0.segmentSize) ? $0.segmentSize : nil }
      ?? candidates.map(\.size).filter(Layout.isSegmentSize).max()
    slots = Set(candidates.map(\.slot))
    let options = options ?? StoreOptions()
    let wanted: (size: Int, slots: Int)
    if let existing {
      // No capacity keeps a store from opening: it may be less than two of the segments that there are, or more than all.
      wanted = (existing, Layout.segments(in: options.capacity, of: existing))
    } else {
      wanted = try options.geometry()
    }
    segmentSize = wanted.size
    slotLimit = max(state?.slotLimit ?? max(wanted.slots, slots.count), 2)
  }

  /// Puts the segments of this store in order; the others are free space.
  private mutating func order(
    _ candidates: inout [Candidate], _ state: StateFile?, in fs: FS
  ) {
    var found: [(header: SegmentHeader, candidate: Candidate)] = []
    for candidate in candidates {
      looked[candidate.slot] = candidate.header?.generation ?? 0
      // The copy that the disk did not give may be the newer one.
      if !candidate.isRead { isTailUncertain = true }
      if let header = candidate.header {
        if header.store == store, header.slot == candidate.slot, header.segmentSize == segmentSize {
          found.append((header, candidate))
          continue
        }
        report.rejectedSegments.append(Layout.segmentName(slot: candidate.slot))
      } else {
        let (rebuilt, isWhole) = rebuild(candidate, in: fs)
        if let rebuilt {
          report.rebuiltHeaders += 1
          found.append((rebuilt, candidate))
          continue
        }
        if !candidate.isRead || !isWhole, candidate.size > 0 {
          setAside(candidate)
          continue
        }
        if candidate.isTorn { tornSlots.append(candidate.slot) }
      }
      freeSlots.append(candidate.slot)
    }
    lastGeneration = found.map(\.header.generation).max() ?? 0
    found.sort { $0.header.generation < $1.header.generation }
    evictedThrough = max(found.map(\.header.evictedThrough).max() ?? 0, ledger.evictedThrough)
    evictedThrough = max(evictedThrough, state?.evictedThrough ?? 0)
    for (index, (header, candidate)) in found.enumerated() {
      let following = index + 1 < found.count ? found[index + 1].header : nil
      // A stale copy of an older lap, or one that was given up just before a crash.
      let isGone = following.map { $0.precedingSequence <= evictedThrough } ?? false
      if isGone || (following.map { $0.generation == header.generation } ?? false) {
        if candidate.isRead { freeSlots.append(candidate.slot) } else { setAside(candidate) }
        continue
      }
      var segment = Segment(
        slot: candidate.slot, generation: header.generation,
        seed: Checksum.segmentSeed(store: store, generation: header.generation),
        baseSequence: header.baseSequence, precedingSequence: header.precedingSequence,
        lastSequence: max(
          following?.precedingSequence ?? 0,
          header.baseSequence == 0 ? 0 : header.baseSequence - 1),
        end: Layout.dataEnd(segmentSize: segmentSize))
      let footer = footer(candidate, of: segment)
      if following != nil { segment.count = footer?.count }
      isNewestFinished = following == nil && footer != nil
      segments.append(segment)
      let isWhole = candidate.size >= segmentSize
      // What was rebuilt knows less than a header that the disk may give another time.
      let isBest = candidate.header != nil || candidate.isRead
      if !candidate.isHeaderWhole, isBest, isWhole || following == nil {
        headerRepairs.append(header)
        if candidate.header != nil { report.repairedHeaderCopies += 1 }
      }
      if following == nil { newestIsShort = !isWhole }
    }
    for index in segments.indices.dropFirst() {
      guard let header = found.first(where: { $0.header.generation == segments[index].generation }),
        let certain = header.header.certainSequence
      else { continue }
      settle(index, certain, in: fs)
    }
  }

  /// A segment that was begun when the disk did not give all that came before it. What was feared lost then was never in use
  /// if the disk gives all of it now.
  private mutating func settle(_ index: Int, _ certain: UInt64, in fs: FS) {
    let before = segments[index - 1]
    guard badSlots.isEmpty, !isTailUncertain,
      let file = try? fs.open(Layout.segmentName(slot: before.slot), create: false)
    else { return }
    let scan = SegmentScan.run(
      file, seed: before.seed, generation: before.generation, base: before.baseSequence,
      preceding: before.precedingSequence, from: Layout.dataStart, areaEnd: before.end)
    guard scan.isWhole else { return }
    let known = max(
      certain, scan.lastSequence, before.baseSequence == 0 ? 0 : before.baseSequence - 1)
    guard known < segments[index].precedingSequence else { return }
    segments[index].precedingSequence = known
    segments[index - 1].lastSequence = known
  }

  private mutating func setAside(_ candidate: Candidate) {
    report.unreadableSegments.append(Layout.segmentName(slot: candidate.slot))
    badSlots.append(candidate.slot)
  }

  /// The summary of a finished segment, nil where it is damaged or from an earlier lap.
  private func footer(_ candidate: Candidate, of segment: Segment) -> SegmentFooter? {
    guard candidate.size == segmentSize, candidate.lastBlock.count == Layout.block else {
      return nil
    }
    let seed = Checksum.headerSeed(
      segmentSeed: segment.seed, offset: Layout.footer(segmentSize: segmentSize))
    let footer = SegmentFooter.decode(candidate.lastBlock, seed: seed)
    return footer?.generation == segment.generation ? footer : nil
  }

  /// A segment whose headers are both lost is known by its groups: each names its generation.
  ///
  /// - Returns: also whether the disk gave all that was asked for.
  private func rebuild(_ candidate: Candidate, in fs: FS) -> (SegmentHeader?, isWhole: Bool) {
    let name = Layout.segmentName(slot: candidate.slot)
    guard let file = try? fs.open(name, create: false) else { return (nil, false) }
    let end = min(candidate.size, Layout.dataEnd(segmentSize: segmentSize))
    var offset = Layout.dataStart
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var isWhole = true
    while offset + Layout.groupHeaderSize <= end {
      let wanted = min(buffer.count, end - offset)
      let found = buffer.withUnsafeMutableBytes { raw -> (GroupHeader, Int)? in
        let part = UnsafeMutableRawBufferPointer(rebasing: raw[..<wanted])
        let (count, isPartWhole) = file.readAround(into: part, at: offset)
        if !isPartWhole { isWhole = false }
        guard let base = UnsafeRawPointer(raw.baseAddress), count >= Layout.groupHeaderSize else {
          return nil
        }
        for place in stride(from: 0, through: count - Layout.groupHeaderSize, by: 8)
        where base.load(UInt32.self, place + 4) == Layout.groupMagic {
          let seed = Checksum.segmentSeed(
            store: store, generation: base.load(UInt64.self, place + 56))
          if let group = GroupHeader.decode(
            base + place, seed: Checksum.headerSeed(segmentSeed: seed, offset: offset + place))
          {
            return (group, offset + place)
          }
        }
        return nil
      }
      if let (group, place) = found {
        return (header(of: candidate.slot, file, before: group, at: place), isWhole)
      }
      if wanted == end - offset { break }
      offset += (wanted - Layout.groupHeaderSize + 8) & ~7
    }
    return (nil, isWhole)
  }

  /// The header of a segment whose first readable group is known; records before it may be intact.
  private func header(
    of slot: Int, _ file: FS.File, before group: GroupHeader, at offset: Int
  ) -> SegmentHeader {
    var base = group.firstSequence
    var preceding = group.precedingSequence
    if offset > Layout.dataStart {
      let scan = SegmentScan.run(
        file, seed: Checksum.segmentSeed(store: store, generation: group.generation),
        generation: group.generation, base: base, preceding: preceding, from: Layout.dataStart,
        areaEnd: offset)
      if scan.firstSequence > 0, scan.firstSequence < base {
        base = scan.firstSequence
        preceding = min(preceding, base - 1)
      }
    }
    return SegmentHeader(
      slot: slot, store: store, segmentSize: segmentSize, generation: group.generation,
      baseSequence: base, precedingSequence: min(preceding, base == 0 ? 0 : base - 1),
      certainSequence: nil, evictedThrough: 0, created: 0)
  }

  private mutating func openNewest(in fs: FS) throws(StoreIOError) {
    guard let newest = segments.last else { return }
    do throws(StoreIOError) {
      newestFile = try fs.open(Layout.segmentName(slot: newest.slot), create: false)
    } catch  where error.isMissing && isInspection {}
  }

  /// Whether a state that tells of a clean close is older than the segments: the newer one, from when the store was opened again, is
  /// damaged or was not given by the disk. Its end would hide what was appended since, and the next record would overwrite it.
  private func isOutdated(_ state: StateFile) -> Bool {
    guard state.isClean, let newest = segments.last, let file = newestFile else { return false }
    guard state.newestGeneration == newest.generation else {
      return state.newestGeneration < newest.generation
    }
    guard state.tail >= Layout.dataStart, state.tail <= newest.end - Layout.groupHeaderSize else {
      return false
    }
    guard let next = try? file.bytes(at: state.tail, count: Layout.groupHeaderSize) else {
      return true
    }
    guard next.count == Layout.groupHeaderSize else { return false }
    let seed = Checksum.headerSeed(segmentSeed: newest.seed, offset: state.tail)
    let group = next.withUnsafeBytes { bytes in
      bytes.baseAddress.flatMap { GroupHeader.decode($0, seed: seed) }
    }
    return group?.generation == newest.generation
  }

  /// Finds where the newest segment ends: told by a clean close, else by reading all of it.
  private mutating func readTail(_ state: StateFile?) {
    guard let newest = segments.last, let file = newestFile else { return }
    let index = segments.count - 1
    if let state, state.isClean, state.newestGeneration == newest.generation, !newestIsShort,
      state.tail >= Layout.dataStart, state.tail <= newest.end, state.tail % 8 == 0
    {
      tail = state.tail
      tailSummary = state.summary
      segments[index].lastSequence = max(newest.lastSequence, state.lastSequence)
      report.wasClean = true
      provenThrough = .max
    } else {
      let scan = SegmentScan.run(
        file, seed: newest.seed, generation: newest.generation, base: newest.baseSequence,
        preceding: newest.precedingSequence, from: Layout.dataStart, areaEnd: newest.end)
      tail = scan.end
      unprovenTail = scan.durableEnd..<max(scan.durableEnd, scan.end)
      tailSummary = TailSummary(
        count: scan.count, minTime: scan.minTime, maxTime: scan.maxTime,
        payloadBytes: scan.payloadBytes, hasLabels: scan.hasLabels)
      segments[index].lastSequence = max(newest.lastSequence, scan.lastSequence)
      isTailUncertain = isTailUncertain || !scan.isWhole
      provenThrough = max(scan.durableThrough, state?.lastSequence ?? 0)
      if isInspection {
        // What is being written at this moment is no damage.
        let watermark = provenThrough
        if let gap = scan.gaps.first(where: { $0.reason == .damaged && $0.last > watermark }) {
          segments[index].lastSequence = max(
            newest.lastSequence, min(scan.lastSequence, max(watermark, gap.first - 1)))
        }
      }
      report.damaged = scan.gaps.filter { $0.reason == .damaged }
      report.tornBytes = scan.skippedBytes
    }
    segments[index].end = tail
    segments[index].count = tailSummary.count
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
    let saved = state?.nextSequence ?? 1
    let isBelievable = saved < Self.unreachableSequence
    nextSequence = max(lastSequence.saturatingNext, isBelievable ? saved : 1)
    nextSequence = max(nextSequence, evictedThrough.saturatingNext)
    // An earlier state of 0.1.0 let a cursor be opened at any number; taken for used, the highest would leave none for new records.
    for index in cursors.indices {
      let highest = max(cursors[index].acknowledged, cursors[index].ranges.last?.upperBound ?? 0)
      if highest < Self.unreachableSequence {
        nextSequence = max(nextSequence, highest + 1)
      } else {
        cursors[index].withdraw(beyond: nextSequence - 1)
      }
    }
    if !isBelievable || report.wasRebooted && !report.wasClean { jump(by: Self.rebootReserve) }
    // What the disk does not give at this moment may be the newest: as many records as there can be, of
    // as many generations. And the state file may name a segment that is not there.
    let isUncertain = isTailUncertain || !badSlots.isEmpty
    let newest = segments.last?.generation ?? 0
    var missing = UInt64(badSlots.count + 1)
    if let state, !state.isClean, state.newestGeneration > newest {
      missing = max(missing, min(state.newestGeneration - newest, UInt64(slotLimit)))
      report.isNewestMissing = badSlots.isEmpty
    }
    if isUncertain || report.isNewestMissing {
      jump(by: UInt64(segmentSize / Layout.recordHeaderSize) * missing)
      if isUncertain { lastGeneration &+= Self.rebootReserve }
      if nextSequence - 1 > lastSequence {
        report.damaged.append(
          Gap(first: lastSequence + 1, last: nextSequence - 1, reason: .damaged))
        if !report.isNewestMissing { certainSequence = lastSequence }
        lastSequence = nextSequence - 1
        if let index = segments.indices.last { segments[index].lastSequence = lastSequence }
        if report.isNewestMissing { provenThrough = max(provenThrough, lastSequence) }
      }
    }
    lastSequence = max(lastSequence, evictedThrough)
  }

  private mutating func jump(by count: UInt64) {
    let (next, overflow) = nextSequence.addingReportingOverflow(count)
    if !overflow { nextSequence = next }
  }
}
