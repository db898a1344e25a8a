internal import ArgumentParser
internal import Gateway
internal import StoreForward

struct GatewayLedger: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Says what became of every sample of a gateway, tag by tag.",
    discussion: """
      For each tag: acquired = suppressed + folded + shed + held + stored. For each tag and sink: stored = delivered + dead-lettered + \
      withheld + evicted + damaged + waiting. Each term is counted where it happens (docs/ledger.md). A running gateway is asked \
      over the socket in its data folder and tells its numbers of this moment. When none runs, or it does not answer (which is said), the \
      data folder is read; what sinks confirmed within the last second before then still counts as waiting.

      With --tag only these are shown; the sums of all are checked in any case.

      Example:
        iiotctl gateway ledger gateway.yaml --tag 'pump-01/*'

      Exit codes: 0 when all sums come out, 1 when one does not (told on standard error) or on failure, 64 misuse.
      """)

  @Argument(help: "The gateway's configuration, or its data folder.")
  var gateway: String

  @OptionGroup var tags: TagOptions

  @Option(help: "How to print: table, csv or jsonl (default: table on a terminal, else jsonl).")
  var format: LedgerFormat?

  @OptionGroup var control: ControlOptions

  func run() async throws {
    let ledger: Ledger
    do {
      ledger = try await currentLedger(in: Configurations.dataFolder(of: gateway))
    } catch let error as StoreError {
      throw Failure(error)
    }
    var chosen = ledger
    chosen.tags.removeAll { !tags.matches($0.tag) }
    for index in chosen.sinks.indices {
      chosen.sinks[index].tags.removeAll { !tags.matches($0.tag) }
    }
    tags.tellUnmatched(
      among: ledger.tags.map(\.tag) + ledger.sinks.flatMap { $0.tags.map(\.tag) })
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

  /// From the gateway itself if it runs and answers, else from what it has on the disk.
  private func currentLedger(in folder: String) async throws -> Ledger {
    let client = ControlClient(dataFolder: folder, timeout: control.timeout.duration)
    do throws(ControlError) {
      return try await client.ledger()
    } catch {
      if error.code != .notRunning || ProcessMark.runningProcess(dataFolder: folder) != nil {
        StandardError.print(
          "warning: the gateway runs, but can't be asked: \(error.message)\n  \(error.place)\n"
            + "  its data folder is read instead; what sinks confirmed lately may count as waiting")
      }
      return try LedgerReader.ledger(dataFolder: folder)
    }
  }
}

enum LedgerFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case csv
  case jsonl
}
