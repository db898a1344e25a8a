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
    report(GatewayEvent(level, source: source, message, phase: .begins))
  }

  mutating func recovered() {
    guard current != nil else { return }
    current = nil
    report(GatewayEvent(.info, source: source, "works again", phase: .ends))
  }
}
