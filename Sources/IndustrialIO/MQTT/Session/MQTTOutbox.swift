/// The publishes that wait or are on their way, in order. Confined to the session's thread.
struct MQTTOutbox {
  /// One call of `publish`.
  final class Job {
    let messages: [MQTTMessage]
    let reply: MQTTReply<[MQTTRefusal]>
    let deadline: ContinuousClock.Instant
    /// The next message to be given to the library.
    var next = 0
    /// Messages that were given to it and not settled.
    var unsettled = 0
    /// Messages that were not taken, in the order in which that was known.
    var refusals: [MQTTRefusal] = []

    init(
      _ messages: [MQTTMessage], _ reply: MQTTReply<[MQTTRefusal]>,
      _ deadline: ContinuousClock.Instant
    ) {
      self.messages = messages
      self.reply = reply
      self.deadline = deadline
    }
  }

  struct Pending {
    let job: Job
    let index: Int
    let isAcknowledged: Bool
  }

  private let timeout: Duration
  /// Jobs with messages that the library has not got yet.
  private(set) var backlog: [Job] = []
  private var backlogHead = 0
  /// Jobs that have not been answered, in the order of their deadlines.
  private var open: [Job] = []
  private var openHead = 0
  /// By packet identifier.
  private var pending: [Int32: Pending] = [:]
  /// Settled from within the call that publishes them, before their identifier was known.
  private var settledEarly: [Int32: Int32] = [:]
  private var publishing = false
  /// Messages with QoS 1 and 2 that wait for the broker.
  private(set) var inflight = 0
  /// Messages with QoS 0 that wait for the socket.
  private var unwritten = 0
  /// The most that may be in flight.
  var window = 1
  /// The most with QoS 2 that may be in flight, if that is less.
  var exactlyOnceWindow = 1
  private var exactlyOnceInflight = 0
  private var oldestIdentifiers: [Int32] = []
  private var oldestHead = 0
  private let mailbox: MQTTMailbox

  /// The most messages with QoS 0 in the library's queue, which has no bound of its own.
  private static let mostUnwritten = 1000

  init(timeout: Duration, mailbox: MQTTMailbox) {
    self.timeout = timeout
    self.mailbox = mailbox
  }

  mutating func add(
    _ messages: [MQTTMessage], _ reply: MQTTReply<[MQTTRefusal]>, now: ContinuousClock.Instant
  ) {
    let job = Job(messages, reply, now.advanced(by: timeout))
    backlog.append(job)
    open.append(job)
  }

  /// The next message that may be given to the library now.
  mutating func nextMessage() -> (job: Job, index: Int)? {
    while backlogHead < backlog.count {
      let job = backlog[backlogHead]
      // Cancelled or timed out: what was not sent is not sent any more.
      if job.reply.isSettled { job.next = job.messages.count }
      guard job.next < job.messages.count else {
        backlogHead += 1
        if backlogHead > 1000 {
          // Under a steady load it is never empty.
          backlog.removeFirst(backlogHead)
          backlogHead = 0
        }
        continue
      }
      let message = job.messages[job.next]
      return mayGo(message.qos) ? (job, job.next) : nil
    }
    backlog.removeAll(keepingCapacity: true)
    backlogHead = 0
    return nil
  }

  private func mayGo(_ qos: MQTTQoS) -> Bool {
    switch qos {
    case .atMostOnce: unwritten < Self.mostUnwritten
    case .atLeastOnce: inflight < window
    case .exactlyOnce: inflight < window && exactlyOnceInflight < exactlyOnceWindow
    }
  }

  /// Call before and after the library's publish call.
  mutating func willPublish() { publishing = true }

  /// The library has taken the message under this packet identifier.
  mutating func didPublish(_ job: Job, _ index: Int, identifier: Int32) {
    publishing = false
    job.next = index + 1
    job.unsettled += 1
    let isAcknowledged = job.messages[index].qos != .atMostOnce
    if job.messages[index].qos == .exactlyOnce { exactlyOnceInflight += 1 }
    if isAcknowledged {
      inflight += 1
      oldestIdentifiers.append(identifier)
    } else {
      unwritten += 1
    }
    let entry = Pending(job: job, index: index, isAcknowledged: isAcknowledged)
    if let reason = settledEarly.removeValue(forKey: identifier) {
      settle(entry, reason: reason)
    } else {
      pending[identifier] = entry
    }
  }

  /// The library has refused the message.
  mutating func didFail(_ job: Job, _ index: Int, _ error: MQTTError) {
    publishing = false
    job.next = index + 1
    job.refusals.append(MQTTRefusal(index: index, error: error))
    finishIfDone(job)
  }

  /// Whether identifiers would come round to one that is still in use: the library does not look.
  mutating func identifiersAreExhausted(last: Int32) -> Bool {
    while oldestHead < oldestIdentifiers.count,
      pending[oldestIdentifiers[oldestHead]]?.isAcknowledged != true
    {
      oldestHead += 1
    }
    guard oldestHead < oldestIdentifiers.count else {
      oldestIdentifiers.removeAll(keepingCapacity: true)
      oldestHead = 0
      return false
    }
    if oldestHead > 10_000 {
      oldestIdentifiers.removeFirst(oldestHead)
      oldestHead = 0
    }
    return (last - oldestIdentifiers[oldestHead]) & 0xFFFF > 60_000
  }

  /// The library's callback: written (QoS 0) or answered by the broker.
  /// - Returns: whether it was the broker.
  @discardableResult
  mutating func settled(_ identifier: Int32, reason: Int32) -> Bool {
    if let entry = pending.removeValue(forKey: identifier) {
      settle(entry, reason: reason)
      return entry.isAcknowledged
    }
    // Only what needs no answer is settled so early.
    if publishing { settledEarly[identifier] = reason }
    return false
  }

  private mutating func settle(_ entry: Pending, reason: Int32) {
    if entry.isAcknowledged { inflight -= 1 } else { unwritten -= 1 }
    let job = entry.job
    if job.messages[entry.index].qos == .exactlyOnce { exactlyOnceInflight -= 1 }
    job.unsettled -= 1
    // A broker that has forgotten the session knows nothing of the PUBREL of a message that it had received.
    let isRefused =
      reason >= 0x80 && reason != Int32(MQTTReasonCode.packetIdentifierNotFound.rawValue)
    if isRefused {
      let code = MQTTReasonCode(rawValue: UInt8(truncatingIfNeeded: reason))
      let text = MQTTSession.words(code)
      let error = MQTTError(
        .denied, "the broker refused the message: \(text)", reason: code,
        topic: job.messages[entry.index].topic)
      job.refusals.append(MQTTRefusal(index: entry.index, error: error))
    } else {
      // Counted before the caller hears of it.
      mailbox.update { $0.published += 1 }
    }
    finishIfDone(job)
  }

  private func finishIfDone(_ job: Job) {
    guard job.next == job.messages.count, job.unsettled == 0 else { return }
    job.reply.succeed(job.refusals)
  }

  /// QoS 0 is gone with the connection; QoS 1 and 2 the library sends again.
  mutating func connectionLost() {
    for (identifier, entry) in pending where !entry.isAcknowledged {
      pending[identifier] = nil
      entry.job.unsettled -= 1
      unwritten -= 1
      let error = MQTTError(
        .connectionLost, "the connection was lost before the message was sent",
        topic: entry.job.messages[entry.index].topic)
      entry.job.refusals.append(MQTTRefusal(index: entry.index, error: error))
      finishIfDone(entry.job)
    }
  }

  // MARK: Deadlines

  /// When the oldest unanswered call gives up.
  var nextDeadline: ContinuousClock.Instant? {
    openHead < open.count ? open[openHead].deadline : nil
  }

  mutating func expire(
    now: ContinuousClock.Instant, lastFailure: MQTTError?, broker: String
  ) {
    while openHead < open.count {
      let job = open[openHead]
      if !job.reply.isSettled {
        guard job.deadline <= now else { break }
        let sent = job.unsettled > 0 ? "; it was sent and may still arrive" : "; it was not sent"
        let why = lastFailure.map { ". The last failure was: \($0.message)" } ?? ""
        job.reply.fail(
          MQTTError(
            .timedOut, "the broker has not taken the message in time\(sent)\(why)",
            topic: job.messages.first?.topic, broker: broker))
      }
      openHead += 1
    }
    if openHead == open.count {
      open.removeAll(keepingCapacity: true)
      openHead = 0
    } else if openHead > 1000 {
      open.removeFirst(openHead)
      openHead = 0
    }
  }

  mutating func failAll(_ error: MQTTError) {
    for job in open[openHead...] { job.reply.fail(error) }
    open = []
    openHead = 0
    backlog = []
    backlogHead = 0
  }
}
