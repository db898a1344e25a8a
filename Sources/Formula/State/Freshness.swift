/// What `stale` goes by: when an input that is not bad came last.
///
/// It is told of every evaluation, also of one that does not come as far as the call: `not is_good(x) and stale(30)` must
/// know when `x` was good last. A bad input has a time too, that of the failed reading; it lets time go on and is no sign
/// of life. Neither is an input that has the time it had before: nothing came.
struct Freshness {
  private let memory: StateMemory

  init(_ memory: StateMemory) { self.memory = memory }

  /// Whether an input that is not bad ever came, at `memory.since`.
  private var isSeen: Bool { memory.first != 0 }

  /// Notes an evaluation, before it and before its inputs.
  func note(at time: Int64) {
    var now = time
    if memory.count > 0, time < memory.time {
      if StatefulFunction.isLate(time, after: memory.time) {
        now = memory.time
      } else {
        // The clock was set back: how long it has been stays as it was, and goes on from there.
        memory.since = now.subtractingClamped(memory.time.subtractingClamped(memory.since))
      }
    }
    memory.time = now
    memory.count &+= 1
  }

  /// Notes what an input of the evaluation noted last is like.
  ///
  /// - Parameters:
  ///   - input: Its slot.
  ///   - time: Its time; nil when it is bad.
  func note(_ input: Int, at time: Int64?) {
    // Memory begins with zeros: they stand for nothing noted, and for no time that is ever met.
    guard let time else { return memory.setTime(input, 0) }
    let noted = time ^ Int64.min
    guard !isSeen || memory.time(input) != noted else { return }
    memory.setTime(input, noted)
    // One that claims to be of the future came now. It does so once: it would be of now at each evaluation, long after its device died.
    let seen = Swift.min(time, memory.time)
    if !isSeen || seen > memory.since { memory.since = seen }
    memory.first = 1
  }

  /// Whether no input that is not bad came in so many seconds before the evaluation noted last, or none ever.
  func isOlder(than seconds: Double) -> Bool {
    !isSeen || Double(memory.time.subtractingClamped(memory.since)) / 1e9 > seconds
  }
}
