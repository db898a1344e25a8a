internal import Synchronization

/// A Modbus client: one wire, any number of callers, each of whom just awaits.
///
/// The wire belongs to a thread of the client's own, which starts at the first call. A whole plan costs one hop to it and
/// back. Requests of several callers share the wire in turn, writes before reads.
///
/// ```swift
/// let plc = ModbusClient(.tcp("10.0.0.10"), options: .init(inFlight: 8, timeout: .milliseconds(500)))
/// let registers = try await plc.readHoldingRegisters(0..<10, unit: 1)
/// try await plc.writeRegister(7, at: 20, unit: 1)
/// ```
///
/// It connects at the first call and again whenever the connection is lost, with a growing pause between attempts that
/// fail; nothing has to be restarted by hand. Cancelling a task ends its call at once and leaves the client
/// usable; a request that is already on the wire may still reach the device. Letting go of the client, or `close()`,
/// never blocks.
public final class ModbusClient: Sendable {
  /// The wire.
  public let endpoint: ModbusEndpoint
  /// How the wire is treated.
  public let options: ModbusOptions
  private let state = Mutex(State.idle)
  private let counters = SharedStatistics()

  private enum State {
    case idle
    case open(Mailbox)
    case closed
  }

  /// A client for a wire. Nothing is connected and no thread is started yet.
  public init(_ endpoint: ModbusEndpoint, options: ModbusOptions = ModbusOptions()) {
    self.endpoint = endpoint
    self.options = options
  }

  /// A client for the wire of a URL, with the URL's timeout and number of requests in flight.
  public convenience init(_ url: ModbusURL, options: ModbusOptions = ModbusOptions()) {
    var options = options
    if let timeout = url.timeout { options.timeout = timeout }
    if let inFlight = url.inFlight { options.inFlight = inFlight }
    self.init(url.endpoint, options: options)
  }

  deinit { close() }

  /// What has happened so far.
  public var statistics: ModbusStatistics { counters.value }

  /// Ends the connection and the thread. Calls under way fail with `.closed`, and so do later ones. Does not block.
  public func close() {
    let mailbox = state.withLock { state in
      let mailbox: Mailbox? = if case .open(let mailbox) = state { mailbox } else { nil }
      state = .closed
      return mailbox
    }
    mailbox?.close()
  }

  /// Reads a plan in one piece.
  ///
  /// What goes wrong on the wire stands in the result, block by block. Throws `CancellationError` when the task is
  /// cancelled, and `ModbusError` `.closed` or `.system` when the client can't work at all.
  public func read(_ plan: ReadPlan) async throws -> ReadResult {
    let job = Job(plan)
    try await run(job)
    return job.result
  }

  func perform(_ message: RequestMessage) async throws -> [UInt8] {
    let job = Job(message)
    try await run(job)
    return try job.result(of: message)
  }

  private func run(_ job: Job) async throws {
    try Task.checkCancellation()
    let mailbox = try openMailbox()
    try await job.wait { () throws(ModbusError) in
      guard mailbox.post(job) else { throw closedError }
    }
  }

  /// The mailbox of the thread, which is started the first time.
  private func openMailbox() throws(ModbusError) -> Mailbox {
    let result: Result<Mailbox, ModbusError> = state.withLock { state in
      switch state {
      case .open(let mailbox): return .success(mailbox)
      case .closed: return .failure(closedError)
      case .idle:
        do throws(ModbusError) {
          let mailbox = Mailbox(wakeup: try Wakeup())
          try WireThread.start(
            endpoint, options: options, mailbox: mailbox, statistics: counters)
          state = .open(mailbox)
          return .success(mailbox)
        } catch {
          return .failure(error)
        }
      }
    }
    return try result.get()
  }

  private var closedError: ModbusError {
    ModbusError(.closed, "the client has been closed", bus: endpoint.description)
  }
}
