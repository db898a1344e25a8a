/// When a full list of transfers is searched for those that nobody goes on with.
///
/// The search looks at all of them, so it is not made for each frame that finds the list full: a hostile bus would
/// send nothing else.
struct StaleSweep: Sendable {
  /// So many frames pay for a search.
  private static let price = 64
  private var owed = 0

  /// Whether to search now. If not, the frame is refused, and has paid its share.
  mutating func isDue() -> Bool {
    guard owed > 0 else { return true }
    owed -= 1
    return false
  }

  /// The search made room for so many.
  mutating func didFree(_ count: Int) { owed = max(0, Self.price - count) }

  /// Whether a transfer that went on last at `time` is given up: too old, or the clock has been set back since.
  static func isStale(_ time: Int64, at now: Int64, timeout: Int64) -> Bool {
    let (gap, overflow) = now.subtractingReportingOverflow(time)
    return overflow || gap.magnitude > timeout.magnitude
  }
}
