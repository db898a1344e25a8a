internal import ArgumentParser
internal import Gateway
internal import IndustrialModel
internal import Sinks

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes statistics of the local history of a gateway.",
    discussion: """
      Example:
        iiotctl report run gateway.yaml
      """,
    subcommands: [ReportRun.self])
}

struct ReportRun: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Writes reports of a configuration now, for spans of time that have ended.",
    discussion: """
      A running gateway writes its reports itself; this makes them again, or for a time before. Without --since it is the last \
      span that has ended. Files that are there are replaced. Prints the name of each file.

      Example:
        iiotctl report run gateway.yaml --report hourly --since 2026-01-01T00:00:00Z

      Exit codes: 0 success (also when there were no samples), 1 failure, 64 misuse, 130 or 143 after a signal.
      """)

  @Argument(help: "The configuration (docs/configuration.md).")
  var file: String

  @Option(help: ArgumentHelp("Only this report.", valueName: "name"))
  var report: String?

  @Option(help: ArgumentHelp("Only from the span that this time is in.", valueName: "time"))
  var since: TimeArgument?

  @Option(
    help: ArgumentHelp("Only to the last span that has ended by this time.", valueName: "time"))
  var until: TimeArgument?

  @Option(
    help: ArgumentHelp(
      "The destination: this folder instead of the report's own.", valueName: "folder"))
  var to: String?

  func run() async throws {
    let configuration = try Configurations.loadWithoutSecrets(file)
    let rules = configuration.reports.filter { report == nil || $0.name == report }
    guard !rules.isEmpty else {
      throw Failure(
        "the configuration has no report\(report.map { " '\($0)'" } ?? "")", at: file,
        advice: "add it below reports: (docs/configuration.md)")
    }
    try await Interruption.cancels(hasEnd: true) {
      for var rule in rules {
        if let to { rule.folder = to }
        var output = StandardOutput()
        for file in try await write(rule, of: configuration) { try output.append(line: file) }
        try output.flush()
      }
    }
  }

  private func write(
    _ rule: ReportRule, of configuration: GatewayConfiguration
  ) async throws -> [String] {
    #if History
      do throws(SinkError) {
        let runner = try ReportRunner(rule, of: configuration)
        let now = Timestamp.now()
        let end = min(until?.time ?? now, now)
        let files =
          if let since { try await runner.write(from: since.time, to: end) } else {
            try await runner.writeLast(before: end)
          }
        return files
      } catch {
        throw Failure(error.message, at: error.destination, advice: error.advice)
      }
    #else
      throw Failure(
        "this iiotctl was built without the package trait 'History'", at: file,
        advice: "build it with: swift build --traits Gateway,History")
    #endif
  }
}
