internal import Synchronization

/// Statistics that one thread brings up to date and others look at.
final class SharedStatistics: Sendable {
  private let state = Mutex(ModbusStatistics())

  var value: ModbusStatistics {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

/// The thread of a client: takes jobs from the mailbox and lets the engine turn until the mailbox is closed.
enum WireThread {
  static func start(
    _ endpoint: ModbusEndpoint, options: ModbusOptions, mailbox: Mailbox,
    statistics: SharedStatistics
  ) throws(ModbusError) {
    try startThread(name: "modbus") {
      let engine = WireEngine(
        endpoint, options: options, wakeup: mailbox.wakeup, published: statistics)
      mailbox.lend(engine)
      var jobs: [Job] = []
      while mailbox.collect(into: &jobs) {
        for job in jobs { engine.submit(job) }
        jobs.removeAll(keepingCapacity: true)
        engine.turn(mailbox: mailbox)
      }
      for job in jobs { engine.submit(job) }
      engine.shutDown()
      mailbox.takeBackForGood()
    }
  }
}
