internal import Gateway
internal import IndustrialModel
internal import Sinks

/// The latest value of each tag, drawn over itself on a terminal.
struct LiveTable: ~Copyable {
  private let gateway: GatewayRuntime
  private var output = StandardOutput()
  private var drawnLines = 0

  /// More rows than a screen has would scroll instead of staying in place.
  private static let mostRows = 30

  init(_ gateway: GatewayRuntime) { self.gateway = gateway }

  /// Draws the table, over the one before if there is one.
  mutating func show() throws {
    let tags = gateway.tags
    let samples = gateway.latest
    var formatter = SampleFormatter(.table, tags: tags)
    var text: [UInt8] = []
    if drawnLines > 0 { text += Array("\u{1B}[\(drawnLines)A\u{1B}[J".utf8) }
    let named = samples.map { (tags.name(of: $0.tag), $0) }.sorted { $0.0 < $1.0 }
    let shown = named.prefix(StandardOutput.isTerminal ? Self.mostRows : named.count)
    text += formatter.header
    formatter.append(SampleBatch(shown.map(\.1)), to: &text)
    if shown.count < named.count {
      text += Array("... and \(named.count - shown.count) more tags\n".utf8)
    }
    let status = gateway.status
    var line = "\(status.acquired) samples read, \(status.stored) stored"
    for sink in status.sinks {
      line += "; \(sink.name): \(sink.counts.delivered) delivered"
      if sink.counts.waitingRecords > 0 {
        line += ", \(sink.counts.waitingRecords) records waiting"
      }
    }
    text += Array((line + "\n").utf8)
    drawnLines = text.count { $0 == 0x0A }
    try output.append { $0 += text }
    try output.flush()
  }

  /// The counts at the end.
  mutating func summarize() throws {
    let status = gateway.status
    var text = "summary\n  acquired   \(status.acquired) samples\n"
    text += "  stored     \(status.stored) samples, in \(gateway.configuration.dataFolder)/buffer\n"
    if status.shed > 0 { text += "  shed       \(status.shed) samples that found no room\n" }
    for sink in status.sinks {
      text += "  delivered  \(sink.counts.delivered) samples to \(sink.name)"
      let destination = gateway.configuration.sinks.first { $0.name == sink.name }
      if let destination { text += " (\(destination.place))" }
      if sink.counts.deadLettered > 0 { text += ", \(sink.counts.deadLettered) refused for good" }
      if sink.counts.waitingRecords > 0 {
        text += ", \(sink.counts.waitingRecords) records wait in the buffer"
      }
      if sink.counts.evictedRecords > 0 {
        text += ", \(sink.counts.evictedRecords) records evicted"
      }
      let evicted = gateway.evictedSamples(of: sink.name).sorted { $0.key < $1.key }
      if !evicted.isEmpty {
        let devices = evicted.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        text += ", samples evicted since the buffer was made: \(devices)"
      }
      if sink.counts.damagedRecords > 0 {
        text += ", \(sink.counts.damagedRecords) records damaged"
      }
      text += "\n"
    }
    try output.append { $0 += Array(text.utf8) }
    try output.flush()
  }
}
