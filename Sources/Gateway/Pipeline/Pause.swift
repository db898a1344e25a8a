/// Growing waits between attempts, shortened at random so that many waiters do not come back together.
struct Pause {
  private var next: Duration = .milliseconds(100)
  private let longest: Duration

  init(longest: Duration = .seconds(30)) { self.longest = longest }

  /// Waits; returns early when the task is cancelled.
  mutating func wait(atLeast least: Duration = .zero) async {
    let shortened = max(least, next * Double.random(in: 0.5...1))
    next = min(next * 2, longest)
    try? await Task.sleep(for: shortened)
  }

  /// Waits, but not longer than until a bell rings or if something holds already.
  mutating func wait(unless bell: Bell, _ isOver: () -> Bool) async {
    let listener = bell.listen()
    guard !isOver() else { return }
    _ = await listener.wait(atMost: next * Double.random(in: 0.5...1))
    next = min(next * 2, longest)
  }
}
