/// The sums of the ledger over all tags, without what waits: that has to be counted in the buffer (`GatewayRuntime.ledger()`). In samples,
/// of all runs since the ledger was begun.
public struct LedgerTotals: Sendable {
  /// From the buffer to one sink; the words are those of `Ledger.Receipt`.
  public struct Sink: Sendable {
    /// The sink's name.
    public var name: String
    /// The sink confirmed them.
    public var delivered: UInt64
    /// The sink refused them for good.
    public var deadLettered: UInt64
    /// Are not for this sink.
    public var withheld: UInt64
    /// Gave way in a full buffer.
    public var evicted: UInt64
    /// Were damaged by the disk.
    public var damaged: UInt64
    /// Reached the sink after they had been counted as evicted.
    public var late: UInt64
  }

  /// Came from a driver, a formula or a window.
  public var acquired: UInt64
  /// Said nothing new.
  public var suppressed: UInt64
  /// Went into windows.
  public var folded: UInt64
  /// Were lost before the buffer.
  public var shed: Ledger.Shed
  /// Wait for the next sample of their tag.
  public var held: UInt64
  /// Got into the buffer.
  public var stored: UInt64
  /// The sinks, in the order in which they came up.
  public var sinks: [Sink]
}

extension LedgerState {
  var totals: LedgerTotals {
    func sum(_ fate: SampleFate) -> UInt64 { columns[fate.rawValue].total }
    return LedgerTotals(
      acquired: sum(.acquired), suppressed: sum(.suppressed), folded: sum(.folded),
      shed: Ledger.Shed(
        atKill: sum(.shedAtKill), whenFull: sum(.shedWhenFull), tooLarge: sum(.shedTooLarge)),
      held: sum(.held) &- sum(.released), stored: sum(.stored),
      sinks: settledSinks.map { sink in
        func sum(_ outcome: SinkOutcome) -> UInt64 { sink.columns[outcome.rawValue].total }
        return LedgerTotals.Sink(
          name: sink.name, delivered: sum(.delivered), deadLettered: sum(.deadLettered),
          withheld: sum(.withheld), evicted: sum(.evicted), damaged: sum(.damaged),
          late: sum(.late))
      })
  }
}

extension GatewayRuntime {
  /// The sums of the ledger over all tags, without what waits: cheap enough to be asked every second.
  public var ledgerTotals: LedgerTotals { books.withState { $0.totals } }
}
