internal import IndustrialModel
internal import StoreForward

/// What a sink was given and what it made of it.
struct SinkReceipt {
  var lane: BufferLane
  /// All numbers that this is about.
  var numbers: ClosedRange<UInt64>
  /// The records among them, and which of the samples are theirs.
  var pieces: [(number: UInt64, samples: Range<Int>)] = []
  /// Records that can't be read.
  var lost: [RecordContent] = []
  /// Numbers that were evicted.
  var evicted: [ClosedRange<UInt64>] = []
  /// Samples that the sink refused for good, in their order.
  var refused: [Int] = []
  /// Whether a tag is for this sink, by its number; nil when all are.
  var isWanted: [Bool]?
}

extension LedgerBooks {
  /// The number of a sink in the books; one that is new gets its place, on trial until `settleSinks`.
  ///
  /// - Parameter acknowledged: What the buffer's stores know of a sink that the books don't, by the lane's number.
  func sink(_ name: String, acknowledged: [UInt64?]) -> Int {
    withState { state in
      if let known = state.sinks.firstIndex(where: { $0.name == name }) { return known }
      var sink = SinkBook(name: name, isOnTrial: true)
      for lane in state.lanes.indices {
        guard let acknowledged = acknowledged[lane] else { continue }
        // Eviction may be ahead of what the store says.
        let place = max(acknowledged, state.lanes[lane].evictedThrough)
        sink.places[lane].insert(through: place)
        sink.openings[lane] = LedgerScan(position: place, through: state.lanes[lane].through)
      }
      for number in state.names.indices {
        let stored = state.columns[SampleFate.stored.rawValue][number]
        if stored > 0 { sink.columns[SinkOutcome.before.rawValue].add(number, stored) }
      }
      state.sinks.append(sink)
      return state.sinks.count - 1
    }
  }

  /// The sinks that were new are there for good.
  func settleSinks() {
    withState { state in
      for index in state.sinks.indices where state.sinks[index].isOnTrial {
        state.sinks[index].isOnTrial = false
        state.isChanged = true
      }
    }
  }

  /// The sinks that were new do not come to be. Nobody may use their numbers any more.
  func dropSinksOnTrial() {
    withState { state in state.sinks.removeAll(where: \.isOnTrial) }
  }

  /// Where a sink is in a lane.
  func place(of sink: Int, in lane: BufferLane) -> PlaceSet {
    withState { $0.sinks[sink].places[lane.rawValue] }
  }

  /// What was there before a sink and has still to be counted.
  func opening(of sink: Int, in lane: BufferLane) -> LedgerScan {
    withState { $0.sinks[sink].openings[lane.rawValue] }
  }

  /// Counts what was there before a sink.
  func open(_ sink: Int, in lane: BufferLane, with contents: [RecordContent]) {
    withState { state in
      state.isChanged = true
      for content in contents where state.sinks[sink].openings[lane.rawValue].takes(content.numbers)
      {
        state.add(content, as: .found, to: sink)
      }
    }
  }

  /// All that was there before a sink is counted.
  func endOpening(of sink: Int, in lane: BufferLane) {
    withState { state in
      let through = state.sinks[sink].openings[lane.rawValue].through
      state.sinks[sink].openings[lane.rawValue].position = through
      state.isChanged = true
    }
  }

  /// Counts what a sink has done with, each record once.
  func settle(_ receipt: SinkReceipt, of samples: SampleBatch, by sink: Int) {
    let numbers = numbers()
    withState { state in
      state.isChanged = true
      let place = state.sinks[sink].places[receipt.lane.rawValue]
      let isNew = !place.intersects(receipt.numbers)
      for piece in receipt.pieces {
        let isLate = !isNew && place.contains(piece.number)
        state.sinks[sink].count(piece.samples, of: samples, receipt, isLate: isLate, numbers)
      }
      for content in receipt.lost {
        let missing = isNew ? UInt64(content.numbers.count) : place.missing(in: content.numbers)
        guard missing > 0 else { continue }
        if content.account == nil {
          state.sinks[sink].unknownDamaged += state.unknown(
            of: content.numbers, in: receipt.lane, missing)
        } else {
          state.add(content, as: .damaged, to: sink)
        }
      }
      for gap in receipt.evicted { state.sinks[sink].unknownEvicted += place.missing(in: gap) }
      state.sinks[sink].places[receipt.lane.rawValue].insert(receipt.numbers)
    }
  }
}

extension SinkBook {
  fileprivate mutating func count(
    _ range: Range<Int>, of samples: SampleBatch, _ receipt: SinkReceipt, isLate: Bool,
    _ numbers: [UInt32]
  ) {
    let usual = isLate ? SinkOutcome.late : .delivered
    guard !receipt.refused.isEmpty || receipt.isWanted != nil else {
      return columns[usual.rawValue].add(samples.records[range], as: numbers)
    }
    let refused = Set(receipt.refused)
    for index in range {
      let tag = Int(samples.records[index].tag.rawValue)
      guard tag < numbers.count else { continue }
      var outcome = usual
      if let isWanted = receipt.isWanted, tag < isWanted.count, !isWanted[tag] {
        outcome = isLate ? .late : .withheld
      } else if !isLate, refused.contains(index) {
        outcome = .deadLettered
      }
      columns[outcome.rawValue].add(Int(numbers[tag]))
    }
  }
}
