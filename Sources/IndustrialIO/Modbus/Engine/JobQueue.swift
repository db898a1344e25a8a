/// The jobs that still have something to send, in the order of justice: messages before plans, and plans a block each in turn,
/// so that a long plan does not keep the others waiting.
///
/// A message that comes alone, as nearly all writes do, goes before the next request of any plan. A stream of them
/// leaves plans their share: while plans wait, one of their requests goes after each `burst` messages.
struct JobQueue {
  /// So many messages may go one after the other while plans wait.
  static let burst = 8

  private var messages: [Job] = []
  /// Where the messages begin that still wait; those before have gone.
  private var firstMessage = 0
  private var plans: [Job] = []
  private var turn = 0
  /// How many messages have gone since a plan had its turn.
  private var inARow = 0

  var hasMessages: Bool { firstMessage < messages.count }

  var isEmpty: Bool { firstMessage == messages.count && plans.isEmpty }

  mutating func append(_ job: Job) {
    if job.message != nil { messages.append(job) } else { plans.append(job) }
  }

  /// Puts requests back that have been taken and not sent, or whose connection ended. They keep their order, and messages go
  /// before those that wait: who came first is sent first.
  mutating func putBack(_ requests: [WireEngine.Assignment]) {
    // From the last on: each goes to the front, of its job or of the messages.
    for request in requests.reversed() {
      request.job.again.append(request.block)
      if request.job.message != nil { appendIfAbsent(request.job) }
    }
    for request in requests where request.job.message == nil { appendIfAbsent(request.job) }
  }

  /// A message goes to the front, a plan to the end of the turns.
  mutating func appendIfAbsent(_ job: Job) {
    if job.message != nil {
      guard !messages[firstMessage...].contains(where: { $0 === job }) else { return }
      if firstMessage > 0 {
        firstMessage -= 1
        messages[firstMessage] = job
      } else {
        messages.insert(job, at: 0)
      }
    } else if !plans.contains(where: { $0 === job }) {
      plans.append(job)
    }
  }

  /// Any job, taken out.
  mutating func removeAny() -> Job? {
    guard firstMessage < messages.count else {
      messages.removeAll(keepingCapacity: true)
      firstMessage = 0
      return plans.popLast()
    }
    return messages.popLast()
  }

  /// The next block to send; drops jobs whose caller has gone away.
  mutating func next() -> (job: Job, block: Int)? {
    if plans.isEmpty { inARow = 0 }
    if inARow < Self.burst, let next = nextMessage() {
      inARow += 1
      return next
    }
    inARow = 0
    return nextOfPlan() ?? nextMessage()
  }

  private mutating func nextMessage() -> (job: Job, block: Int)? {
    while firstMessage < messages.count {
      let job = messages[firstMessage]
      firstMessage += 1
      // Those that have gone are let go of from time to time, not one by one: moving the rest each time would be slow.
      if firstMessage == messages.count || firstMessage >= 64 {
        messages.removeFirst(firstMessage)
        firstMessage = 0
      }
      if !job.isCancelled, let block = job.takeBlock() { return (job, block) }
    }
    return nil
  }

  private mutating func nextOfPlan() -> (job: Job, block: Int)? {
    while !plans.isEmpty {
      if turn >= plans.count { turn = 0 }
      let job = plans[turn]
      guard !job.isCancelled, let block = job.takeBlock() else {
        plans.remove(at: turn)
        continue
      }
      if job.hasUnsent { turn += 1 } else { plans.remove(at: turn) }
      return (job, block)
    }
    return nil
  }
}
