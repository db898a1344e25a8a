/// The jobs that still have something to send, in the order of justice: messages before plans, and plans a block each in turn,
/// so that a long plan does not keep the others waiting.
struct JobQueue {
  private var messages: [Job] = []
  private var plans: [Job] = []
  private var turn = 0

  var isEmpty: Bool { messages.isEmpty && plans.isEmpty }

  mutating func append(_ job: Job) {
    if job.message != nil { messages.append(job) } else { plans.append(job) }
  }

  mutating func appendIfAbsent(_ job: Job) {
    if job.message != nil {
      if !messages.contains(where: { $0 === job }) { messages.insert(job, at: 0) }
    } else if !plans.contains(where: { $0 === job }) {
      plans.append(job)
    }
  }

  /// Any job, taken out.
  mutating func removeAny() -> Job? { messages.popLast() ?? plans.popLast() }

  /// The next block to send; drops jobs whose caller has gone away.
  mutating func next() -> (job: Job, block: Int)? {
    while !messages.isEmpty {
      let job = messages.removeFirst()
      if !job.isCancelled, let block = job.takeBlock() { return (job, block) }
    }
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
