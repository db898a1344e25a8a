/// What a reload did, by the names in the configuration.
public struct ReloadReport: Sendable, Equatable {
  /// Buses that are read now and were not before.
  public var startedBuses: [String] = []
  /// Buses that are no longer read.
  public var stoppedBuses: [String] = []
  /// Buses whose description or devices changed: their connections were made anew.
  public var changedBuses: [String] = []
  /// Sinks that are new; they begin with the oldest samples of the buffer.
  public var startedSinks: [String] = []
  /// Sinks that get nothing any more.
  public var stoppedSinks: [String] = []
  /// Sinks whose description changed: they go on where they were.
  public var changedSinks: [String] = []
  /// Whether formulas or rules of `processing` changed.
  public var changedStages = false

  /// Nothing.
  public init() {}

  /// Whether nothing was different.
  public var isEmpty: Bool { self == ReloadReport() }
}

extension ReloadReport: CustomStringConvertible {
  /// One line: `bus plc changed, sink cloud started`.
  public var description: String {
    var parts: [String] = []
    for (kind, names, verb) in [
      ("bus", stoppedBuses, "stopped"), ("bus", changedBuses, "changed"),
      ("bus", startedBuses, "started"), ("sink", stoppedSinks, "stopped"),
      ("sink", changedSinks, "changed"), ("sink", startedSinks, "started"),
    ] { parts += names.map { "\(kind) \($0) \(verb)" } }
    if changedStages { parts.append("formulas and processing changed") }
    return parts.isEmpty ? "nothing changed" : parts.joined(separator: ", ")
  }
}
