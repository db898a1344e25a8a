internal import Synchronization

/// What a sink loses while it is away, summed up: the first loss is told at once, so that somebody comes; then once an hour what
/// came meanwhile, and at the end what is left. A sink that is away for days fills no disk with words.
final class UntoldLosses: Sendable {
  private struct State {
    var records: UInt64 = 0
    var quietUntil: ContinuousClock.Instant?
  }

  static let quiet: Duration = .seconds(3600)

  private let state = Mutex(State())

  /// Adds some records, or none.
  ///
  /// - Parameters:
  ///   - records: How many.
  ///   - isEnd: Whether all are to be told now.
  ///   - now: The time.
  /// - Returns: How many are to be told now.
  func add(
    _ records: UInt64, isEnd: Bool = false, at now: ContinuousClock.Instant = .now
  ) -> UInt64 {
    state.withLock { state in
      state.records += records
      if !isEnd, let quietUntil = state.quietUntil, now < quietUntil { return 0 }
      guard state.records > 0 else { return 0 }
      state.quietUntil = now + Self.quiet
      defer { state.records = 0 }
      return state.records
    }
  }
}
