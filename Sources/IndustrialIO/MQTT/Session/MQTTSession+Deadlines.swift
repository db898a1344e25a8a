extension MQTTSession {
  /// A call that waits for the connection.
  struct ConnectWaiter {
    let reply: MQTTReply<Void>
    let deadline: ContinuousClock.Instant
  }

  /// When the next call gives up.
  var nextDeadline: ContinuousClock.Instant? {
    var next = outbox.nextDeadline
    func consider(_ deadline: ContinuousClock.Instant) {
      next = next.map { min($0, deadline) } ?? deadline
    }
    for waiter in connectWaiters { consider(waiter.deadline) }
    if let deadline = inbox.nextDeadline { consider(deadline) }
    return next
  }

  /// Answers the calls that have waited for as long as they may. A subscription that was granted once is no call any more: it stays,
  /// and is made again with each connection.
  func expireCalls() {
    let now = clock.now
    outbox.expire(now: now, lastFailure: standingFailure, broker: address.description)
    if connectWaiters.contains(where: { $0.deadline <= now }) {
      let error = unconnected()
      for waiter in connectWaiters where waiter.deadline <= now { waiter.reply.fail(error) }
      connectWaiters.removeAll { $0.deadline <= now }
    }
    for entry in inbox.overdue(now) {
      giveUp(
        entry, overdue("the broker has not granted the subscription", entry.request.filter.text))
    }
  }

  /// The error of a call to connect: what the last try failed of, which says more than the clock, and the same each time.
  private func unconnected() -> MQTTError {
    if let failure = standingFailure, failure.code != .connectionLost { return failure }
    return overdue("the broker did not answer")
  }

  private func overdue(_ what: String, _ filter: String? = nil) -> MQTTError {
    let why =
      standingFailure.map { failure in
        var text = ". The last failure was \(failure.code.rawValue): \(failure.message)"
        // What a broker does that can't refuse otherwise, of version 3.1.1 above all.
        if filter != nil, failure.code == .connectionLost {
          text += "; see the broker's log, and whether this user may subscribe to it"
        }
        return text
      } ?? "; check the address, and the broker's log"
    return MQTTError(
      .timedOut, "\(what) within \(options.timeout)\(why)", reason: standingFailure?.reason,
      topic: filter, broker: address.description)
  }
}
