internal import IndustrialModel
internal import StoreForward

/// Takes samples from the intake, puts them through the stages, numbers them and makes them durable, each class in its lane.
struct Lane: ~Copyable {
  private let intake: Intake
  private let buffer: GatewayBuffer
  private let tags: TagRegistry
  private let board: StatusBoard
  private var flow: SampleFlow
  private let journal: Journal?
  private var encoder: SampleBlockEncoder
  private var records = RecordBatch(reservingBytes: 1 << 16)
  private var chunks = RecordChunks()
  private let isCounting = LedgerSwitch.isOn
  private let books: LedgerBooks
  private let keeper: LedgerKeeper
  /// What no record tells yet.
  private var fates = SampleFates()
  private var toldFates = MonotonicClock.now()
  private var condition: ConditionReporter

  /// So many samples are one record at most: damage to a record costs no more than that, and the numbers of samples
  /// never outrun the store's (`LastSequence`).
  static let samplesPerRecord = 4096
  /// What became of samples of which nothing is stored is told so long after at the latest, in nanoseconds.
  private static let tellInterval: Int64 = 4_000_000_000
  /// While it waits for room it tries again after so long, which is its sign of life: `GatewayRuntime.heartbeat` promises one every
  /// ten seconds.
  private static let longestSilence: Duration = .seconds(5)

  init(
    intake: Intake, buffer: GatewayBuffer, tags: TagRegistry, board: StatusBoard, stages: Stages,
    books: LedgerBooks, keeper: LedgerKeeper, nextSequence: UInt64,
    configurationVersion: UInt32 = 0, journal: Journal? = nil,
    report: @escaping @Sendable (GatewayEvent) -> Void
  ) {
    self.intake = intake
    self.buffer = buffer
    self.tags = tags
    self.board = board
    flow = SampleFlow(
      stages, nextSequence: nextSequence, configurationVersion: configurationVersion,
      isCounting: isCounting)
    self.journal = journal
    encoder = SampleBlockEncoder(names: tags.names)
    self.books = books
    self.keeper = keeper
    condition = ConditionReporter(source: "buffer", report: report)
  }

  /// Works until the intake is finished and empty. Not ended by cancellation: what was acquired gets stored.
  mutating func run() async {
    var samples = SampleBatch()
    var counts = (suppressed: 0, folded: 0)
    while let moments = await intake.take() {
      board.beat()
      var isStored = true
      for group in moments {
        journal?.note(group, before: flow.nextSequence)
        if let change = group.change {
          isStored = await keep(&samples, counting: &counts) && isStored
          flow.exchange(change, tags: tags, into: &samples, counting: &fates)
          isStored = await keep(&samples, counting: &counts) && isStored
        }
        if let version = group.configurationVersion {
          isStored = await keep(&samples, counting: &counts) && isStored
          flow.configurationVersion = version
        }
        let (suppressed, folded) = flow.take(group, into: &samples, counting: &fates)
        counts.suppressed += suppressed
        counts.folded += folded
      }
      isStored = await keep(&samples, counting: &counts) && isStored
      for group in moments { group.onStored?(isStored) }
    }
    journal?.note(.finish, before: flow.nextSequence)
    flow.finish(into: &samples, counting: &fates)
    await keep(&samples, counting: &counts, tellsAll: true)
  }

  /// Stores samples; there are none then, and nothing is counted.
  ///
  /// - Returns: false when the gateway ends before there is room for all of them.
  @discardableResult
  private mutating func keep(
    _ samples: inout SampleBatch, counting counts: inout (suppressed: Int, folded: Int),
    tellsAll: Bool = false
  ) async -> Bool {
    defer {
      samples.removeAll()
      counts = (0, 0)
    }
    flow.endBatch()
    board.acquired(samples, suppressed: counts.suppressed, folded: counts.folded)
    if samples.isEmpty {
      // What is only left out waits for the next samples, but not for ever.
      guard !fates.isEmpty,
        tellsAll || MonotonicClock.now() &- toldFates >= Self.tellInterval
      else { return true }
      return await store(samples, in: .telemetry, isLast: true)
    }
    let isStored = await store(samples)
    // What is kept must not be ahead of the buffer.
    if !isStored { flow.keepNoMore() }
    return isStored
  }

  private mutating func store(_ samples: SampleBatch) async -> Bool {
    guard let first = samples.records.first.map({ BufferLane($0.sampleClass) }) else { return true }
    if samples.records.allSatisfy({ BufferLane($0.sampleClass) == first }) {
      return await store(samples, in: first, isLast: true)
    }
    let parts = BufferLane.allCases.map { lane in
      var part = SampleBatch()
      for record in samples.records where BufferLane(record.sampleClass) == lane {
        part.append(record, of: samples)
      }
      return (lane: lane, samples: part)
    }.filter { !$0.samples.isEmpty }
    var isStored = true
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      if await !store(part.samples, in: part.lane, isLast: isLast) { isStored = false }
    }
    return isStored
  }

  /// - Parameter isLast: All that is to be told goes with these samples.
  private mutating func store(
    _ samples: SampleBatch, in lane: BufferLane, isLast: Bool
  ) async -> Bool {
    var isEncoded = false
    var hasPart = false
    var pause = Pause(longest: Self.longestSilence)
    var room: Bell.Listener?
    while true {
      do {
        let store = try await buffer.open(lane)
        if !isEncoded {
          encode(samples, limit: store.largestPayload, isLast: isLast)
          isEncoded = true
        }
        while hasPart || chunks.nextPart(limit: store.largestPayload) {
          hasPart = true
          // After a crash somebody has to know whose numbers they are.
          if books.hasUnsavedNames { try await keeper.save() }
          if chunks.needsLastAccounts(of: lane) {
            chunks.begin(lane, after: try await books.lastAccounts(of: store))
          }
          chunks.assemble(
            for: lane, from: store.nextSequence, ledger: books.identity,
            limit: store.largestPayload, into: &records)
          let receipt = try await store.append(records)
          board.stored(chunks.sampleCount)
          await enter(receipt, lane, store)
          hasPart = false
          buffer.bell.ring()
          condition.recovered()
        }
        return true
      } catch {
        // The samples wait here; the intake fills up, and then the drivers wait too. Nothing is lost but time.
        board.beat()
        if buffer.isEnding {
          shed(samples, isEncoded: isEncoded, isLast: isLast, because: error)
          return false
        }
        guard let error = error as? StoreError else {
          condition.failed(
            "the ledger can't be written; retrying. See to the disk and the rights of the data folder",
            level: .error)
          await pause.wait(unless: buffer.room) { buffer.isEnding }
          continue
        }
        guard error.code == .full else {
          condition.failed("\(error.message); retrying. \(error.advice)", level: .error)
          await pause.wait(unless: buffer.room) { buffer.isEnding }
          continue
        }
        condition.failed(
          "full of samples that a sink has not taken: reading waits for the sinks "
            + "(buffer.when_full is wait)")
        if let listener = room {
          if await !listener.wait(atMost: Self.longestSilence) { room = nil }
        } else {
          // Tried once more, in case there was room between the two.
          room = buffer.room.listen()
        }
      }
    }
  }

  /// The gateway ends and there is no room: no record tells of these samples, so the books do.
  private mutating func shed(
    _ samples: SampleBatch, isEncoded: Bool, isLast: Bool, because error: any Error
  ) {
    if !isEncoded { encode(samples, limit: 1 << 14, isLast: isLast) }
    let count = chunks.shed { books.shed($0) }
    guard count > 0 else { return }
    board.shed(count)
    condition.report(
      GatewayEvent(
        .error, source: condition.source,
        "\(count) samples that were read could not be stored before the end: "
          + ((error as? StoreError)?.message ?? "the ledger can't be written")))
  }

  /// What is stored goes into the books.
  private mutating func enter(_ receipt: Receipt, _ lane: BufferLane, _ store: RingStore) async {
    guard isCounting else { return }
    let (first, last) = (receipt.firstSequence, receipt.lastSequence)
    if books.enter(chunks.accounts, in: lane, from: first, last: last) != nil {
      // An append that failed may have left some records.
      try? await books.catchUp(with: store, in: lane, through: first - 1)
      books.enter(through: first - 1, in: lane)
      _ = books.enter(chunks.accounts, in: lane, from: first, last: last)
    }
    chunks.told(in: lane, from: first)
    if fates.isEmpty { toldFates = MonotonicClock.now() }
  }

  private mutating func encode(_ samples: SampleBatch, limit: Int, isLast: Bool) {
    if encoder.nameCount < tags.names.count { encoder = SampleBlockEncoder(names: tags.names) }
    let order = isCounting ? books.numbers() : []
    chunks.removeAll()
    for start in stride(from: 0, to: samples.count, by: Self.samplesPerRecord) {
      let end = min(start + Self.samplesPerRecord, samples.count)
      chunks.add(
        samples, start..<end, &encoder, &fates, order, limit, isLast: isLast && end == samples.count
      )
    }
    if isCounting, isLast, !fates.isEmpty { chunks.addAccounts(&fates, order, limit) }
  }
}
