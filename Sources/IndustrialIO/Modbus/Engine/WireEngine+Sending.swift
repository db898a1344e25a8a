internal import IOThreads
internal import IndustrialModel

// From the queue to the wire, and what becomes of requests to units that do not answer.
extension WireEngine {
  func sendRequests(_ now: Int64) {
    // What has come before a request on a serial line can't be its answer, however late it is noticed.
    if isRTU, exchange.count == 0, !queue.isEmpty, now >= quietUntil {
      receive(hasHungUp: false)
      guard link.isUp else { return }
      input.removeAll()
    }
    beginRequests(now)
    flush()
    watchSilence(now)
  }

  /// How far a caller got who tried to send its own request.
  enum DirectStart {
    /// Not at all: the thread has to do it.
    case no
    /// Everything that may be under way is on the wire.
    case sent
    /// The job is the engine's, and the thread has to see to the rest.
    case begun
  }

  /// Sends what may be sent of a plan from the thread of the caller, who holds the engine meanwhile; only on a network, and only
  /// when nothing else is under way or out of order.
  func startDirectly(_ job: Job) -> DirectStart {
    let now = MonotonicClock.now()
    guard !isRTU, link.isUp, exchange.count == 0, queue.isEmpty, held.isEmpty, pauses.isEmpty,
      finished.isEmpty, output.isEmpty, job.remaining > 0,
      // The thread must be back in time for the deadline.
      now &+ timeout >= sleepsUntil
    else { return .no }
    queue.append(job)
    beginRequests(now)
    // What fails is the thread's: it alone may end the connection that it waits for.
    guard exchange.count > 0, case .bytes(let count) = link.transmit(output.unsent) else {
      return .begun
    }
    output.sent(count)
    return output.isEmpty ? .sent : .begun
  }

  private func beginRequests(_ now: Int64) {
    if gathers(now) { return }
    gathersUntil = .min
    defer { windowWasFull = exchange.count >= inFlight }
    while exchange.count < inFlight, output.hasRoom, now >= quietUntil,
      let (job, block) = queue.next()
    {
      if !pauses.isEmpty || !job.silentUnits.isEmpty, isPaused(job, block, now) { continue }
      if isRTU, isUnanswerable(job, block) { continue }
      let deadline = now &+ timeout
      let hasBegun: Bool
      if let message = job.message {
        hasBegun = begin(message, of: job, deadline)
      } else {
        hasBegun = begin(job.plan.blocks[block], block, of: job, deadline)
      }
      guard hasBegun else {
        queue.putBack([Assignment(job: job, block: block)])
        break
      }
      statistics.requests &+= 1
      lastRequest = now
      noteAsked(job.unit(of: block))
    }
  }

  /// Whether the next requests wait a moment for the answers to more of those that filled the window.
  ///
  /// A device on another processor answers a full window in pieces, and requests that follow each piece at once keep it in
  /// pieces for ever, with a system call or two for each. Half a window, or a moment, brings the pieces together again.
  /// A message does not wait.
  private func gathers(_ now: Int64) -> Bool {
    windowWasFull && gathersUntil > now && exchange.count > inFlight / 2 && !queue.hasMessages
  }

  /// Begins to gather when the first answers to a full window have come.
  func noteGathering(_ now: Int64) {
    if windowWasFull, gathersUntil == .min, exchange.count < inFlight {
      gathersUntil = now &+ Self.gatheringTime
    }
  }

  /// Long beside the way of a piece through the kernel, short beside any device's answer.
  static let gatheringTime: Int64 = 100_000

  private func noteAsked(_ unit: UInt8) {
    guard !askedUnits[Int(unit)] else { return }
    askedUnits[Int(unit)] = true
    askedUnitCount += 1
  }

  func begin(
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

  func begin(_ message: RequestMessage, of job: Job, _ deadline: Int64) -> Bool {
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
  static let turnaround: Int64 = 150_000_000

  /// How long so many characters take on a serial line, ns.
  func lineTime(_ count: Int) -> Int64 {
    baud == 0 ? 0 : Int64(count) * 11_000_000_000 / baud
  }

  func flush() {
    guard !output.isEmpty else { return }
    switch link.transmit(output.unsent) {
    case .bytes(let count): output.sent(count)
    case .wouldBlock: break
    case .ended: connectionLost("the other side closed it")
    case .failed(let number):
      connectionLost(SystemFailure.explanation(of: number), errno: number)
    }
  }

  // MARK: - Units that do not answer

  /// Whether the request's unit is paused; it then waits, or has failed when that would take too long.
  ///
  /// Where devices share the wire a reading does not wait: a round of polling costs the others one timeout of a
  /// dead unit at most, and comes again anyway. It does wait for a unit whose request went down with a connection: that one may well be
  /// alive, and the others are asked meanwhile.
  func isPaused(_ job: Job, _ block: Int, _ now: Int64) -> Bool {
    let unit = job.unit(of: block)
    let end = pauses.end(of: unit, now: now)
    let isCutOff = pauses.isCutOff(unit)
    if isShared, job.silentUnits.contains(unit) || (end != nil && job.message == nil && !isCutOff) {
      settle(job, block, silence(of: unit, until: end, now, job, block))
      return true
    }
    guard let end else { return false }
    if end &- now <= timeout {
      held.append(Assignment(job: job, block: block))
    } else {
      settle(job, block, silence(of: unit, until: end, now, job, block))
    }
    return true
  }

  private func silence(
    of unit: UInt8, until end: Int64?, _ now: Int64, _ job: Job, _ block: Int
  ) -> ModbusError {
    let count = pauses.timeouts(of: unit)
    var message =
      count > 1
      ? "the unit has not answered \(count) times in a row"
      : "the unit has not answered a request before"
    if let end { message += " (next attempt in \((end &- now) / 1_000_000) ms)" }
    var error = failure(.timeout, message, job, block)
    // Nothing was sent.
    if job.isWrite { error.advice = "nothing was written: check the device, and write again later" }
    return error
  }

  /// Whether the request asks a question of all units of a serial line at once; it has failed then.
  func isUnanswerable(_ job: Job, _ block: Int) -> Bool {
    guard job.unit(of: block) == 0, job.message?.asksForValues ?? true else { return false }
    var error = failure(
      .invalidRequest, "unit 0 is all units of a serial line, and none of them answers", job, block)
    error.advice = "ask one unit, 1 to 247"
    settle(job, block, error)
    return true
  }

  func pauseEnd(_ assignment: Assignment, _ now: Int64) -> Int64 {
    pauses.end(of: assignment.job.unit(of: assignment.block), now: now) ?? now
  }

  func releaseHeld(_ now: Int64) {
    var released: [Assignment] = []
    held.removeAll { assignment in
      guard pauseEnd(assignment, now) <= now else { return false }
      released.append(assignment)
      return true
    }
    queue.putBack(released)
  }
}
