/// What `stale` goes by: when an input that is not bad came last.
///
/// It is told of every evaluation, also of one that does not come as far as the call: `not is_good(x) and stale(30)` must
/// know when `x` was good last. A bad input has a time too, that of the failed reading; it lets time go on and is no sign
/// of life.
struct Freshness {
  private let memory: StateMemory

  init(_ memory: StateMemory) { self.memory = memory }

  /// Whether an input that is not bad ever came, at `memory.since`.
  private var isSeen: Bool { memory.first != 0 }

  /// Notes an evaluation, before it.
  ///
  /// - Parameters:
  ///   - newest: The newest time of the inputs that are not bad; nil when all are.
  ///   - time: The evaluation's.
  func note(newest: Int64?, at time: Int64) {
    var now = time
    if memory.count > 0, time < memory.time {
      if StatefulFunction.isLate(time, after: memory.time) {
        now = memory.time
      } else {
        // The clock was set back: how long it has been stays as it was, and goes on from there.
        memory.since = now.subtractingClamped(memory.time.subtractingClamped(memory.since))
      }
    }
    if let newest {
      // An input that claims to be of the future is one of now, or a device would look alive long after it died.
      let seen = Swift.min(newest, now)
      if !isSeen || seen > memory.since { memory.since = seen }
      memory.first = 1
    }
    memory.time = now
    memory.count &+= 1
  }

  /// Whether no input that is not bad came in so many seconds before the evaluation noted last, or none ever.
  func isOlder(than seconds: Double) -> Bool {
    !isSeen || Double(memory.time.subtractingClamped(memory.since)) / 1e9 > seconds
  }
}
