internal import CModbus
internal import IOThreads

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Carries jobs over one wire: keeps the connection, sends requests, takes answers, keeps time.
///
/// It belongs to one thread and does nothing by itself: each `turn` sends what may be sent, waits for the next thing
/// to happen and deals with it. Between the caller's request and the system call nothing is allocated.
final class WireEngine {
  /// Which block of which job a slot of the exchange stands for.
  private struct Assignment {
    var job: Job
    var block: Int
  }

  let endpoint: ModbusEndpoint
  let options: ModbusOptions
  let wakeup: Wakeup
  private(set) var statistics = ModbusStatistics()
  /// Where others may look at the statistics; brought up to date before a job ends.
  private let published: SharedStatistics?

  private var exchange: WireExchange
  private var pauses: UnitPauses
  /// Requests of units that are left alone for a while.
  private var held: [Assignment] = []
  /// A serial line is silent until then.
  private var quietUntil: Int64 = .min
  private var assignments: [Assignment?]
  private var queue = JobQueue()
  private var finished: [Job] = []
  private var link: Link
  private var input: ReceiveBuffer
  private var output: SendBuffer
  private var silentTimeouts = 0
  private let timeout: Int64
  // Of the endpoint, at hand without a look at its strings.
  private let isRTU: Bool
  private let baud: Int64
  private let gap: Int64
  private let inFlight: Int

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

  // MARK: - Work

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
    while let slot = exchange.abandon() { fail(slot, error) }
    failWaiting(error)
    link.drop()
    announce()
  }

  /// Sends what may be sent, waits until something happens, deals with it.
  ///
  /// `mailbox` is where another thread leaves jobs: with mail in it there is no waiting.
  func turn(mailbox: Mailbox? = nil) {
    var now = SystemClock.monotonic()
    if !held.isEmpty { releaseHeld(now) }
    advanceLink(now)
    if link.isUp { sendRequests(now) }
    if finished.isEmpty {
      wait(now, mailbox)
      now = SystemClock.monotonic()
    }
    if link.isUp { expire(now) }
    announce()
  }

  /// Takes what has come in since the last turn without waiting, above all the end of the connection.
  func takeWaitingInput() {
    if link.isUp { receive(hasHungUp: false) }
  }

  /// Tells the callers of finished jobs.
  private func announce() {
    guard !finished.isEmpty else { return }
    statistics.strayAnswers = exchange.strayFrames
    statistics.lateAnswers = exchange.lateFrames
    statistics.skippedBytes = exchange.skippedBytes
    published?.value = statistics
    for job in finished { job.finish() }
    finished.removeAll(keepingCapacity: true)
  }

  // MARK: - Waiting

  private func wait(_ now: Int64, _ mailbox: Mailbox?) {
    var deadline = exchange.nextDeadline
    if let next = link.nextEvent(hasWork: !queue.isEmpty) { deadline = min(deadline, next) }
    if link.isUp, quietUntil > now, !queue.isEmpty { deadline = min(deadline, quietUntil) }
    for assignment in held { deadline = min(deadline, pauseEnd(assignment, now)) }
    var milliseconds: Int32 = -1
    if deadline != .max {
      milliseconds = Int32(clamping: (max(0, deadline &- now) + 999_999) / 1_000_000)
    }
    if let mailbox, !mailbox.prepareToSleep() { milliseconds = 0 }
    var events = Int16(POLLIN)
    if !link.isUp || !output.isEmpty { events |= Int16(POLLOUT) }
    let descriptor = link.pollDescriptor
    var descriptors = (
      pollfd(fd: wakeup.pollDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: events, revents: 0)
    )
    let ready = withUnsafeMutableBytes(of: &descriptors) {
      poll($0.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, milliseconds)
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

  private func advanceLink(_ now: Int64) {
    switch link.advance(now: now, hasWork: !queue.isEmpty, wakeup: wakeup) {
    case .none: break
    case .connected: connected()
    case .failed(let error): connectFailed(error)
    }
    if !queue.isEmpty, let error = link.refusal(now: now, patience: timeout) {
      failWaiting(error)
    }
  }

  private func connected() {
    statistics.connections += 1
    silentTimeouts = 0
    exchange.connectionDidStart()
    input.removeAll()
    output.removeAll()
  }

  private func connectionAttemptEnded() {
    switch link.attemptDidEnd(now: SystemClock.monotonic()) {
    case .pending: break
    case .connected: connected()
    case .failed(let error): connectFailed(error)
    }
  }

  private func connectFailed(_ error: ModbusError) {
    statistics.failedConnections += 1
    failWaiting(error)
  }

  /// The connection is gone: what can be asked again waits for the next one, the rest has failed.
  private func connectionLost(_ reason: String, errno number: Int32? = nil) {
    while let slot = exchange.abandon() {
      guard let assignment = take(slot) else { continue }
      let job = assignment.job
      if options.resendsReads, job.message == nil, !job.resent.contains(assignment.block) {
        job.resent.insert(assignment.block)
        job.again.append(assignment.block)
        queue.appendIfAbsent(job)
        continue
      }
      settle(
        job, assignment.block,
        failure(
          .connectionLost,
          "the connection ended before the answer came: \(reason)", job, assignment.block,
          errno: number))
    }
    link.lost(
      reason: reason, errno: number, now: SystemClock.monotonic())
  }

  // MARK: - Sending

  private func sendRequests(_ now: Int64) {
    while exchange.count < inFlight, output.hasRoom, now >= quietUntil,
      let (job, block) = queue.next()
    {
      if !pauses.isEmpty, isPaused(job, block, now) { continue }
      if isRTU, isUnanswerable(job, block) { continue }
      let deadline = now &+ timeout
      let hasBegun: Bool
      if let message = job.message {
        hasBegun = begin(message, of: job, deadline)
      } else {
        hasBegun = begin(job.plan.blocks[block], block, of: job, deadline)
      }
      guard hasBegun else {
        job.again.append(block)
        queue.appendIfAbsent(job)
        break
      }
      statistics.requests &+= 1
    }
    flush()
  }

  private func begin(
    _ request: RegisterBlock, _ block: Int, of job: Job, _ deadline: Int64
  ) -> Bool {
    let function = request.table.readFunction.rawValue
    let replyLength = 2 + ReadResult.replyByteCount(request)
    guard
      let (id, slot) = exchange.begin(
        unit: request.unit, function: function, replyLength: replyLength,
        deadline: deadline &+ lineTime(8 + replyLength + 3))
    else { return false }
    assignments[slot] = Assignment(job: job, block: block)
    let count = UInt16(truncatingIfNeeded: request.count)
    if isRTU {
      output.appendRTU(
        unit: request.unit,
        pdu: [
          function, UInt8(request.address >> 8), UInt8(truncatingIfNeeded: request.address),
          UInt8(count >> 8), UInt8(truncatingIfNeeded: count),
        ], withCheck: !link.addsCheck)
    } else {
      output.appendRead(
        id: id, unit: request.unit, function: function, address: request.address, count: count)
    }
    return true
  }

  private func begin(_ message: RequestMessage, of job: Job, _ deadline: Int64) -> Bool {
    let lineTime = lineTime(message.pdu.count + 3 + max(5, message.replyLength + 3))
    // Nobody answers a broadcast; the units get time to carry it out.
    let isBroadcast = isRTU && message.unit == 0
    guard
      let (id, slot) = exchange.begin(
        unit: message.unit, function: message.function.rawValue,
        replyLength: message.replyLength,
        deadline: isBroadcast
          ? deadline &- timeout &+ lineTime &+ Self.turnaround : deadline &+ lineTime)
    else { return false }
    assignments[slot] = Assignment(job: job, block: 0)
    if isRTU {
      output.appendRTU(unit: message.unit, pdu: message.pdu, withCheck: !link.addsCheck)
    } else {
      output.append(id: id, unit: message.unit, pdu: message.pdu)
    }
    return true
  }

  /// Modbus over serial line 1.02, section 2.4.1: 100 to 200 ms after a broadcast.
  private static let turnaround: Int64 = 150_000_000

  /// How long so many characters take on a serial line, ns.
  private func lineTime(_ count: Int) -> Int64 {
    baud == 0 ? 0 : Int64(count) * 11_000_000_000 / baud
  }

  // MARK: - Units that do not answer

  /// Whether the request's unit is paused; it then waits, or has failed when that would take too long.
  private func isPaused(_ job: Job, _ block: Int, _ now: Int64) -> Bool {
    let unit = job.unit(of: block)
    guard let end = pauses.end(of: unit, now: now) else { return false }
    if end &- now <= timeout {
      held.append(Assignment(job: job, block: block))
    } else {
      settle(
        job, block,
        failure(
          .timeout,
          "the unit has not answered \(pauses.timeouts(of: unit)) times in a row "
            + "(next attempt in \((end &- now) / 1_000_000) ms)", job, block))
    }
    return true
  }

  /// Whether the request asks a question of all units of a serial line at once; it has failed then.
  private func isUnanswerable(_ job: Job, _ block: Int) -> Bool {
    guard !job.isWrite, job.unit(of: block) == 0 else { return false }
    var error = failure(
      .invalidRequest, "unit 0 is all units of a serial line, and none of them answers", job, block)
    error.advice = "ask one unit, 1 to 247"
    settle(job, block, error)
    return true
  }

  private func pauseEnd(_ assignment: Assignment, _ now: Int64) -> Int64 {
    pauses.end(of: assignment.job.unit(of: assignment.block), now: now) ?? now
  }

  private func releaseHeld(_ now: Int64) {
    held.removeAll { assignment in
      guard pauseEnd(assignment, now) <= now else { return false }
      assignment.job.again.append(assignment.block)
      queue.appendIfAbsent(assignment.job)
      return true
    }
  }

  private func flush() {
    guard !output.isEmpty else { return }
    switch link.transmit(output.unsent) {
    case .bytes(let count): output.sent(count)
    case .wouldBlock: break
    case .ended: connectionLost("the other side closed it")
    case .failed(let number):
      connectionLost(SystemFailure.explanation(of: number), errno: number)
    }
  }

  // MARK: - Receiving

  private func receive(hasHungUp: Bool) {
    switch link.receive(into: input.room, hasHungUp: hasHungUp) {
    case .bytes(let count):
      input.received(count)
      takeAnswers()
      if gap > 0 { quietUntil = SystemClock.monotonic() &+ gap }
    case .wouldBlock: break
    case .ended: connectionLost("the other side closed it")
    case .failed(let number):
      connectionLost(SystemFailure.explanation(of: number), errno: number)
    }
  }

  private func takeAnswers() {
    let time = SystemClock.wall()
    let late = exchange.lateFrames
    var offset = 0
    // The buffer is not touched before `consume`.
    let received = input.bytes
    let bytes = received.bytes
    while let event = exchange.next(in: bytes, from: &offset) {
      switch event {
      case .answer(let slot, let pdu):
        silentTimeouts = 0
        link.didAnswer()
        answered(slot, bytes.extracting(pdu), time)
      case .malformed(let slot, let defect):
        statistics.malformedAnswers += 1
        guard let assignment = take(slot) else { continue }
        settle(
          assignment.job, assignment.block,
          failure(
            .malformedReply, describe(defect), assignment.job, assignment.block))
      }
    }
    if exchange.lateFrames != late { silentTimeouts = 0 }
    input.consume(offset)
  }

  private func answered(_ slot: Int, _ pdu: RawSpan, _ time: Int64) {
    guard let assignment = take(slot) else { return }
    let job = assignment.job
    pauses.didAnswer(job.unit(of: assignment.block))
    let function = pdu.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
    if function & 0x80 != 0 {
      statistics.exceptions &+= 1
      let code = ExceptionCode(rawValue: pdu.unsafeLoad(fromByteOffset: 1, as: UInt8.self))
      var error = failure(
        .exception, "the device answered: \(code)", job, assignment.block)
      error.exception = code
      error.advice = code.advice
      return settle(job, assignment.block, error)
    }
    let isGood: Bool
    if let message = job.message {
      isGood = message.accepts(pdu)
      if isGood { job.answer = .success(pdu.withUnsafeBytes { [UInt8]($0) }) }
    } else {
      isGood = job.result.store(block: assignment.block, pdu: pdu, time: time)
    }
    if isGood {
      statistics.answers &+= 1
      settle(job, assignment.block, nil)
    } else {
      statistics.malformedAnswers += 1
      settle(
        job, assignment.block,
        failure(
          .malformedReply, "the answer does not repeat what was asked for", job, assignment.block))
    }
  }

  // MARK: - Time

  private func expire(_ now: Int64) {
    while let slot = exchange.expire(at: now) {
      guard let assignment = take(slot) else { continue }
      let unit = assignment.job.unit(of: assignment.block)
      if isRTU, unit == 0, let message = assignment.job.message {
        // A broadcast has had its time.
        assignment.job.answer = .success(message.pdu)
        settle(assignment.job, assignment.block, nil)
        continue
      }
      statistics.timeouts += 1
      silentTimeouts += 1
      pauses.didTimeOut(unit, now: now)
      settle(
        assignment.job, assignment.block,
        failure(
          .timeout, "no answer within \(options.timeout)", assignment.job, assignment.block))
    }
    // A serial port is no connection: opening it anew would change nothing.
    if silentTimeouts >= max(1, options.silentTimeouts), !link.addsCheck {
      connectionLost("no answer to \(silentTimeouts) requests in a row")
    } else if exchange.retiredCount > 4096 {
      connectionLost("\(exchange.retiredCount) requests were never answered")
    }
  }

  // MARK: - Ends

  private func take(_ slot: Int) -> Assignment? {
    let assignment = assignments[slot]
    assignments[slot] = nil
    return assignment
  }

  private func fail(_ slot: Int, _ error: ModbusError) {
    guard let assignment = take(slot) else { return }
    settle(assignment.job, assignment.block, error)
  }

  /// Fails all that has not been sent.
  private func failWaiting(_ error: ModbusError) {
    for assignment in held {
      var error = error
      describePlace(of: assignment.job, assignment.block, in: &error)
      settle(assignment.job, assignment.block, error)
    }
    held.removeAll(keepingCapacity: true)
    while let job = queue.removeAny() { failUnsent(of: job, error) }
  }

  private func failUnsent(of job: Job, _ error: ModbusError) {
    while let block = job.takeBlock() {
      var error = error
      describePlace(of: job, block, in: &error)
      settle(job, block, error)
    }
  }

  private func settle(_ job: Job, _ block: Int, _ error: ModbusError?) {
    if let error {
      if job.message == nil {
        job.result.failures[block] = error
      } else {
        job.answer = .failure(error)
      }
    }
    job.remaining -= 1
    if job.remaining == 0 { finished.append(job) }
  }

  private func failure(
    _ code: ModbusError.Code, _ message: String, _ job: Job, _ block: Int, errno: Int32? = nil
  ) -> ModbusError {
    var error = ModbusError(
      code, message, bus: endpoint.description, systemError: errno, advice: nil)
    describePlace(of: job, block, in: &error)
    if job.isWrite, code == .timeout || code == .connectionLost || code == .malformedReply {
      error.advice = "the write may have happened: read the value back before writing again"
    } else if code == .timeout {
      error.advice =
        "check the unit number and the device, or allow more time if the device is slow"
    }
    return error
  }

  private func describePlace(of job: Job, _ block: Int, in error: inout ModbusError) {
    if let message = job.message {
      error.unit = message.unit
      error.address = message.address
      error.count = message.count
      error.function = message.function
    } else {
      let request = job.plan.blocks[block]
      error.unit = request.unit
      error.address = RegisterAddress(request.table, request.address)
      error.count = request.count
      error.function = request.table.readFunction
    }
  }

  private func describe(_ defect: MBAPExchange.Defect) -> String {
    switch defect {
    case .unit(let unit): "the answer came from unit \(unit)"
    case .function(let code): "the answer is to another function, \(code)"
    case .length(let length): "the answer has the wrong length, \(length) bytes"
    }
  }
}
