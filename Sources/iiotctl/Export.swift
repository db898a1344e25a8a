internal import ArgumentParser
internal import Gateway
internal import IndustrialModel
internal import Sinks

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints samples from the local history of a gateway.",
    discussion: """
      Reads only, and may be used while the gateway runs. The samples come in the order of their times: the device's clock \
      where it has one, else the gateway's.

      Examples:
        iiotctl export gateway.yaml --tag 'pump-01/*' --since 2026-01-01T00:00:00Z --format csv
        iiotctl export data/history.db --format jsonl | jq .value

      Exit codes: 0 success (also when no sample is in the time range), 1 failure, 64 misuse, 130 or 143 after a signal.
      """)

  @Argument(help: "The configuration of the gateway, or the database of its history.")
  var source: String

  @OptionGroup var tags: TagOptions

  @Option(help: ArgumentHelp("Only samples of this time or later.", valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only samples before this time.", valueName: "time"))
  var until: TimeArgument?

  @Option(
    help: ArgumentHelp("In a configuration with several histories: which.", valueName: "sink"))
  var history: String?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let path = try Histories.path(source, sink: history)
    try await Interruption.cancels(hasEnd: true) { try print(path) }
  }

  private func print(_ path: String) throws {
    let names = TagRegistry()
    var printer = SamplePrinter(output.chosen, tags: names)
    do {
      let reader = try HistoryReader(path: path)
      if let wanted = try wantedTags(of: reader) {
        let query = HistoryQuery(tags: wanted, since: since?.time, until: until?.time)
        try reader.read(query, names: names) { batch in
          try Task.checkCancellation()
          try printer.buffer(batch)
        }
      }
    } catch is CancellationError {
    } catch let error as SinkError {
      try printer.finish()
      throw Failure(error.message, at: error.destination, advice: error.advice)
    }
    try printer.finish()
  }

  /// The names of the wanted tags, empty for all; nil when there is none of them. A history knows a `*` only at the end of
  /// a pattern, so the names that it has are chosen from here.
  private func wantedTags(of reader: HistoryReader) throws(SinkError) -> [String]? {
    #if History
      guard !tags.patterns.isEmpty else { return [] }
      let known = try reader.tags().map(\.name)
      tags.tellUnmatched(among: known)
      let wanted = known.filter { tags.matches($0) }
      return wanted.isEmpty ? nil : wanted
    #else
      return []
    #endif
  }
}

/// Where a history is: named itself, or by the configuration of its gateway.
enum Histories {
  static func path(_ source: String, sink: String?) throws -> String {
    guard source.hasSuffix(".yaml") || source.hasSuffix(".yml") else { return source }
    let configuration = try Configurations.loadWithoutSecrets(source)
    guard let history = configuration.history(sink) else {
      throw Failure(
        "the configuration has no history\(sink.map { " '\($0)'" } ?? ", or several")", at: source,
        advice: "add a sink of type history, or name one with --history")
    }
    return history.path
  }
}
