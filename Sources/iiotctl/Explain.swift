internal import ArgumentParser
internal import Gateway
internal import Glibc
internal import IndustrialModel
internal import StoreForward

struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells why a stored value is what it is, from the wire to the sinks.",
    discussion: """
      From the bytes that came over decoding, formulas, checks and rules to the number in the buffer, what became of it for each sink, \
      and the configuration that held. What came from the wire is known when the gateway keeps a journal (journal: {}). What is not \
      known is said to be so, and why. Only reads, and may be used while the gateway runs.

      TIME is RFC 3339: the time of the sample, the device's where it gave one, else the gateway's. When there is none of exactly that \
      time, the last stored one before it is explained, and how much earlier it is.

      Examples:
        iiotctl explain pump-01/power@2026-01-01T00:00:00Z
        iiotctl explain --config gateway.yaml pump-01/power@2026-01-01T00:00:00Z --format jsonl

      Exit codes: 0 explained, 1 when there is no such sample, when what is stored is not what the journal gives (told on standard error), \
      or on failure, 64 misuse, 130 or 143 after a signal.
      """)

  @Argument(help: ArgumentHelp("The sample: its tag and its time.", valueName: "tag@time"))
  var sample: SampleArgument

  @Option(
    help: ArgumentHelp(
      "The gateway: the configuration, or its data folder (default: gateway.yaml, else the folder data).",
      valueName: "file"))
  var config: String?

  @Option(help: "How to print: table (a tree) or jsonl (default: table on a terminal, else jsonl).")
  var format: ReportFormat?

  @Flag(help: "Prints more: all samples of a window, and where in the journal each part stands.")
  var verbose = false

  func run() async throws {
    try await Interruption.cancels(hasEnd: true) { try show() }
  }

  private func show() throws {
    let explanation: Explanation
    do {
      explanation = try Explanation(
        of: sample.tag, at: sample.time, dataFolder: try folder())
    } catch is CancellationError {
      return
    } catch let error as ExplanationError {
      throw Failure(error.message, at: error.path, advice: error.advice)
    } catch let error as StoreError {
      throw Failure(error)
    }
    var output = StandardOutput()
    let lines =
      ReportFormat.chosen(format) == .table
      ? ExplanationTree(explanation, isVerbose: verbose).lines : [explanation.jsonLine]
    for line in lines { try output.append { $0 += "\(line)\n".utf8 } }
    try output.flush()
    guard let first = explanation.findings.first else { return }
    for finding in explanation.findings { StandardError.print("DOES NOT FIT: \(finding)") }
    throw Failure(
      "what is stored is not what the journal gives", at: first,
      advice:
        "check the disk: iiotctl store verify; and what the configuration read then (DBC files, recordings)"
    )
  }

  private func folder() throws -> String {
    if let config { return try Configurations.dataFolder(of: config) }
    guard access("gateway.yaml", F_OK) == 0 else { return "data" }
    return try Configurations.dataFolder(of: "gateway.yaml")
  }
}

/// `device/tag@time`.
struct SampleArgument: ExpressibleByArgument {
  var tag: String
  var time: Timestamp

  init?(argument: String) {
    // Names of tags that topics give may have an @ of their own.
    guard let mark = argument.lastIndex(of: "@"), mark > argument.startIndex,
      let time = Timestamp(rfc3339: argument[argument.index(after: mark)...])
    else { return nil }
    (tag, self.time) = (String(argument[..<mark]), time)
  }
}
