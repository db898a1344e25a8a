internal import CModbus
internal import Glibc
internal import IOThreads
internal import IndustrialModel

/// Carries jobs over one wire: keeps the connection, sends requests, takes answers, keeps time.
///
/// It belongs to one thread and does nothing by itself: each `turn` sends what may be sent, waits for the next thing
/// to happen and deals with it. Between the caller's request and the system call nothing is allocated.
final class WireEngine {
  /// Which block of which job a slot of the exchange stands for.
  struct Assignment {
    var job: Job
    var block: Int
  }

  let endpoint: ModbusEndpoint
  let options: ModbusOptions
  let wakeup: Wakeup
  var statistics = ModbusStatistics()
  /// Where others may look at the statistics; brought up to date before a job ends.
  let published: SharedStatistics?

  var exchange: WireExchange
  var pauses: UnitPauses
  /// Which units have been asked for anything.
  var askedUnits: [Bool] = Array(repeating: false, count: 256)
  var askedUnitCount = 0
  /// Requests of units that are left alone for a while.
  var held: [Assignment] = []
  /// A serial line is not known to be silent until then.
  var quietUntil: Int64 = .min
  /// Units of which an answer of another length came instead of the latest one, and may have been owed. One that answers is
  /// none of them any more.
  var unitsOfOtherLength: Set<UInt8> = []
  /// Since when requests have waited for a silence of the line, and for nothing else.
  var waitsForSilenceSince: Int64?
  var assignments: [Assignment?]
  var queue = JobQueue()
  var finished: [Job] = []
  var link: Link
  var input: ReceiveBuffer
  var output: SendBuffer
  var silentTimeouts = 0
  /// When the latest request was sent.
  var lastRequest: Int64 = .min
  /// Until when the thread waits if nothing happens.
  var sleepsUntil: Int64 = .min
  let timeout: Int64
  // Of the endpoint, at hand without a look at its strings.
  let isRTU: Bool
  let baud: Int64
  let gap: Int64
  let inFlight: Int
  /// Until when the next requests of plans wait for the answers of more of those that filled the window; see `gathers`.
  var gathersUntil: Int64 = .min
  /// Whether as many requests went out as may be under way, and others may still wait.
  var windowWasFull = false

  init(
    _ endpoint: ModbusEndpoint, options: ModbusOptions, wakeup: Wakeup,
    published: SharedStatistics? = nil
  ) {
    self.endpoint = endpoint
    self.options = options
    timeout = max(0, options.timeout.nanoseconds)
    isRTU = endpoint.isRTU
    gap = endpoint.gap
    if case .serial(let line) = endpoint.transport {
      baud = Int64(max(1, line.baud))
    } else {
      baud = 0
    }
    inFlight = endpoint.isRTU ? 1 : min(max(1, options.inFlight), ModbusOptions.maximumInFlight)
    self.wakeup = wakeup
    self.published = published
    exchange = WireExchange(isRTU: endpoint.isRTU, acceptsAnyUnit: options.acceptsAnyUnit)
    pauses = UnitPauses(
      isRTU: endpoint.isRTU, timeout: timeout, longest: options.backoff.maximum.nanoseconds)
    assignments = Array(repeating: nil, count: MBAPExchange.slotCount)
    link = Link(endpoint, options: options)
    input = ReceiveBuffer(capacity: 64 * 1024)
    output = SendBuffer(
      capacity: ModbusOptions.maximumInFlight * MBAPExchange.maximumFrameLength)
  }

  deinit { link.drop(isAnswered: !owesAnswers) }

  /// Whether devices share the wire, so that one of them can hold the others up.
  var isShared: Bool { askedUnitCount > 1 }

  /// Takes a job. It ends in one of the next turns.
  func submit(_ job: Job) {
    if job.remaining == 0 {
      finished.append(job)
    } else {
      queue.append(job)
    }
  }

  /// Ends everything that is under way or waiting.
  func shutDown() {
    let error = ModbusError(.closed, "the client was closed", bus: endpoint.description)
    let isAnswered = !owesAnswers
    while let slot = exchange.abandon() { fail(slot, error) }
    failWaiting(error)
    link.drop(isAnswered: isAnswered)
    announce()
  }

  /// Sends what may be sent, waits until something happens, deals with it.
  ///
  /// `mailbox` is where another thread leaves jobs: with mail in it there is no waiting.
  func turn(mailbox: Mailbox? = nil) {
    var now = MonotonicClock.now()
    if !held.isEmpty { releaseHeld(now) }
    advanceLink(now)
    if link.isUp { sendRequests(now) }
    if finished.isEmpty {
      wait(now, mailbox)
      now = MonotonicClock.now()
    }
    if link.isUp {
      noteGathering(now)
      expire(now)
    }
    announce()
  }

  /// Takes what has come in since the last turn without waiting, above all the end of the connection.
  func takeWaitingInput() {
    if link.isUp { receive(hasHungUp: false) }
  }

  /// Tells the callers of finished jobs.
  func announce() {
    guard !finished.isEmpty else { return }
    statistics.strayAnswers = exchange.strayFrames
    statistics.lateAnswers = exchange.lateFrames
    statistics.skippedBytes = exchange.skippedBytes
    published?.value = statistics
    for job in finished { job.finish() }
    finished.removeAll(keepingCapacity: true)
  }

  // MARK: - Waiting

  func wait(_ now: Int64, _ mailbox: Mailbox?) {
    var deadline = exchange.nextDeadline
    if let next = link.nextEvent(hasWork: !queue.isEmpty) { deadline = min(deadline, next) }
    if link.isUp, quietUntil > now, !queue.isEmpty { deadline = min(deadline, quietUntil) }
    for assignment in held { deadline = min(deadline, pauseEnd(assignment, now)) }
    if gathersUntil > now { deadline = min(deadline, gathersUntil) }
    // While requests come and go the thread wakes up once a timeout, so that a caller may send one without
    // waking it: the deadline of that request lies behind the thread's next look.
    if mailbox != nil, deadline == .max, link.isUp, now &- timeout < lastRequest {
      deadline = now &+ timeout
    }
    sleepsUntil = deadline
    var pause = deadline == .max ? nil : max(0, deadline &- now)
    if let mailbox, !mailbox.prepareToSleep() { pause = 0 }
    var events = Int16(POLLIN)
    if !link.isUp || !output.isEmpty { events |= Int16(POLLOUT) }
    let descriptor = link.pollDescriptor
    var descriptors = (
      pollfd(fd: wakeup.pollDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: events, revents: 0)
    )
    var ready: Int32 = 0
    func sleep() {
      ready = withUnsafeMutableBytes(of: &descriptors) { finePoll($0, nanoseconds: pause) }
    }
    if let mailbox, pause != 0 {
      mailbox.sleep(sleep)
    } else {
      sleep()
    }
    mailbox?.didWake()
    guard ready > 0 else { return }
    if descriptors.0.revents != 0 { wakeup.clear() }
    guard descriptors.1.revents != 0 else { return }
    if link.isUp {
      if descriptors.1.revents & Int16(POLLOUT) != 0 { flush() }
      if link.isUp, descriptors.1.revents & ~Int16(POLLOUT) != 0 {
        receive(hasHungUp: descriptors.1.revents & Int16(POLLHUP | POLLERR) != 0)
      }
    } else {
      connectionAttemptEnded()
    }
  }

  // MARK: - The connection

  func advanceLink(_ now: Int64) {
    switch link.advance(now: now, hasWork: !queue.isEmpty, wakeup: wakeup) {
    case .none: break
    case .connected: connected(now)
    case .failed(let error): connectFailed(error)
    }
    if !queue.isEmpty, let error = link.refusal(now: now, patience: timeout) {
      failWaiting(error)
    }
  }

  func connected(_ now: Int64) {
    statistics.connections += 1
    pauses.connectionDidStart(now: now)
    silentTimeouts = 0
    waitsForSilenceSince = nil
    exchange.connectionDidStart()
    input.removeAll()
    output.removeAll()
  }

  func connectionAttemptEnded() {
    let now = MonotonicClock.now()
    switch link.attemptDidEnd(now: now) {
    case .pending: break
    case .connected: connected(now)
    case .failed(let error): connectFailed(error)
    }
  }

  func connectFailed(_ error: ModbusError) {
    statistics.failedConnections += 1
    failWaiting(error)
  }

  /// The connection is gone: what can be asked again waits for the next one, the rest has failed.
  func connectionLost(_ reason: String, errno number: Int32? = nil) {
    let isAnswered = !owesAnswers
    let now = MonotonicClock.now()
    // Serial frames have no id: the answer to a request that has gone out whole may come on the next connection, and be taken for
    // a newer one's.
    let mayBeOwed = isRTU && output.isEmpty
    var repeated: [Assignment] = []
    while let slot = exchange.abandon() {
      guard let assignment = take(slot) else { continue }
      let job = assignment.job
      let unit = job.unit(of: assignment.block)
      // Nobody answers a broadcast.
      if mayBeOwed, unit != 0 { pauses.didLoseRequest(unit, now: now) }
      if options.resendsReads, job.message == nil, !job.resent.contains(assignment.block) {
        job.resent.insert(assignment.block)
        repeated.append(assignment)
        continue
      }
      settle(
        job, assignment.block,
        failure(
          .connectionLost,
          "the connection ended before the answer came: \(reason)", job, assignment.block,
          errno: number))
    }
    pauses.connectionDidEnd(now: now)
    // The slots' numbers begin anew from time to time, the blocks' do not.
    queue.putBack(repeated.sorted { $0.block < $1.block })
    link.lost(reason: reason, errno: number, isAnswered: isAnswered, now: now)
  }

  /// Whether the other side may still carry out something that nobody waits for any more: a request is under way, or was
  /// given up on this connection.
  private var owesAnswers: Bool {
    exchange.count > 0 || exchange.retiredCount > 0 || silentTimeouts > 0
  }
}
