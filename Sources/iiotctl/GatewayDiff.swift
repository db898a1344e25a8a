internal import ArgumentParser
internal import Gateway

struct GatewayDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Tells what a reload from one configuration to another would do.",
    discussion: """
      A line for each bus, device, tag, formula, rule, sink and report that is added, removed or changed, and what the gateway does \
      about it: connections that are opened again, formulas that begin anew, what needs a restart. It decides by the same plan as a \
      reload. Neither file is put to work.

      Example:
        iiotctl gateway diff gateway.yaml new.yaml

      Exit codes, as of diff(1): 0 when nothing is different, 1 when something is, 2 when a file is wrong, 64 misuse.
      """)

  @Argument(help: "The configuration that runs.")
  var old: String

  @Argument(help: "The one to come.")
  var new: String

  @Option(
    help:
      "How to print: table (lines of words) or jsonl (default: table on a terminal, else jsonl).")
  var format: ReportFormat?

  func run() throws {
    let plan: ReloadPlan
    do {
      plan = ReloadPlan(from: try Configurations.load(old), to: try Configurations.load(new))
    } catch let failure as ConfigurationFailure {
      StandardError.print(failure.description)
      throw ExitCode(2)
    }
    var output = StandardOutput()
    let isTable = ReportFormat.chosen(format) == .table
    for change in plan.changes {
      let line = isTable ? "\(change)" : change.jsonLine
      try output.append { $0 += Array((line + "\n").utf8) }
    }
    if plan.isEmpty, isTable { try output.append { $0 += Array("nothing changed\n".utf8) } }
    try output.flush()
    if !plan.isEmpty { throw ExitCode(1) }
  }
}
