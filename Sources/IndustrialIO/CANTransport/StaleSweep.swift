/// When a full list of transfers is searched for those that nobody goes on with.
///
/// The search looks at all of them, so it is not made for each frame that finds the list full: a hostile bus would
/// send nothing else.
struct StaleSweep: Sendable {
  /// So many frames pay for a search.
  private static let price = 64
  private var owed = 0

  /// Takes out what waits for longer than the timeout, oldest beginnings first; nothing when it is too soon to search: the
  /// frame that asks is then refused, and has paid its share.
  ///
  /// - Parameter start: From when on a transfer waits for its next frame.
  mutating func take<Key, Transfer: WaitingTransfer>(
    from transfers: inout [Key: Transfer], at now: Int64, timeout: Int64,
    start: (Key, Transfer) -> Int64 = { $1.time }
  ) -> [(key: Key, transfer: Transfer)] {
    guard owed == 0 else {
      owed -= 1
      return []
    }
    let stale = transfers.filter {
      Self.isStale(start($0.key, $0.value), at: now, timeout: timeout)
    }
    owed = max(0, Self.price - stale.count)
    for key in stale.keys { transfers.removeValue(forKey: key) }
    return stale.sorted { $0.value.firstTime < $1.value.firstTime }
      .map { (key: $0.key, transfer: $0.value) }
  }

  /// Whether a transfer that has waited since `time` is given up: too old, or the clock has been set back since.
  private static func isStale(_ time: Int64, at now: Int64, timeout: Int64) -> Bool {
    let (gap, overflow) = now.subtractingReportingOverflow(time)
    return overflow || gap.magnitude > timeout.magnitude
  }
}

/// A message of which frames are still to come.
protocol WaitingTransfer {
  /// When its first frame came, in nanoseconds since 1970.
  var firstTime: Int64 { get }
  /// When it went on last.
  var time: Int64 { get }
}
