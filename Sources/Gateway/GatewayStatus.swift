public import IndustrialModel

/// What a running gateway has done so far, each number counted where the thing happened.
public struct GatewayStatus: Sendable {
  /// Samples that drivers, formulas and windows made: what was suppressed, folded, shed and stored, and what is on its way.
  public var acquired: UInt64 = 0
  /// Samples that said nothing new, by the rules of their tags.
  public var suppressed: UInt64 = 0
  /// Samples of which only the results of their windows are kept.
  public var folded: UInt64 = 0
  /// Values that came too late for their windows, so that these are without them; by their rules they were dropped (and are
  /// among the folded) or stored.
  public var tooLate: UInt64 = 0
  /// Samples that could not be stored before the gateway's end: the buffer was full (`when_full: wait`) or its disk failed.
  public var shed: UInt64 = 0
  /// Samples that are durable in the store.
  public var stored: UInt64 = 0
  /// What each sink has done, by its name, in the order of the configuration.
  public var sinks: [(name: String, counts: SinkCounts)] = []

  /// The counts of one sink, since this start.
  public struct SinkCounts: Sendable, Hashable {
    /// Samples that the sink confirmed, with those that are not for it (`groups`).
    public var delivered: UInt64 = 0
    /// Samples that the sink refused for good, and that are now in its dead-letter file.
    public var deadLettered: UInt64 = 0
    /// Deliveries that failed and were tried again.
    public var retries: UInt64 = 0
    /// Records of the store that were evicted before this sink had them.
    public var evictedRecords: UInt64 = 0
    /// Records of the store that were damaged on the disk.
    public var damagedRecords: UInt64 = 0
    /// Records of the store that the sink has still to get.
    public var waitingRecords: UInt64 = 0
    /// When the newest sample that the sink took was received, by the gateway's clock: how far behind the sink is.
    public var newest: Timestamp?
  }
}
