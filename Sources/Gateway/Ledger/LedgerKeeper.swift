internal import Glibc
internal import IOThreads

/// Saves the books on a thread of its own.
actor LedgerKeeper {
  private let thread = BlockingThread(name: "ledger")
  private let books: LedgerBooks
  private var condition: ConditionReporter

  /// So much may go to a sink again after a crash.
  static let interval: Duration = .seconds(1)

  /// The keeper's own thread: syncing a file blocks.
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(_ books: LedgerBooks, report: @escaping @Sendable (GatewayEvent) -> Void) {
    self.books = books
    condition = ConditionReporter(source: "ledger", report: report)
  }

  /// Saves what is not saved yet; it is on the disk when this returns.
  func save() throws(SystemFailure) {
    do throws(SystemFailure) {
      try books.save()
      condition.recovered()
    } catch {
      condition.failed(
        "the ledger can't be written: \(error.explanation); retrying. See to the disk and the rights of the data folder",
        level: .error)
      throw error
    }
  }

  /// Saves again and again, until the task is cancelled.
  nonisolated func run() async {
    var rounds = Rounds(every: Self.interval)
    while await rounds.next() { try? await save() }
  }
}
