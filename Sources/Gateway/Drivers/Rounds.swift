/// The moments at which something is due that is done at a fixed period.
struct Rounds {
  private let clock = ContinuousClock()
  private let every: Duration
  private let start: ContinuousClock.Instant
  private var due: ContinuousClock.Instant

  /// The first round is due at once.
  init(every: Duration) {
    self.every = every
    start = clock.now
    due = start
  }

  /// From the first round to the one at hand.
  private(set) var elapsed = Duration.zero

  /// Waits for the next round; false when the task is cancelled. Missed rounds are not made up: they would only be
  /// late as well.
  mutating func next() async -> Bool {
    guard (try? await clock.sleep(until: due)) != nil else { return false }
    elapsed = due - start
    due = max(due + every, clock.now)
    return true
  }
}
