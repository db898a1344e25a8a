/// What became of every sample, tag by tag: on its way into the buffer, and from there to each sink.
///
/// For each tag `acquired = suppressed + folded + shed + held + stored`, and for each sink
/// `stored = delivered + deadLettered + withheld + evicted + damaged + waiting`. Each term is counted where the thing happens, none
/// is what is left of the others; so a sum that does not come out is a finding (`discrepancies`). The counts are of all runs
/// since the ledger was begun, through any crash.
public struct Ledger: Sendable {
  /// A tag up to the buffer, in samples.
  public struct Source: Sendable, Hashable {
    /// The tag's path.
    public var tag: String
    /// Came from a driver, a formula or a window.
    public var acquired: UInt64 = 0
    /// Said nothing new, by the tag's rules.
    public var suppressed: UInt64 = 0
    /// Went into windows of which only the results are stored.
    public var folded: UInt64 = 0
    /// Were lost before the buffer.
    public var shed = Shed()
    /// Waits for the next sample to show whether it is needed (`deviation`): none or one.
    public var held: UInt64 = 0
    /// Got into the buffer.
    public var stored: UInt64 = 0

    /// Whether all that was acquired is accounted for.
    public var isBalanced: Bool {
      acquired == suppressed &+ folded &+ shed.total &+ held &+ stored
    }
  }

  /// Samples that were lost before the buffer, by reason.
  public struct Shed: Sendable, Hashable {
    /// Were held when the gateway was killed.
    public var atKill: UInt64 = 0
    /// Were read, and found no room in the buffer before the gateway's end: it was full (`when_full: wait`), or its disk failed.
    public var whenFull: UInt64 = 0
    /// Fitted into no record of the buffer.
    public var tooLarge: UInt64 = 0

    /// All of them.
    public var total: UInt64 { atKill &+ whenFull &+ tooLarge }
  }

  /// A tag from the buffer to a sink, in samples.
  public struct Receipt: Sendable, Hashable {
    /// The tag's path.
    public var tag: String
    /// Were stored since the sink began, and what was in the buffer when it did.
    public var stored: UInt64 = 0
    /// The sink confirmed them.
    public var delivered: UInt64 = 0
    /// The sink refused them for good; they are in its dead-letter file.
    public var deadLettered: UInt64 = 0
    /// Are not for this sink, by the configuration.
    public var withheld: UInt64 = 0
    /// Gave way in a full buffer before the sink confirmed them.
    public var evicted: UInt64 = 0
    /// Were damaged by the disk before the sink had them.
    public var damaged: UInt64 = 0
    /// Are in the buffer for the sink.
    public var waiting: UInt64 = 0
    /// Reached the sink after they had been counted as evicted: they were under way at that moment. No term of the sum.
    public var late: UInt64 = 0

    /// Whether all that was stored is accounted for.
    public var isBalanced: Bool {
      stored == delivered &+ deadLettered &+ withheld &+ evicted &+ damaged &+ waiting
    }
  }

  /// All tags for one sink.
  public struct Sink: Sendable {
    /// The sink's name. One that was taken out of the configuration keeps its place in the buffer, and so its counts.
    public var name: String
    /// In the order of `Ledger.tags`, those of which something was stored.
    public var tags: [Receipt]
    /// Records of the buffer that were damaged, or given up while damaged, in such a way that nobody can tell what was in them: the
    /// sums of some tags then lack their samples.
    public var unknownRecords: UInt64
  }

  /// The tags, in the order in which they came up.
  public var tags: [Source]
  /// The sinks, in the order in which they came up.
  public var sinks: [Sink]
  /// Entries of the ledger's file that can't be read, because both copies of one of them or of one before are damaged: the counts are
  /// those from before them. Told by `LedgerReader` until a gateway has opened the folder again.
  public var unreadEntries: Int = 0

  /// Whether all sums come out, no record is unknown and no entry unread.
  public var isBalanced: Bool { discrepancies.isEmpty }

  /// What does not come out, a line each, in words.
  public var discrepancies: [String] {
    var lines: [String] = []
    if unreadEntries > 0 {
      lines.append(
        "\(unreadEntries) entries of the ledger's file can't be read: both copies of the first are damaged"
      )
    }
    for tag in tags where !tag.isBalanced {
      let sum = tag.suppressed &+ tag.folded &+ tag.shed.total &+ tag.held &+ tag.stored
      lines.append("\(tag.tag): acquired \(tag.acquired), accounted for \(sum)")
    }
    for sink in sinks {
      for tag in sink.tags where !tag.isBalanced {
        let sum =
          tag.delivered &+ tag.deadLettered &+ tag.withheld &+ tag.evicted &+ tag.damaged
          &+ tag.waiting
        lines.append("sink \(sink.name), \(tag.tag): stored \(tag.stored), accounted for \(sum)")
      }
      if sink.unknownRecords > 0 {
        lines.append(
          "sink \(sink.name): \(sink.unknownRecords) damaged records of which nobody can tell what was in them"
        )
      }
    }
    return lines
  }
}

extension Ledger {
  /// What the books say at a moment.
  init(_ state: LedgerState, waiting: WaitingCount) {
    tags = state.names.enumerated().map { number, name in
      func count(_ fate: SampleFate) -> UInt64 { state.columns[fate.rawValue][number] }
      return Source(
        tag: name, acquired: count(.acquired), suppressed: count(.suppressed),
        folded: count(.folded),
        shed: Shed(
          atKill: count(.shedAtKill), whenFull: count(.shedWhenFull),
          tooLarge: count(.shedTooLarge)),
        held: count(.held) &- count(.released), stored: count(.stored))
    }
    sinks = state.settledSinks.enumerated().map { index, sink in
      let rows = state.names.enumerated().compactMap { number, name -> Receipt? in
        func count(_ outcome: SinkOutcome) -> UInt64 { sink.columns[outcome.rawValue][number] }
        let stored = state.columns[SampleFate.stored.rawValue][number]
        let row = Receipt(
          tag: name, stored: stored &- count(.before) &+ count(.found),
          delivered: count(.delivered), deadLettered: count(.deadLettered),
          withheld: count(.withheld), evicted: count(.evicted), damaged: count(.damaged),
          waiting: waiting.counts[index][number], late: count(.late))
        return row == Receipt(tag: name) ? nil : row
      }
      return Sink(
        name: sink.name, tags: rows,
        unknownRecords: sink.unknownEvicted &+ sink.unknownDamaged &+ waiting.unknown[index])
    }
  }
}
