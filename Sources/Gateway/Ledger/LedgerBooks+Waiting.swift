internal import StoreForward

/// A moment of the books, and the count of what waited then.
struct LedgerMoment {
  var key: UInt64
  var state: LedgerState
  /// What has to be looked at, by the lane's number.
  var scans: [LedgerScan]
}

extension LedgerBooks {
  /// Takes the counts of this moment, and begins to count what waits. What is given up from here on is counted while it goes.
  func beginWaitingCount() -> LedgerMoment {
    withState { state in
      let scans = BufferLane.allCases.map { lane in
        let places = state.settledSinks.map { $0.places[lane.rawValue].through }
        let through = state.lanes[lane.rawValue].through
        return LedgerScan(position: places.min() ?? through, through: through)
      }
      var snapshot = state
      snapshot.waitingCounts = [:]
      let key = (state.waitingCounts.keys.max() ?? 0) + 1
      state.waitingCounts[key] = WaitingCount(
        scans: scans, places: state.settledSinks.map(\.places),
        counts: state.settledSinks.map { _ in TagCounter() },
        unknown: state.settledSinks.map { _ in 0 })
      return LedgerMoment(key: key, state: snapshot, scans: scans)
    }
  }

  /// Looks at records.
  ///
  /// - Returns: Whether more have to be looked at.
  func wait(_ contents: [RecordContent], in lane: BufferLane, _ moment: LedgerMoment) -> Bool {
    withState { state in
      for content in contents { state.wait(content, in: lane, moment.key) }
      return state.waitingCounts[moment.key]?.scans[lane.rawValue].isDone == false
    }
  }

  func endWaitingCount(_ moment: LedgerMoment) -> Ledger? {
    withState { $0.waitingCounts.removeValue(forKey: moment.key) }
      .map { Ledger(moment.state, waiting: $0) }
  }

  /// The ledger of this moment.
  func ledger(of buffer: GatewayBuffer) async throws(StoreError) -> Ledger {
    for lane in buffer.lanes {
      guard let store = buffer.store(of: lane) else { continue }
      for sink in 0..<withState({ $0.settledSinks.count }) {
        try await countWhatWasThere(before: sink, in: store, lane)
      }
    }
    let moment = beginWaitingCount()
    defer { withState { $0.waitingCounts[moment.key] = nil } }
    for lane in buffer.lanes {
      guard let store = buffer.store(of: lane), !moment.scans[lane.rawValue].isDone else {
        continue
      }
      try await read(store, moment.scans[lane.rawValue]) { wait($0, in: lane, moment) }
    }
    return endWaitingCount(moment) ?? Ledger(tags: [], sinks: [])
  }

  /// How many samples of which device gave way before a sink had them.
  func evictedSamples(of sink: String) -> [String: UInt64] {
    withState { state in
      guard let sink = state.sinks.first(where: { $0.name == sink }) else { return [:] }
      let evicted = sink.columns[SinkOutcome.evicted.rawValue]
      var samples: [String: UInt64] = [:]
      for (number, name) in state.names.enumerated() where evicted[number] > 0 {
        samples[String(name.prefix { $0 != "/" }), default: 0] += evicted[number]
      }
      return samples
    }
  }
}

extension GatewayRuntime {
  /// What became of every sample, tag by tag, in all runs since the ledger was begun.
  ///
  /// What waits for the sinks is counted in the buffer itself, by reading the accounts of all records that wait: it takes as long
  /// as reading them does. All other counts are of the moment at which it begins.
  ///
  /// - Throws: `StoreError` when the buffer can't be read.
  public func ledger() async throws -> Ledger { try await books.ledger(of: buffer) }
}
