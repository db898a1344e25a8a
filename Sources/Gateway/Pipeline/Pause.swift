/// Growing waits between attempts, shortened at random so that many waiters do not come back together.
struct Pause {
  private var next: Duration = .milliseconds(100)
  private static let longest: Duration = .seconds(30)

  /// Waits; returns early when the task is cancelled.
  mutating func wait(atLeast least: Duration = .zero) async {
    let shortened = max(least, next * Double.random(in: 0.5...1))
    next = min(next * 2, Self.longest)
    try? await Task.sleep(for: shortened)
  }
}
