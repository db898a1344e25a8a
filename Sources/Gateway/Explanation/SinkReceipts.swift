internal import IndustrialModel
internal import StoreForward

/// Tells what became of a stored sample for each sink, by the ledger and the dead-letter files.
struct SinkReceipts {
  let state: LedgerState
  let dataFolder: String
  /// Which tags are not for which sink, by the configuration under which the sample was acquired; nil where that is not known.
  let withheld: [String: [String]]?

  /// - Parameters:
  ///   - tag: The sample's tag.
  ///   - sequence: Its number.
  ///   - place: Where it stands in the buffer; nil when it is not there.
  ///   - hasGone: Whether the buffer has given it up.
  func receipts(
    of tag: String, _ sequence: UInt64, in place: (lane: BufferLane, record: UInt64)?,
    hasGone: Bool
  ) -> [Explanation.Receipt] {
    state.sinks.map { sink in
      let (outcome, words) = outcome(of: tag, sequence, place, sink, hasGone: hasGone)
      return Explanation.Receipt(sink: sink.name, state: outcome, words: words)
    }
  }

  private func outcome(
    of tag: String, _ sequence: UInt64, _ place: (lane: BufferLane, record: UInt64)?,
    _ sink: SinkBook, hasGone: Bool
  ) -> (Explanation.Receipt.State, String) {
    if let place {
      let reached = sink.places[place.lane.rawValue]
      guard reached.contains(place.record) else {
        return (
          .waiting,
          "the sink is at record \(reached.through) of the lane, this is record \(place.record)"
        )
      }
      let counts = Counts(of: tag, in: state, sink)
      return handled(
        tag, sequence, sink, counts,
        "the sink is at record \(reached.through) of the lane, this is record \(place.record)")
    }
    guard hasGone else { return (.unknown, "the sample was not found in the buffer") }
    let counts = Counts(of: tag, in: state, sink)
    let words = "no longer in the buffer, which gave up no sample of the tag before the sink had it"
    if counts.lost == 0 { return handled(tag, sequence, sink, counts, words) }
    if let reason = DeadLetters.reason(sequence, tag, sink: sink.name, in: dataFolder) {
      return (.deadLettered, reason)
    }
    if counts.delivered == 0, counts.withheld == 0, counts.deadLettered == 0 {
      return (.evicted, "no sample of the tag reached the sink")
    }
    return (
      .unknown,
      "no longer in the buffer, which gave up \(counts.lost) samples of the tag before the sink had them"
    )
  }

  /// The sink is past it: what did it do?
  private func handled(
    _ tag: String, _ sequence: UInt64, _ sink: SinkBook, _ counts: Counts, _ words: String
  ) -> (Explanation.Receipt.State, String) {
    if counts.deadLettered > 0 {
      if let reason = DeadLetters.reason(sequence, tag, sink: sink.name, in: dataFolder) {
        return (.deadLettered, reason)
      }
      // Letters that somebody took away, or that gave way to newer ones: this sample's may be among them.
      if DeadLetters.count(of: tag, sink: sink.name, in: dataFolder) < counts.deadLettered {
        return (
          .unknown,
          "\(counts.deadLettered) samples of the tag were refused, and their letters are not all there"
        )
      }
    }
    guard counts.withheld > 0 else { return (.delivered, words) }
    if counts.delivered == 0, counts.deadLettered == 0 {
      return (.withheld, "no sample of the tag is for this sink (groups)")
    }
    guard let withheld else {
      return (.unknown, "some samples of the tag were not for this sink (groups)")
    }
    return WithheldTags(withheld[sink.name] ?? []).contains(tag)
      ? (.withheld, "the tag is not for this sink (groups)") : (.delivered, words)
  }

  /// What the ledger has counted of a tag for a sink.
  private struct Counts {
    var delivered: UInt64 = 0
    var deadLettered: UInt64 = 0
    var withheld: UInt64 = 0
    /// Evicted, damaged, or in records of which nobody knows what was in them.
    var lost: UInt64 = 0

    init(of tag: String, in state: LedgerState, _ sink: SinkBook) {
      lost = sink.unknownEvicted &+ sink.unknownDamaged
      guard let number = state.names.firstIndex(of: tag) else { return }
      func count(_ outcome: SinkOutcome) -> UInt64 { sink.columns[outcome.rawValue][number] }
      delivered = count(.delivered) &+ count(.late)
      deadLettered = count(.deadLettered)
      withheld = count(.withheld)
      lost = lost &+ count(.evicted) &+ count(.damaged)
    }
  }
}
