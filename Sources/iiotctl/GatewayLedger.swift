internal import ArgumentParser
internal import Gateway
internal import Glibc
internal import StoreForward

struct GatewayLedger: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Says what became of every sample of a gateway, tag by tag.",
    discussion: """
      For each tag: acquired = suppressed + folded + shed + held + stored. For each tag and sink: stored = delivered + dead-lettered + \
      withheld + evicted + damaged + waiting. Each term is counted where it happens (docs/ledger.md). Only reads, and may be used \
      while the gateway runs; what sinks confirmed within the last second then still counts as waiting.

      Example:
        iiotctl gateway ledger gateway.yaml --tag 'pump-01/*'

      Exit codes: 0 when all sums come out, 1 when one does not (told on standard error) or on failure, 64 misuse.
      """)

  @Argument(help: "The gateway's configuration, or its data folder.")
  var gateway: String

  @Option(
    help: ArgumentHelp(
      "Only tags with this path; * stands for anything. The sums of all are checked in any case.",
      valueName: "pattern"))
  var tag: String?

  @Option(help: "How to print: table, csv or jsonl (default: table on a terminal, else jsonl).")
  var format: LedgerFormat?

  func run() async throws {
    try await Interruption.cancels { try show() }
  }

  private func show() throws {
    let ledger: Ledger
    do {
      ledger = try LedgerReader.ledger(dataFolder: folder())
    } catch let error as StoreError {
      throw Failure(error)
    }
    var chosen = ledger
    if let tag {
      chosen.tags.removeAll { fnmatch(tag, $0.tag, 0) != 0 }
      for index in chosen.sinks.indices {
        chosen.sinks[index].tags.removeAll { fnmatch(tag, $0.tag, 0) != 0 }
      }
    }
    var output = StandardOutput()
    let format = format ?? (StandardOutput.isTerminal ? .table : .jsonl)
    for line in LedgerPrinter(chosen).lines(format) {
      try output.append { $0 += "\(line)\n".utf8 }
    }
    try output.flush()
    let discrepancies = ledger.discrepancies
    guard let first = discrepancies.first else { return }
    for line in discrepancies { StandardError.print("DOES NOT BALANCE: \(line)") }
    throw Failure(
      "the ledger does not balance in \(discrepancies.count) places", at: first,
      advice: "see docs/ledger.md for what can cause it")
  }

  private func folder() throws -> String {
    var status = stat()
    if stat(gateway, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return gateway }
    return try Configurations.load(gateway).dataFolder
  }
}

enum LedgerFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case csv
  case jsonl
}
