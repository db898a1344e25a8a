internal import IndustrialModel
internal import Synchronization

/// Between the parts of a gateway and its operator: knows what is wrong at the moment, counts events, and sums up what comes
/// again and again.
///
/// Of each source ten events in a minute are told. What comes beyond is counted, and told as one at the minute's end: a device that comes and
/// goes ten times a second fills no disk with words.
final class EventBoard: Sendable {
  private struct State {
    /// What is wrong, by its source.
    var conditions: [String: GatewayEvent] = [:]
    var counts: [GatewayEvent.Level: UInt64] = [:]
    var minutes: [String: Minute] = [:]
  }

  /// What a source has told lately.
  private struct Minute {
    var end: Int64
    var told = 0
    var held = 0
    var last: GatewayEvent?

    /// What was held back, as one event; nil if nothing was.
    var summary: GatewayEvent? {
      guard held > 0, var event = last else { return nil }
      event.message = "\(held) events more within a minute, the last: \(event.message)"
      return event
    }
  }

  static let limit = 10
  private static let minute: Int64 = 60_000_000_000

  private let tell: @Sendable (GatewayEvent) -> Void
  private let now: @Sendable () -> Int64
  private let state = Mutex(State())

  /// - Parameters:
  ///   - tell: The operator's ear; called from several threads.
  ///   - now: A monotonic clock in nanoseconds.
  init(
    now: @escaping @Sendable () -> Int64 = { MonotonicClock.now() },
    _ tell: @escaping @Sendable (GatewayEvent) -> Void
  ) {
    self.tell = tell
    self.now = now
  }

  /// What is wrong at the moment, the oldest first.
  var conditions: [GatewayEvent] {
    state.withLock { $0.conditions.values.sorted { $0.time < $1.time } }
  }

  /// How many events there were, told or summed up.
  var counts: [GatewayEvent.Level: UInt64] { state.withLock { $0.counts } }

  func report(_ event: GatewayEvent) {
    let now = now()
    let (summary, isTold) = state.withLock { state -> (GatewayEvent?, Bool) in
      state.counts[event.level, default: 0] += 1
      switch event.phase {
      case .single: break
      case .begins: state.conditions[event.source] = event
      case .ends: state.conditions[event.source] = nil
      }
      var minute = state.minutes[event.source] ?? Minute(end: now &+ Self.minute)
      var summary: GatewayEvent?
      if now >= minute.end {
        summary = minute.summary
        minute = Minute(end: now &+ Self.minute)
      }
      minute.told += 1
      let isTold = minute.told <= Self.limit
      if !isTold {
        minute.held += 1
        minute.last = event
      }
      state.minutes[event.source] = minute
      return (summary, isTold)
    }
    if let summary { tell(summary) }
    if isTold { tell(event) }
  }

  /// Tells what was summed up in minutes that are over; to be called now and then, with `all` at the end.
  func summarize(all: Bool = false) {
    let now = now()
    let summaries = state.withLock { state in
      let over = state.minutes.filter { all || $0.value.end <= now }
      for source in over.keys { state.minutes[source] = nil }
      return over.sorted { $0.key < $1.key }.compactMap(\.value.summary)
    }
    for summary in summaries { tell(summary) }
  }

  /// Forgets what was wrong with sources that are no longer there.
  func forget(where isGone: (String) -> Bool) {
    state.withLock { state in
      state.conditions = state.conditions.filter { !isGone($0.key) }
    }
  }
}
