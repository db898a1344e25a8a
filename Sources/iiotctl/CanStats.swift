internal import ArgumentParser
internal import CANLog
internal import IndustrialModel
internal import Sinks

struct CanStats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Counts the identifiers of a CAN log: how often, how regularly, how much data.",
    discussion: """
      Gaps are the times from one frame of an identifier to the next, in milliseconds. JSON lines have the members \
      channel, id, extended, error, frames, remote, fd, bytes, first, last, and gap_ms with min, mean and max (null \
      for a single frame).

      Example:
        iiotctl can stats drive.log

      Exit codes: 0 success (also with findings), 1 failure, 64 misuse, 130 or 143 after a signal.
      """)

  enum Format: String, ExpressibleByArgument { case table, jsonl }

  @Argument(help: "The log; standard input when it is - or absent.")
  var log: String = "-"

  @Option(help: "How to print: table or jsonl (default: table on a terminal, else jsonl).")
  var format: Format?

  func run() async throws {
    try await Interruption.cancels(hasEnd: true) { try count() }
  }

  private func count() throws {
    var traffic = CANTraffic()
    do throws(CANLogError) {
      var reader = try CanLogInput.open(log)
      var batch = CANFrameBatch()
      // A live input ends with what had come before the signal, and all of that counts.
      while reader.isLive || !Task.isCancelled,
        try reader.next(into: &batch, until: Interruption.descriptor)
      {
        traffic.append(batch)
      }
      CanLogInput.report(reader.findings, log)
    } catch {
      throw CanLogInput.failure(error, log)
    }
    var output = StandardOutput()
    let isTable = (format ?? (StandardOutput.isTerminal ? .table : .jsonl)) == .table
    if isTable {
      try output.append {
        $0.append("channel  identifier  kind   frames     bytes  gap ms: min / mean / max\n")
      }
    }
    for entry in traffic.entries {
      try output.append { line in
        if isTable { appendRow(entry, &line) } else { appendJSON(entry, &line) }
      }
    }
    try output.flush()
    if traffic.otherFrames > 0 {
      StandardError.print(
        "warning: \(traffic.otherFrames) frames of further identifiers are not listed")
    }
  }

  private func appendRow(_ entry: CANTraffic.Entry, _ line: inout [UInt8]) {
    let kind = entry.isError ? "error" : entry.fdFrames > 0 ? "fd" : "classic"
    line.append(Self.left(entry.channel, 7))
    line.append(Self.right(entry.identifier.description, 12) + "  " + Self.left(kind, 7))
    line.append(Self.right("\(entry.frames)", 8) + Self.right("\(entry.byteCount)", 10) + "  ")
    if let mean = entry.meanGap, let min = entry.shortestGap, let max = entry.longestGap {
      line.append(
        "\(Self.milliseconds(Double(min))) / \(Self.milliseconds(mean)) / "
          + Self.milliseconds(Double(max)))
    } else {
      line.append("-")
    }
    line.append(UInt8(ascii: "\n"))
  }

  private func appendJSON(_ entry: CANTraffic.Entry, _ line: inout [UInt8]) {
    line.append("{\"channel\":")
    line.append(json: entry.channel)
    line.append(",\"id\":\(entry.identifier.value),\"extended\":\(entry.identifier.isExtended)")
    line.append(",\"error\":\(entry.isError),\"frames\":\(entry.frames)")
    line.append(",\"remote\":\(entry.remoteFrames),\"fd\":\(entry.fdFrames)")
    line.append(",\"bytes\":\(entry.byteCount),\"first\":\"")
    Timestamp(nanoseconds: entry.firstTime).write(to: &line)
    line.append("\",\"last\":\"")
    Timestamp(nanoseconds: entry.lastTime).write(to: &line)
    line.append("\",\"gap_ms\":")
    if let mean = entry.meanGap, let min = entry.shortestGap, let max = entry.longestGap {
      line.append("{\"min\":")
      line.append(shortest: Double(min) / 1e6)
      line.append(",\"mean\":")
      line.append(shortest: mean / 1e6)
      line.append(",\"max\":")
      line.append(shortest: Double(max) / 1e6)
      line.append("}}\n")
    } else {
      line.append("null}\n")
    }
  }

  /// With three decimals.
  private static func milliseconds(_ nanoseconds: Double) -> String {
    let thousandths = (nanoseconds / 1000).rounded()
    guard thousandths.magnitude < 1e15 else { return "\(nanoseconds / 1e6)" }
    let whole = Int64(thousandths)
    let rest = String(whole.magnitude % 1000)
    return "\(whole < 0 ? "-" : "")\(whole.magnitude / 1000)."
      + String(repeating: "0", count: 3 - rest.count) + rest
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
