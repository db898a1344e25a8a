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

  private var exchange: MBAPExchange
  private var assignments: [Assignment?]
  private var queue = JobQueue()
  private var finished: [Job] = []
  private var link: Link
  private var input: ReceiveBuffer
  private var output: SendBuffer
  private var silentTimeouts = 0
  private let timeout: Int64
  private let inFlight: Int

  init(
    _ endpoint: ModbusEndpoint, options: ModbusOptions, wakeup: Wakeup,
    published: SharedStatistics? = nil
  ) {
    self.endpoint = endpoint
    self.options = options
    timeout = max(0, options.timeout.nanoseconds)
    inFlight = min(max(1, options.inFlight), ModbusOptions.maximumInFlight)
    self.wakeup = wakeup
    self.published = published
    exchange = MBAPExchange(acceptsAnyUnit: options.acceptsAnyUnit)
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
    while let job = queue.removeAny() { failUnsent(of: job, error) }
    link.drop()
    announce()
  }

  /// Sends what may be sent, waits until something happens, deals with it.
  ///
  /// `mailbox` is where another thread leaves jobs: with mail in it there is no waiting.
  func turn(mailbox: Mailbox? = nil) {
    var now = SystemClock.monotonic()
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
    if link.isUp { receive() }
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
      if descriptors.1.revents & ~Int16(POLLOUT) != 0 { receive() }
    } else {
      connectionAttemptEnded()
    }
  }

  // MARK: - The connection

  private func advanceLink(_ now: Int64) {
    switch link.advance(now: now, hasWork: !queue.isEmpty, wakeup: wakeup) {
    case .none: break
    case .failed(let error): connectFailed(error)
    }
    if !queue.isEmpty, let error = link.refusal(now: now, patience: timeout) {
      while let job = queue.removeAny() { failUnsent(of: job, error) }
    }
  }

  private func connectionAttemptEnded() {
    switch link.attemptDidEnd(now: SystemClock.monotonic()) {
    case .pending: break
    case .connected:
      statistics.connections += 1
      silentTimeouts = 0
      exchange.connectionDidStart()
      input.removeAll()
      output.removeAll()
    case .failed(let error): connectFailed(error)
    }
  }

  private func connectFailed(_ error: ModbusError) {
    statistics.failedConnections += 1
    while let job = queue.removeAny() { failUnsent(of: job, error) }
  }

  /// The connection is gone: what can be asked again waits for the next one, the rest has failed.
  private func connectionLost(_ reason: String, errno number: Int32? = nil) {
    while let slot = exchange.abandon() {
      guard let assignment = take(slot) else { continue }
      let job = assignment.job
      if options.resendsReads, case .plan = job.work, !job.resent.contains(assignment.block) {
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
    let deadline = now &+ timeout
    while exchange.count < inFlight, output.hasRoom, let (job, block) = queue.next() {
      switch job.work {
      case .plan(let plan):
        let request = plan.blocks[block]
        let function = request.table.readFunction.rawValue
        guard
          let (id, slot) = exchange.begin(
            unit: request.unit, function: function,
            replyLength: 2 + ReadResult.replyByteCount(request), deadline: deadline)
        else { return putBack(job, block) }
        assignments[slot] = Assignment(job: job, block: block)
        output.appendRead(
          id: id, unit: request.unit, function: function, address: request.address,
          count: UInt16(truncatingIfNeeded: request.count))
      case .message(let message):
        guard
          let (id, slot) = exchange.begin(
            unit: message.unit, function: message.function.rawValue,
            replyLength: message.replyLength, deadline: deadline)
        else { return putBack(job, block) }
        assignments[slot] = Assignment(job: job, block: block)
        output.append(id: id, unit: message.unit, pdu: message.pdu)
      }
      statistics.requests &+= 1
    }
    flush()
  }

  private func putBack(_ job: Job, _ block: Int) {
    job.again.append(block)
    queue.appendIfAbsent(job)
    flush()
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

  private func receive() {
    switch link.receive(into: input.room) {
    case .bytes(let count):
      input.received(count)
      takeAnswers()
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
    switch job.work {
    case .plan:
      isGood = job.result.store(block: assignment.block, pdu: pdu, time: time)
    case .message(let message):
      isGood = message.accepts(pdu)
      if isGood { job.answer = .success(pdu.withUnsafeBytes { [UInt8]($0) }) }
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
      statistics.timeouts += 1
      silentTimeouts += 1
      guard let assignment = take(slot) else { continue }
      settle(
        assignment.job, assignment.block,
        failure(
          .timeout, "no answer within \(options.timeout)", assignment.job, assignment.block))
    }
    if silentTimeouts >= max(1, options.silentTimeouts) {
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

  private func failUnsent(of job: Job, _ error: ModbusError) {
    while let block = job.takeBlock() {
      var error = error
      describePlace(of: job, block, in: &error)
      settle(job, block, error)
    }
  }

  private func settle(_ job: Job, _ block: Int, _ error: ModbusError?) {
    if let error {
      switch job.work {
      case .plan: job.result.failures[block] = error
      case .message: job.answer = .failure(error)
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
    switch job.work {
    case .plan(let plan):
      let request = plan.blocks[block]
      error.unit = request.unit
      error.address = RegisterAddress(request.table, request.address)
      error.count = request.count
      error.function = request.table.readFunction
    case .message(let message):
      error.unit = message.unit
      error.address = message.address
      error.count = message.count
      error.function = message.function
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
