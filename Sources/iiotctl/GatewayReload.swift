internal import ArgumentParser
internal import Gateway

struct GatewayReload: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Lets a running gateway go on with its changed configuration.",
    discussion: """
      Asks the gateway over the socket in its data folder, waits until it is done and prints what it did, a line for each change. The file is \
      checked first; when it is wrong, the gateway hears nothing of it. What did not change goes on untouched. `gateway.id`, \
      `gateway.data`, `gateway.audit`, `buffer.segment`, `journal` and `server` need a restart. The gateway reads the file that it was started \
      with; SIGHUP does the same and answers in its events only.

      Example:
        iiotctl gateway reload gateway.yaml
        iiotctl gateway reload data

      Exit codes: 0 when the gateway goes on with it, 1 when it goes on as before or none runs, 64 misuse.
      """)

  @Argument(help: "The configuration with which the gateway was started, or its data folder.")
  var place: String

  @Option(
    help:
      "How to print: table (lines of words) or jsonl (default: table on a terminal, else jsonl).")
  var format: ReportFormat?

  @OptionGroup var control: ControlOptions

  func run() async throws {
    let lines = try await RunningGateway.ask(
      "reload", in: Configurations.dataFolder(of: place), timeout: control.timeout.duration)
    var output = StandardOutput()
    if ReportFormat.chosen(format) == .table {
      let changes = lines.map { line in
        ReloadPlan.Change(
          part: line["part"] ?? "", name: line["name"] ?? "", action: line["action"] ?? "",
          effect: line["effect"])
      }
      let words = changes.compactMap { $0.map { "\($0)" } }
      try output.append {
        $0 += Array((words.isEmpty ? "nothing changed" : words.joined(separator: "\n")).utf8)
        $0.append(0x0A)
      }
    } else {
      try output.append { for line in lines { $0 += Array((line.text + "\n").utf8) } }
    }
    try output.flush()
  }
}

/// Reports for people and for programs.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case table, jsonl

  static func chosen(_ asked: ReportFormat?) -> ReportFormat {
    asked ?? (StandardOutput.isTerminal ? .table : .jsonl)
  }
}

/// Asks a gateway of this machine.
enum RunningGateway {
  static func ask(
    _ request: String, in dataFolder: String, timeout: Duration
  ) async throws -> [ControlClient.Line] {
    do throws(ControlError) {
      return try await ControlClient(dataFolder: dataFolder, timeout: timeout).ask(request)
    } catch {
      if let problems = error.configuration { throw ConfigurationFailure(problems) }
      throw Failure(error.message, at: error.place, advice: error.advice)
    }
  }
}
