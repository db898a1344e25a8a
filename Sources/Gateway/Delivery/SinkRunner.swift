internal import IndustrialModel
internal import Sinks
internal import StoreForward
internal import Synchronization

/// Brings what is in the buffer to one sink, the most urgent lane first, and acknowledges it when the sink has it.
struct SinkRunner: Sendable {
  let index: Int
  let name: String
  var sink: any Sink
  let deadLetters: DeadLetterFile
  let places: SinkPlaces
  /// Whether the sink takes new telemetry before old.
  var isLiveFirst: Bool
  /// For a sink to which batches have to go again as they were.
  var inFlight: InFlightBatch?
  let tags: TagRegistry
  let board: StatusBoard
  let report: @Sendable (GatewayEvent) -> Void
  /// What gave way before the sink had it, as far as it was not told.
  let evicted = UntoldLosses()

  /// Works until `isLast` says that nothing more will be stored and everything is delivered, or until
  /// the task is cancelled.
  func run(isLast: borrowing Atomic<Bool>) async {
    var condition = ConditionReporter(source: "sink \(name)", report: report)
    var pause = Pause()
    var turns = LaneTurns()
    var blocks = SampleBlockReader(tags: tags)
    var lanes: [LaneDelivery?] = BufferLane.allCases.map { _ in nil }
    let listener = places.buffer.bell.listen()
    var isResumed = false
    while !Task.isCancelled {
      let noMoreWillCome = isLast.load(ordering: .acquiring)
      do {
        if !isResumed {
          try await places.countWhatWasThere()
          try await resume(&condition)
        }
        isResumed = true
        if try await deliverNext(turns, &lanes, &blocks, &condition) {
          turns.next()
          pause = Pause()
        } else if noMoreWillCome {
          break
        } else {
          _ = await listener.wait()
        }
      } catch is CancellationError {
        break
      } catch {
        condition.failed("\(error)", level: .error)
        showPlace()
        await pause.wait()
        try? await places.rewind()
        for lane in lanes.indices { lanes[lane]?.rewind() }
      }
    }
    showPlace(isEnd: true)
    try? await places.save()
  }

  /// Delivers a batch of the first lane that has one.
  ///
  /// - Returns: false if there is none.
  private func deliverNext(
    _ turns: LaneTurns, _ lanes: inout [LaneDelivery?], _ blocks: inout SampleBlockReader,
    _ condition: inout ConditionReporter
  ) async throws -> Bool {
    for lane in turns.order {
      if lanes[lane.rawValue] == nil, let cursor = try await places.cursor(in: lane),
        let store = places.buffer.store(of: lane)
      {
        lanes[lane.rawValue] = LaneDelivery(
          store, cursor, isLiveFirst: isLiveFirst && lane == .telemetry)
      }
      let isDelivered = try await lanes[lane.rawValue]?.next { batch, handover in
        var receipt = SinkReceipt(
          lane: lane, numbers: batch.firstSequence...max(batch.firstSequence, batch.lastSequence))
        let (samples, unreadable) = try decode(batch, &blocks, &receipt)
        try await look(at: batch.gaps, lane, &receipt)
        if let inFlight, !batch.isEmpty {
          // From record to record: what the batch covers beyond may have gone ahead.
          let last = batch.sequence(at: batch.count - 1)
          try await inFlight.begin(.init(lane: lane, numbers: batch.sequence(at: 0)...last))
        }
        try await deliver(samples, &receipt, isAhead: handover.isAhead, &condition)
        // Not before: what is read again would count again.
        countUnreadable(unreadable)
        countDamaged(handover.missing)
      }
      if isDelivered == true {
        try await settle()
        places.buffer.room.ring()
        showPlace()
        return true
      }
    }
    return false
  }

  /// Sends what was on its way when the gateway ended, as the batch that it was.
  private func resume(_ condition: inout ConditionReporter) async throws {
    guard let place = await inFlight?.unfinished(),
      let cursor = try await places.cursor(in: place.lane),
      let store = places.buffer.store(of: place.lane),
      // It arrived, or some of it was evicted, and it is no longer that batch.
      !places.hasSome(of: place.numbers, in: place.lane)
    else { return }
    try await Self.readAgain(place.numbers, in: store) { batch in
      var blocks = SampleBlockReader(tags: tags)
      var receipt = SinkReceipt(lane: place.lane, numbers: place.numbers)
      let (samples, unreadable) = try decode(batch, &blocks, &receipt)
      try await deliver(samples, &receipt, isAhead: true, &condition)
      countUnreadable(unreadable)
      cursor.acknowledge(place.numbers)
    }
    try await cursor.rewind(to: .saved)
    try await settle()
  }

  /// Hands out all records that have one of these numbers, and no other, as one batch; nothing if one of them is lost.
  ///
  /// There are fewer records than numbers where a crash left some unused, and who asks for as many as there are numbers gets such as
  /// come behind: so they are counted before.
  static func readAgain(
    _ numbers: ClosedRange<UInt64>, in store: RingStore,
    _ body: (borrowing StoredBatch) async throws -> Void
  ) async throws {
    func read<Result>(
      _ count: Int, _ body: (borrowing StoredBatch) async throws -> Result
    ) async throws -> Result? {
      let reader = try await store.reader(from: .sequence(numbers.lowerBound))
      return try await reader.next(maxBytes: 1 << 26, maxRecords: count, wait: .zero, body)
    }
    let most = Int(clamping: max(1, numbers.upperBound - numbers.lowerBound &+ 1))
    let found = try await read(most) { batch in
      (0..<batch.count).count { batch.sequence(at: $0) <= numbers.upperBound }
    }
    guard let count = found, count > 0 else { return }
    _ = try await read(count) { batch in
      let isLost = batch.gaps.contains { gap in
        gap.reason != .unused && gap.first <= numbers.upperBound
      }
      guard !isLost, batch.count == count, batch.lastSequence >= numbers.upperBound else { return }
      try await body(batch)
    }
  }

  /// The batch has arrived. For sinks with keys, on the disk: nothing of it goes there with others.
  private func settle() async throws {
    guard let inFlight else { return }
    try await places.save()
    await inFlight.end()
  }

  private func deliver(
    _ samples: SampleBatch, _ receipt: inout SinkReceipt, isAhead: Bool,
    _ condition: inout ConditionReporter
  ) async throws {
    let others = BufferLane.allCases.filter { $0 != receipt.lane }
    // What the sink said once it had the rest: it does not get the batch again because a letter can't be written.
    var answer: [DeliveryReport.Rejection]? = samples.isEmpty ? [] : nil
    var pause = Pause()
    while true {
      do throws(SinkError) {
        let rejections: [DeliveryReport.Rejection]
        if let answer {
          rejections = answer
        } else {
          let taken = try await sink.deliver(samples)
          rejections = taken.rejections
          answer = rejections
          for loss in taken.losses {
            report(GatewayEvent(.error, source: "sink \(name)", loss))
          }
        }
        let refused = rejections.count
        receipt.refused = rejections.map(\.index)
        // Before the acknowledgement: a refused sample is in one place or the other at every moment. What fails leaves none of
        // the letters, so that trying again doubles none.
        if let replaced = try await deadLetters.append(rejections, of: samples) {
          report(
            GatewayEvent(
              .error, source: "sink \(name)",
              "the oldest refused samples are gone: newer ones took the place of \(replaced); move these files away before they are full"
            ))
        }
        if let first = rejections.first {
          condition.failed(
            "refused \(refused) samples for good (now in the dead-letter file); the first: "
              + first.reason, level: .error)
        }
        if let selecting = sink as? SelectingSink { receipt.isWanted = selecting.wanted }
        if LedgerSwitch.isOn { places.books?.settle(receipt, of: samples, by: places.number) }
        // How far the sink is behind: nothing older waits for it, in this lane or another.
        let isNewest = !isAhead && places.backlog(in: others) == 0
        board.change(sink: index) { counts in
          counts.delivered += UInt64(samples.count - refused)
          counts.deadLettered += UInt64(refused)
          if isNewest { counts.newest = samples.records.last?.gatewayTime ?? counts.newest }
        }
        if refused == 0 { condition.recovered() }
        return
      } catch {
        try Task.checkCancellation()
        condition.failed(
          "\(error.message) [\(error.destination)]; \(error.advice)",
          level: error.isRetriable ? .warning : .error)
        showPlace()
        board.change(sink: index) { $0.retries += 1 }
        await pause.wait(atLeast: error.retryAfter ?? .zero)
        try Task.checkCancellation()
      }
    }
  }

  /// A record that is no block of samples.
  private struct Unreadable {
    var number: UInt64
    var reason: SampleCodecError
  }

  /// The samples of all records, and the records that are passed over because they are no blocks of samples; one of a newer
  /// version stops the sink, because passing it over would lose it.
  private func decode(
    _ batch: borrowing StoredBatch, _ reader: inout SampleBlockReader, _ receipt: inout SinkReceipt
  ) throws -> (SampleBatch, [Unreadable]) {
    var samples = SampleBatch()
    var unreadable: [Unreadable] = []
    receipt.pieces.reserveCapacity(batch.count)
    for index in 0..<batch.count {
      let first = samples.count
      let number = batch.sequence(at: index)
      do throws(SampleCodecError) {
        try batch.withPayload(at: index) { (block) throws(SampleCodecError) in
          try reader.read(block, into: &samples)
        }
        receipt.pieces.append((number, first..<samples.count))
      } catch {
        if error.code == .newerVersion { throw error }
        receipt.lost.append(RecordContent(numbers: number...number, account: nil, isIntact: true))
        unreadable.append(Unreadable(number: number, reason: error))
      }
    }
    return (samples, unreadable)
  }

  /// What can be said of records that are not there.
  private func look(
    at gaps: [Gap], _ lane: BufferLane, _ receipt: inout SinkReceipt
  ) async throws {
    guard let books = places.books, let store = places.buffer.store(of: lane) else { return }
    for gap in gaps {
      if gap.reason == .evicted { receipt.evicted.append(gap.first...gap.last) }
      guard gap.reason == .damaged else { continue }
      receipt.lost += try await books.content(ofDamaged: gap.first...gap.last, in: store)
    }
  }

  /// Shows what waits for the sink and what gave way before it had it, which goes on while it takes nothing. May be called from
  /// anywhere, as often as one likes.
  ///
  /// - Parameter isEnd: Whether all that gave way is to be told now.
  func showPlace(isEnd: Bool = false) {
    let (waiting, gone) = (places.backlog(), places.evictedRecords)
    var more: UInt64 = 0
    board.change(sink: index) { counts in
      counts.waitingRecords = waiting
      // Two may count at once.
      more = gone > counts.evictedRecords ? gone - counts.evictedRecords : 0
      counts.evictedRecords += more
    }
    let untold = evicted.add(more, isEnd: isEnd)
    if untold > 0 { tell(missing: "\(untold) records", because: .evicted) }
  }

  private func countUnreadable(_ records: [Unreadable]) {
    for record in records {
      board.change(sink: index) { $0.damagedRecords += 1 }
      report(
        GatewayEvent(
          .error, source: "sink \(name)",
          "record \(record.number) is passed over: \(record.reason)"))
    }
  }

  private func countDamaged(_ gaps: [Gap]) {
    for gap in gaps where gap.reason == .damaged {
      board.change(sink: index) { $0.damagedRecords += gap.count }
      tell(missing: "\(gap.count) records (\(gap.first) to \(gap.last))", because: .damaged)
    }
  }

  private func tell(missing records: String, because reason: Gap.Reason) {
    report(
      GatewayEvent(
        .error, source: "sink \(name)",
        "\(records) did not reach this sink: \(reason.rawValue)"))
  }
}
