internal import IOThreads
internal import IndustrialModel

// From the wire to the jobs, and what becomes of requests whose time is over.
extension WireEngine {
  func receive(hasHungUp: Bool) {
    switch link.receive(into: input.room, hasHungUp: hasHungUp) {
    case .bytes(let count):
      input.received(count)
      takeAnswers()
      if gap > 0 { quietUntil = MonotonicClock.now() &+ gap }
    case .wouldBlock: break
    case .ended: connectionLost("the other side closed it")
    case .failed(let number):
      connectionLost(SystemFailure.explanation(of: number), errno: number)
    }
  }

  func takeAnswers() {
    let arrival = ReadResult.Arrival(
      time: Timestamp.now().nanoseconds, monotonicTime: MonotonicClock.now())
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
        answered(slot, bytes.extracting(pdu), arrival)
      case .malformed(let slot, let defect):
        guard let assignment = take(slot) else { continue }
        malformed(assignment, defect)
      }
    }
    if exchange.lateFrames != late {
      silentTimeouts = 0
      // Slow, but not dead.
      if let unit = exchange.lastLateUnit { unitDidAnswer(unit) }
    }
    input.consume(offset)
  }

  private func malformed(_ assignment: Assignment, _ defect: MBAPExchange.Defect) {
    statistics.malformedAnswers += 1
    silentTimeouts = 0
    // Whoever answers wrongly is not dead, unless it was somebody else.
    let isItsOwn: Bool = if case .unit = defect { false } else { true }
    if isItsOwn { unitDidAnswer(assignment.job.unit(of: assignment.block)) }
    settle(
      assignment.job, assignment.block,
      failure(.malformedReply, describe(defect), assignment.job, assignment.block))
  }

  func answered(_ slot: Int, _ pdu: RawSpan, _ arrival: ReadResult.Arrival) {
    guard let assignment = take(slot) else { return }
    let job = assignment.job
    unitDidAnswer(job.unit(of: assignment.block))
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
      isGood = job.result.store(block: assignment.block, pdu: pdu, arrival: arrival)
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

  /// The unit is alive, and owes nothing: what it may come to owe from here on is something new.
  private func unitDidAnswer(_ unit: UInt8) {
    pauses.didAnswer(unit)
    // Nearly always there are none, and looking into a set takes longer than that.
    if !unitsOfOtherLength.isEmpty { unitsOfOtherLength.remove(unit) }
  }

  // MARK: - Time

  func expire(_ now: Int64) {
    while let slot = exchange.expire(at: now) {
      guard let assignment = take(slot) else { continue }
      let unit = assignment.job.unit(of: assignment.block)
      if isRTU, unit == 0, let message = assignment.job.message {
        // A broadcast has had its time. There is no answer, so nothing but the function may be made up.
        assignment.job.answer = .success([message.function.rawValue])
        settle(assignment.job, assignment.block, nil)
        continue
      }
      // An answer of another length has come. It is no sign of life where it may be the one that the unit owed before; but it owed
      // one at most.
      if let length = exchange.otherLength {
        if !pauses.mayOwe(unit) || !unitsOfOtherLength.insert(unit).inserted {
          malformed(assignment, .length(length))
          continue
        }
      } else {
        unitsOfOtherLength.remove(unit)
      }
      statistics.timeouts += 1
      silentTimeouts += 1
      pauses.didTimeOut(unit, isShared: isShared, now: now)
      assignment.job.silentUnits.insert(unit)
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
}
