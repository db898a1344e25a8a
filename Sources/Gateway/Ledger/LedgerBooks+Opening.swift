internal import Glibc
internal import IOThreads
internal import IndustrialModel
internal import StoreForward

extension LedgerBooks {
  /// Opens the books of a data folder and brings them up to what is in its buffer.
  ///
  /// - Throws: `StoreError` with code `newerFormat` for books of a later version, which stay as they are, or what a store throws.
  static func open(
    dataFolder: String, buffer: GatewayBuffer, tags: TagRegistry,
    report: @escaping @Sendable (GatewayEvent) -> Void
  ) async throws(StoreError) -> LedgerBooks {
    let contents = try load(dataFolder)
    var known = contents.flatMap { LedgerState(entries: $0.entries) }
    if contents?.isRepaired == true {
      report(GatewayEvent(.warning, source: "ledger", "a damaged entry was read from its copy"))
    }
    if let contents, contents.unread > 0 {
      let path = LedgerFile.path(contents.file, in: dataFolder)
      keepCopy(of: path)
      report(
        GatewayEvent(
          .error, source: "ledger",
          "both copies of an entry are damaged: it and what was added behind it, \(contents.unread) entries, can't be read. The counts go "
            + "on from before; what was confirmed since goes to the sinks once more [\(path), kept as \(path).old]"
        ))
    }
    if let state = known, !state.fits(buffer) {
      keepOldFiles(dataFolder)
      known = nil
      report(
        GatewayEvent(
          .warning, source: "ledger",
          "the buffer is another one than the ledger's; the ledger begins anew (before: ledger.*.old)"
        ))
    } else if known == nil, hasFiles(dataFolder) {
      keepOldFiles(dataFolder)
      report(
        GatewayEvent(
          .error, source: "ledger",
          "both copies of the ledger are damaged; it begins anew (before: ledger.*.old)"))
    }
    let books = LedgerBooks(
      known ?? LedgerState(identity: UInt64.random(in: 1 ... .max)),
      file: LedgerFile(folder: dataFolder, after: known == nil ? nil : contents), tags: tags)
    for lane in buffer.lanes {
      guard let store = buffer.store(of: lane) else { continue }
      if known == nil { books.enter(through: store.nextSequence &- 1, in: lane) }
      books.adopt(store, as: lane)
      try await books.catchUp(with: store, in: lane, through: store.nextSequence &- 1)
    }
    books.shedWhatWasHeld()
    do throws(SystemFailure) {
      try books.save()
    } catch {
      throw StoreError(
        .inputOutput, "the ledger can't be written: \(error.explanation)",
        path: LedgerFile.path(0, in: dataFolder), advice: "see to the disk and the folder's owner")
    }
    return books
  }

  static func load(_ dataFolder: String) throws(StoreError) -> LedgerFile.Contents? {
    do throws(LedgerFile.Unusable) {
      return try LedgerFile.load(folder: dataFolder)
    } catch {
      switch error {
      case .newerVersion(let path):
        throw StoreError(
          .newerFormat, "the ledger was written by a newer version of this program", path: path,
          advice: "use that version; nothing was changed")
      }
    }
  }

  private static func hasFiles(_ folder: String) -> Bool {
    (0..<2).contains { access(LedgerFile.path($0, in: folder), F_OK) == 0 }
  }

  /// The file itself stays until the other one has taken its turn.
  private static func keepCopy(of path: String) {
    guard let bytes = readFile(path) else { return }
    try? replaceFile(path + ".old", with: bytes)
  }

  private static func keepOldFiles(_ folder: String) {
    for file in 0..<2 {
      let path = LedgerFile.path(file, in: folder)
      rename(path, path + ".old")
    }
  }

  /// From now on what a lane gives up is counted.
  func adopt(_ store: RingStore, as lane: BufferLane) {
    withState { state in
      state.lanes[lane.rawValue].store = (store.identity.low, store.identity.high)
      state.isChanged = true
    }
    store.tellEvictions(to: LaneWitness(self, lane))
  }

  /// Enters records that were appended without being entered.
  func catchUp(
    with store: RingStore, in lane: BufferLane, through last: UInt64
  ) async throws(StoreError) {
    let first = through(lane) &+ 1
    guard first <= last else { return }
    try await read(store, LedgerScan(position: first - 1, through: last)) { contents in
      enter(contents.filter { $0.numbers.upperBound <= last }, in: lane)
      return through(lane) < last
    }
    enter(through: last, in: lane)
  }

  /// Reads accounts of the records behind a place, until `body` says that it has enough.
  func read(
    _ store: RingStore, _ scan: LedgerScan, _ body: ([RecordContent]) -> Bool
  ) async throws(StoreError) {
    var accounts = accountReader()
    let reader = try await store.reader(from: .sequence(scan.position &+ 1))
    do {
      // Some records behind the last one may tell of it.
      while reader.nextSequence <= scan.through &+ UInt64(Remark.memory) {
        var contents: [RecordContent] = []
        let found: Void? = try await reader.next(maxBytes: 1 << 20, wait: .zero) { batch in
          accounts.read(batch, into: &contents)
        }
        guard found != nil else { break }
        if !contents.isEmpty, !body(contents) { return }
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(.inputOutput, "\(error)")
    }
    var contents: [RecordContent] = []
    accounts.finish(into: &contents)
    if !contents.isEmpty { _ = body(contents) }
  }

  /// What the last records of a store tell.
  func lastAccounts(of store: RingStore) async throws(StoreError) -> [Remark.Told] {
    let last = store.nextSequence &- 1
    guard last > 0 else { return [] }
    var told: [Remark.Told] = []
    let first = last > UInt64(Remark.memory) ? last - UInt64(Remark.memory) : 0
    try await read(store, LedgerScan(position: first, through: last)) { contents in
      for content in contents {
        guard let account = content.account else { continue }
        told.append(Remark.Told(number: content.numbers.lowerBound, account: account))
      }
      return true
    }
    return told
  }

  /// What is known of damaged records, from those behind.
  func content(
    ofDamaged numbers: ClosedRange<UInt64>, in store: RingStore
  ) async throws(StoreError) -> [RecordContent] {
    var result: [RecordContent] = []
    try await read(
      store, LedgerScan(position: numbers.lowerBound - 1, through: numbers.upperBound)
    ) { contents in
      result += contents.filter { numbers.contains($0.numbers.lowerBound) && !$0.isIntact }
      return contents.last.map { $0.numbers.upperBound < numbers.upperBound } ?? true
    }
    return result
  }

  /// Counts what was in the buffer before a sink.
  func countWhatWasThere(
    before sink: Int, in store: RingStore, _ lane: BufferLane
  ) async throws(StoreError) {
    let opening = opening(of: sink, in: lane)
    guard !opening.isDone else { return }
    try await read(store, opening) { contents in
      open(sink, in: lane, with: contents)
      return !self.opening(of: sink, in: lane).isDone
    }
    endOpening(of: sink, in: lane)
  }
}

extension LedgerState {
  /// Whether these are the books of a buffer.
  fileprivate func fits(_ buffer: GatewayBuffer) -> Bool {
    BufferLane.allCases.allSatisfy { lane in
      guard let known = lanes[lane.rawValue].store else { return true }
      guard let store = buffer.store(of: lane) else { return false }
      return known == (store.identity.low, store.identity.high)
    }
  }
}
