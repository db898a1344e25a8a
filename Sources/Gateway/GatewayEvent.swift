public import IndustrialModel

/// Something an operator should know. Conditions are told when they begin and when they end, not each time
/// they are noticed.
public struct GatewayEvent: Sendable {
  /// How much it matters.
  public enum Level: String, Sendable, Hashable {
    /// For the record.
    case info
    /// Something does not work and is being retried.
    case warning
    /// Something does not work and will not by itself.
    case error
  }

  /// When it was noticed.
  public var time: Timestamp
  /// How much it matters.
  public var level: Level
  /// Where: `bus plc1`, `sink influx`, ...
  public var source: String
  /// What happened, in words.
  public var message: String

  /// An event of now.
  public init(_ level: Level, source: String, _ message: String) {
    time = .now()
    self.level = level
    self.source = source
    self.message = message
  }
}

/// Tells a condition's beginning and end, and nothing in between.
struct ConditionReporter {
  let source: String
  let report: @Sendable (GatewayEvent) -> Void
  private var current: String?

  init(source: String, report: @escaping @Sendable (GatewayEvent) -> Void) {
    self.source = source
    self.report = report
  }

  /// - Parameter kind: What makes it the same condition when the message differs each time; the message unless given.
  mutating func failed(
    _ message: String, kind: String? = nil, level: GatewayEvent.Level = .warning
  ) {
    guard kind ?? message != current else { return }
    current = kind ?? message
    report(GatewayEvent(level, source: source, message))
  }

  mutating func recovered() {
    guard current != nil else { return }
    current = nil
    report(GatewayEvent(.info, source: source, "works again"))
  }
}
