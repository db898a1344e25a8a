internal import ArgumentParser
internal import Gateway

struct GatewayStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows what a running gateway is doing.",
    discussion: """
      Its counts, how full its buffer is, each device with the age of its last usable value, each sink with what waits for it, and what is \
      wrong at the moment. Asks the gateway over the socket in its data folder; for its user and root.

      Example:
        iiotctl gateway status gateway.yaml
        iiotctl gateway status data --format jsonl

      Exit codes: 0 success, 1 when no gateway answers, 64 misuse.
      """)

  @Argument(help: "The configuration, or the gateway's data folder.")
  var place: String

  @Option(help: "How to print: table or jsonl (default: table on a terminal, else jsonl).")
  var format: ReportFormat?

  @OptionGroup var control: ControlOptions

  func run() async throws {
    let lines = try await RunningGateway.ask(
      "status", in: Configurations.dataFolder(of: place), timeout: control.timeout.duration)
    var output = StandardOutput()
    if ReportFormat.chosen(format) == .table {
      let text = StatusTable(lines).text
      try output.append { $0 += Array(text.utf8) }
    } else {
      try output.append { for line in lines { $0 += Array((line.text + "\n").utf8) } }
    }
    try output.flush()
  }
}

/// The answer to `status`, for people.
private struct StatusTable {
  let lines: [ControlClient.Line]

  init(_ lines: [ControlClient.Line]) { self.lines = lines }

  var text: String {
    var text = ""
    for line in lines where line["kind"] == "gateway" { text += head(line) }
    text += table(
      "buffer",
      [
        ("lane", "lane"), ("capacity", "capacity_bytes"), ("used", "bytes"),
        ("waiting records", "waiting_records"), ("full %", "fill_percent"),
      ])
    text += table(
      "device",
      [
        ("device", "device"), ("bus", "bus"), ("tags", "tags"), ("usable", "usable"),
        ("last value, s ago", "age_s"),
      ])
    text += table(
      "sink",
      [
        ("sink", "sink"), ("delivered", "delivered"), ("dead-lettered", "dead_lettered"),
        ("evicted records", "evicted_records"), ("waiting records", "waiting_records"),
        ("behind, s", "lag_s"),
      ])
    return text
  }

  private func head(_ line: ControlClient.Line) -> String {
    func value(_ key: String) -> String { line[key] ?? "-" }
    var text = "gateway \(value("id")), process \(value("process")), for \(value("uptime_s")) s; "
    text += "configuration \(value("configuration")) since \(value("configured"))\n"
    let counts = ["acquired", "suppressed", "folded", "shed", "stored", "too_late"]
    text += counts.map { "\($0.replacing("_", with: " ")) \(value($0))" }.joined(separator: ", ")
    return text + "\n" + condition(of: line)
  }

  private func condition(of line: ControlClient.Line) -> String {
    guard let condition = line.member("condition"), let message = condition["message"] else {
      return ""
    }
    let since = condition["since"] ?? ""
    return "  \(condition["level"] ?? "") since \(since): \(message.replacing("\n", with: "; "))\n"
  }

  private func table(_ kind: String, _ columns: [(title: String, key: String)]) -> String {
    let found = lines.filter { $0["kind"] == kind }
    guard !found.isEmpty else { return "" }
    var rows = [columns.map(\.title)]
    rows += found.map { line in columns.map { line[$0.key] ?? "-" } }
    let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text = "\n"
    for (number, row) in rows.enumerated() {
      // Names to the left, numbers to the right.
      let cells = zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 || columns[column].key == "bus" ? cell.0 + space : space + cell.0
      }
      text += cells.joined(separator: "  ") + "\n"
      if number > 0 { text += condition(of: found[number - 1]) }
    }
    return text
  }
}
