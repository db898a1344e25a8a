internal import IOThreads

// From the queue to the wire, and what becomes of requests to units that do not answer.
extension WireEngine {
  func sendRequests(_ now: Int64) {
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
  func isPaused(_ job: Job, _ block: Int, _ now: Int64) -> Bool {
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
  func isUnanswerable(_ job: Job, _ block: Int) -> Bool {
    guard !job.isWrite, job.unit(of: block) == 0 else { return false }
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
    held.removeAll { assignment in
      guard pauseEnd(assignment, now) <= now else { return false }
      assignment.job.again.append(assignment.block)
      queue.appendIfAbsent(assignment.job)
      return true
    }
  }
}
