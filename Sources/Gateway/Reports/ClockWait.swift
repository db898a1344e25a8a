/// How long a clock that is far behind the last report has gone on, until it may be believed.
///
/// Either the clock was ahead when that report was written. Then it is right now, and reports have to go on. Or it is behind now, on a
/// machine whose clock begins anew with each boot, until the network tells the time. Then what was written since must not be written
/// again. Both look the same at first; but a right clock goes on, also over restarts, while one that begins anew comes back to where it was.
/// So the time in which the gateway sees it go on is added up over restarts, and counts anew where the clock came back or was set.
struct ClockWait: Sendable {
  /// The start of the span that the clock showed at first, in seconds since 1970: reports go on with it.
  let start: Int64
  /// What the clock showed last.
  private(set) var seen: Int64
  /// For so many nanoseconds it was seen going on.
  private var waited: Int64
  /// The clock that is never set, at the last look; nil where that was in another run.
  private var looked: Int64?
  /// So much of `waited` is on the disk; nil where nothing is.
  private var saved: Int64?

  /// Nanoseconds after which the clock is believed.
  private static let patience: Int64 = 3_600_000_000_000
  /// What a crash may take from the waiting, in nanoseconds.
  private static let saving: Int64 = 60_000_000_000
  /// A clock may be set back by so many seconds for being a little fast. Much less than `saving`: or else boots of a minute each, with a
  /// clock that begins anew, would add up.
  private static let slack: Int64 = 10
  /// So many seconds a gateway may be away; a clock that is further on was set.
  private static let absence: Int64 = 86_400

  /// A wait that begins now.
  ///
  /// - Parameters:
  ///   - start: The start of the span that the clock shows.
  ///   - seconds: What the clock shows.
  ///   - monotonic: The clock that is never set, in nanoseconds.
  init(start: Int64, _ seconds: Int64, at monotonic: Int64) {
    self.start = start
    seen = seconds
    waited = 0
    looked = monotonic
  }

  /// A wait of a run before this one.
  ///
  /// - Parameter waited: In seconds.
  init(savedFrom start: Int64, seen: Int64, waited: Int64) {
    self.start = start
    self.seen = seen
    self.waited = min(max(waited, 0), Self.patience / 1_000_000_000) * 1_000_000_000
    saved = self.waited
  }

  /// The wait at another look at the clocks; nil where the clock came back or was set meanwhile.
  func continued(_ seconds: Int64, at monotonic: Int64) -> ClockWait? {
    let passed = min(looked.map { max(0, monotonic &- $0) } ?? 0, Self.patience)
    let step = seconds - seen
    guard step >= -Self.slack, step <= Self.absence + passed / 1_000_000_000 else { return nil }
    var wait = self
    wait.seen = seconds
    wait.waited += passed
    wait.looked = monotonic
    return wait
  }

  /// Whether the clock may be believed.
  var isOver: Bool { waited >= Self.patience }

  /// Rounded up.
  var minutesLeft: Int64 { (Self.patience - waited + 59_999_999_999) / 60_000_000_000 }

  /// Rounded down.
  var secondsWaited: Int64 { waited / 1_000_000_000 }

  /// Whether enough is not on the disk yet.
  var isToBeSaved: Bool { saved.map { waited - $0 >= Self.saving } ?? true }

  /// All of it is on the disk.
  mutating func setSaved() { saved = waited }
}
