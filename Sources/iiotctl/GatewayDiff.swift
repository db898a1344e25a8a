internal import ArgumentParser
internal import Gateway
internal import IndustrialModel

struct GatewayDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Tells what a reload from one configuration to another would do.",
    discussion: """
      A line for each bus, device, tag, formula, rule, sink and report that is added, removed or changed, and what the gateway does \
      about it: connections that are opened again, formulas that begin anew, what needs a restart. It decides by the same plan as a \
      reload. Neither file is put to work, and their secrets need not be there: only the change of a secret is then not seen, \
      which is told on standard error.

      With --journal what came from the wires is replayed with both files: a line follows for each tag whose stored samples would be \
      others, and one of samples, bytes and requests a second. What the journal can't answer is told on standard error.

      Examples:
        iiotctl gateway diff gateway.yaml new.yaml
        iiotctl gateway diff gateway.yaml new.yaml --journal data/journal

      Exit codes, as of diff(1): 0 when nothing is different, 1 when something is, 2 when a file is wrong, 64 misuse, \
      130 or 143 after a signal.
      """)

  @Argument(help: "The configuration that runs.")
  var old: String

  @Argument(help: "The one to come.")
  var new: String

  @Option(
    help: ArgumentHelp(
      "Compare what both would have stored of this journal.", valueName: "folder"))
  var journal: String?

  @Option(
    help:
      "How to print: table (lines of words) or jsonl (default: table on a terminal, else jsonl).")
  var format: ReportFormat?

  func run() async throws {
    do {
      try await Interruption.cancels(hasEnd: true) { try compare() }
    } catch let failure as Failure {
      // 1 would say that something is different.
      StandardError.print(failure.description)
      throw ExitCode(2)
    }
  }

  private func compare() throws {
    let (before, after): (GatewayConfiguration, GatewayConfiguration)
    do {
      (before, after) = try Configurations.loadToCompare(old, new)
    } catch let failure as ConfigurationFailure {
      StandardError.print(failure.description)
      throw ExitCode(2)
    }
    let plan = ReloadPlan(from: before, to: after)
    var output = StandardOutput()
    let isTable = ReportFormat.chosen(format) == .table
    for change in plan.changes {
      let line = isTable ? "\(change)" : change.jsonLine
      try output.append { $0 += Array((line + "\n").utf8) }
    }
    if plan.isEmpty, isTable { try output.append { $0 += Array("nothing changed\n".utf8) } }
    try output.flush()
    var isDifferent = !plan.isEmpty
    if let journal {
      let comparison = try compare(journal, before, after)
      for finding in comparison.findings { StandardError.print("note: \(finding)") }
      let lines =
        isTable ? table(comparison) : comparison.tags.map(\.jsonLine) + [comparison.jsonLine]
      for line in lines { try output.append { $0 += Array((line + "\n").utf8) } }
      try output.flush()
      if !comparison.tags.isEmpty { isDifferent = true }
    }
    if isDifferent { throw ExitCode(1) }
  }

  private func compare(
    _ folder: String, _ before: GatewayConfiguration, _ after: GatewayConfiguration
  ) throws -> JournalComparison {
    do {
      return try JournalComparison(folder: folder, from: before, to: after)
    } catch let error as JournalError {
      StandardError.print(
        Failure(error.message, at: error.path, advice: error.advice).description)
    } catch let error as ConfigurationError {
      StandardError.print(ConfigurationFailure(error).description)
    }
    throw ExitCode(2)
  }

  private func table(_ comparison: JournalComparison) -> [String] {
    var lines = comparison.tags.map { tag in
      var line =
        "tag \(tag.name): \(tag.oldCount) samples, then \(tag.newCount); \(tag.differing) differ"
      if let largest = tag.largestDifference { line += ", by \(largest) at most" }
      if let first = tag.first {
        let (old, new) = (first.old?.words ?? "not stored", first.new?.words ?? "not stored")
        line += "; the first at \(first.time): \(old), then \(new)"
      }
      return line
    }
    for (name, load) in [("old", comparison.old), ("new", comparison.new)] {
      let rates = [
        (comparison.sampleRate(load), "samples"), (comparison.byteRate(load), "bytes"),
        (load.requestRate, "requests"),
      ].map { "\(($0.0 * 100).rounded() / 100) \($0.1)/s" }
      lines.append("\(name): \(rates.joined(separator: ", "))")
    }
    return lines
  }
}
