/// What is different between two configurations, and what a gateway does about it while it runs.
///
/// `GatewayRuntime.reload(_:)` decides by this, and gives it back; `iiotctl gateway diff` shows it beforehand.
public struct ReloadPlan: Sendable, Equatable {
  /// A part of a configuration.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// A key below `gateway`.
    case gateway
    /// A key below `buffer`.
    case buffer
    /// A key below `journal`.
    case journal
    /// A wire.
    case bus
    /// A device on a wire.
    case device
    /// A tag of a device.
    case tag
    /// A tag computed from others.
    case formula
    /// A rule of `processing`, by its pattern.
    case rule
    /// A destination.
    case sink
    /// A report.
    case report
    /// The metrics server.
    case server
  }

  /// What became of a part.
  public enum Action: String, Sendable, Hashable {
    /// It is in the new configuration only.
    case added
    /// It is in the old configuration only.
    case removed
    /// It is in both, and not the same.
    case changed
  }

  /// What a running gateway does about a change, beyond going by it from the next sample on.
  public enum Effect: String, Sendable, Hashable {
    /// The connection is opened.
    case opened
    /// The connection is closed.
    case closed
    /// The connection is closed and opened again.
    case reopened
    /// Functions with memory begin anew, all or some of them.
    case forgets
    /// Windows that are open are stored as they are.
    case closesWindows = "closes-windows"
    /// It can't be done while the gateway runs.
    case restart
  }

  /// One part that is different.
  public struct Change: Sendable, Hashable {
    /// What kind of part it is.
    public var part: Part
    /// Its name in the configuration.
    public var name: String
    /// What became of it.
    public var action: Action
    /// What is done about it, if anything besides.
    public var effect: Effect?
  }

  /// Everything that is different, part by part: the settings first, then buses, reports last; each part in the order of its configuration.
  public internal(set) var changes: [Change] = []

  /// Nothing is different.
  public init() {}

  /// Whether nothing is different.
  public var isEmpty: Bool { changes.isEmpty }

  /// Buses that are read now and were not before.
  public var startedBuses: [String] { names(of: .bus, with: .opened) }
  /// Buses that are no longer read.
  public var stoppedBuses: [String] { names(of: .bus, with: .closed) }
  /// Buses whose description or devices changed: their connections are made anew.
  public var changedBuses: [String] { names(of: .bus, with: .reopened) }
  /// Sinks that are new; they begin with the oldest samples of the buffer.
  public var startedSinks: [String] { names(of: .sink, with: .opened) }
  /// Sinks that get nothing any more.
  public var stoppedSinks: [String] { names(of: .sink, with: .closed) }
  /// Sinks whose description changed: they go on where they were.
  public var changedSinks: [String] { names(of: .sink, with: .reopened) }
  /// Whether formulas or rules of `processing` changed.
  public var changedStages: Bool {
    changes.contains { $0.part == .formula || $0.part == .rule }
  }
  /// What can't be changed while the gateway runs, by its paths: `gateway.id`.
  public var needsRestart: [String] {
    changes.filter { $0.effect == .restart }
      .map { $0.part == .server ? "server" : "\($0.part.rawValue).\($0.name)" }
  }

  private func names(of part: Part, with effect: Effect) -> [String] {
    changes.filter { $0.part == part && $0.effect == effect }.map(\.name)
  }
}

extension ReloadPlan: CustomStringConvertible {
  /// One line: `bus plc changed, sink cloud started`.
  public var description: String {
    var parts: [String] = []
    for (kind, names, verb) in [
      ("bus", stoppedBuses, "stopped"), ("bus", changedBuses, "changed"),
      ("bus", startedBuses, "started"), ("sink", stoppedSinks, "stopped"),
      ("sink", changedSinks, "changed"), ("sink", startedSinks, "started"),
    ] { parts += names.map { "\(kind) \($0) \(verb)" } }
    if changedStages { parts.append("formulas and processing changed") }
    for change in changes where change.part == .buffer || change.part == .gateway {
      parts.append("\(change.part.rawValue).\(change.name) changed")
    }
    let reports = changes.count { $0.part == .report }
    if reports > 0 { parts.append("reports changed") }
    return parts.isEmpty ? "nothing changed" : parts.joined(separator: ", ")
  }
}

extension ReloadPlan.Change {
  /// A change by the words that stand for its parts (`jsonLine`); nil where the part or the action is unknown.
  public init?(part: String, name: String, action: String, effect: String?) {
    guard let part = ReloadPlan.Part(rawValue: part),
      let action = ReloadPlan.Action(rawValue: action)
    else { return nil }
    self.init(
      part: part, name: name, action: action,
      effect: effect.flatMap(ReloadPlan.Effect.init(rawValue:)))
  }
}

extension ReloadPlan.Change: CustomStringConvertible {
  /// One line in words: `bus plc changed: the connection is opened again`.
  public var description: String {
    let what = "\(part.rawValue) \(name) \(action.rawValue)"
    return effect.map { "\(what): \(words(for: $0))" } ?? what
  }

  private func words(for effect: ReloadPlan.Effect) -> String {
    switch effect {
    case .opened: part == .sink ? "begins with the oldest samples of the buffer" : "is opened"
    case .closed: part == .sink ? "gets nothing any more" : "is closed"
    case .reopened:
      part == .sink
        ? "is opened again and goes on at its place" : "its connection is opened again"
    case .forgets: "begins anew, all or some of what it remembers"
    case .closesWindows: "windows that are open are stored as they are"
    case .restart: "needs a restart"
    }
  }
}
