internal import IndustrialModel

/// A Modbus client for a caller who owns a thread: every call blocks until it is done.
///
/// It is the engine that `ModbusClient` runs on a thread of its own, without the thread: the same matching of answers,
/// deadlines and reconnection, and no hop from thread to thread. It connects at the first call, and again after a loss.
///
/// ```swift
/// let engine = try ModbusEngine(.tcp("10.0.0.10"), options: .init(inFlight: 8))
/// let plan = try ReadPlan([RegisterBlock(.holding, 0, count: 100), RegisterBlock(.coil, 0, count: 16)])
/// var result = ReadResult(for: plan)
/// engine.read(plan, into: &result)
/// ```
///
/// An engine is not `Sendable`: hand it over, don't share it.
public final class ModbusEngine {
  private let engine: WireEngine
  private var job: Job?
  private var lastCall: Int64 = .min

  /// An engine for a wire. Nothing is connected yet. Throws `.system` when no descriptor is left.
  public init(_ endpoint: ModbusEndpoint, options: ModbusOptions = ModbusOptions())
    throws(ModbusError)
  {
    engine = WireEngine(endpoint, options: options, wakeup: try Wakeup())
  }

  /// What has happened so far.
  public var statistics: ModbusStatistics { engine.statistics }

  /// Reads a plan. Blocks fail each for itself; look at the result's errors.
  public func read(_ plan: ReadPlan) -> ReadResult {
    var result = ReadResult(for: plan)
    read(plan, into: &result)
    return result
  }

  /// Reads a plan into a result that is used again and again: nothing is allocated after the first time unless
  /// something fails.
  public func read(_ plan: ReadPlan, into result: inout ReadResult) {
    let reused: Job
    if let job, job.plan == plan {
      reused = job
      reused.rewind()
    } else {
      reused = Job(plan)
      job = reused
    }
    result.reset(for: plan)
    // Lent, not copied, so that its memory is written in place.
    swap(&result, &reused.result)
    run(reused)
    swap(&result, &reused.result)
  }

  func perform(_ message: RequestMessage) throws(ModbusError) -> [UInt8] {
    let job = Job(message)
    run(job)
    return try job.result(of: message)
  }

  private func run(_ job: Job) {
    // Nobody looked at the socket between the calls: the other side may have closed it.
    let now = MonotonicClock.now()
    if job.isWrite || now &- lastCall > 10_000_000 { engine.takeWaitingInput() }
    engine.submit(job)
    while job.remaining > 0 { engine.turn() }
    lastCall = MonotonicClock.now()
  }
}

extension Job {
  /// The answer of a finished message.
  func result(of message: RequestMessage) throws(ModbusError) -> [UInt8] {
    guard let answer else { throw ModbusError(.closed, "the request has no answer") }
    return try answer.get()
  }
}
