internal import CANCore
internal import Formula
internal import IndustrialModel

/// When frames came that this machine stamped itself, by both of its clocks.
///
/// A stamp is by the clock that is set; formulas, checks, windows and the timeouts of messages need to know by the other one too. How
/// far the two are apart is seen when frames are taken. They may have waited for it, in the kernel or for room in the intake, and the
/// clock may have been set meanwhile: then those of before it are apart as they were before.
struct ReceptionClock: Sendable {
  /// What the stamps were ahead of the monotonic clock when the frames before were taken, in nanoseconds; where these came before
  /// the clock was set, what they were ahead before that.
  private var offset: Int64?
  /// When the newest of the frames before came, by the monotonic clock: none of now came earlier.
  private var newest: Int64?
  /// Whether the frames before came before the clock was set. What waited behind them may have, too.
  private var isBehind = false
  /// Since when it looks as if frames were taken in their turn, though those before them waited; by the monotonic clock.
  private var turnTime: Int64?

  /// So long the first frames may have waited, in nanoseconds.
  private static let longestWait: Int64 = 10_000_000_000
  /// What waited longer than this waited for more than its turn, in nanoseconds.
  private static let longestTurn: Int64 = 1_000_000_000
  /// The two clocks are read one after the other: less than this is no setting, in nanoseconds.
  private static let leastStep: UInt64 = 1_000_000

  /// When frames came, by the monotonic clock.
  ///
  /// - Parameters:
  ///   - frames: Those that were taken together, with their stamps.
  ///   - time: When that was.
  mutating func arrivals(of frames: CANFrameBatch, takenAt time: WireTime) -> [Int64] {
    let now = time.monotonic
    let present = time.gateway.nanoseconds &- now
    let past = offset ?? present
    let possible = min(newest ?? now &- Self.longestWait, now)...now
    let isSet = (present &- past).magnitude >= Self.leastStep
    let step = isSet ? step(in: frames.headers, from: past, to: present, possible) : 0
    isBehind = isSet && step == frames.headers.count
    if !isBehind { (offset, turnTime) = (present, nil) }
    return frames.headers.indices.map { index in
      let stamp = frames.headers[index].time
      let (first, second) = index < step ? (past, present) : (present, past)
      var came = stamp &- first
      if !possible.contains(came) { came = stamp &- second }
      // No clock of this machine showed that when the frame came.
      guard possible.contains(came) else { return now }
      newest = max(newest ?? came, came)
      return came
    }
  }

  /// Which frame was the first behind a setting of the clock; their number if all came before it.
  private mutating func step(
    in headers: [CANFrameBatch.Header], from past: Int64, to present: Int64,
    _ possible: ClosedRange<Int64>
  ) -> Int {
    let last = headers.last {
      possible.contains($0.time &- past) || possible.contains($0.time &- present)
    }
    guard let last else { return 0 }
    let (before, behind) = (last.time &- past, last.time &- present)
    guard possible.contains(behind) else { return headers.count }
    let leap = Self.leap(in: headers, from: past, by: present &- past, behind: possible.lowerBound)
    guard possible.contains(before) else { return leap?.index ?? 0 }
    // Both clocks could have shown what the last one bears.
    if let leap, present < past || leap.pause <= Self.longestTurn {
      return leap.index
    }
    if present > past { return headers.count }
    guard possible.upperBound.subtractingClamped(behind) <= Self.longestTurn else {
      turnTime = nil
      return headers.count
    }
    let since = turnTime ?? possible.upperBound
    turnTime = since
    let isInTurn =
      !isBehind || possible.upperBound.subtractingClamped(since) > Self.longestTurn
    return isInTurn ? 0 : headers.count
  }

  /// Where stamps leap as far as the clock was set. What is left of the leap is a pause on the bus: where there are several, the
  /// shortest one is it.
  private static func leap(
    in headers: [CANFrameBatch.Header], from past: Int64, by step: Int64, behind earliest: Int64
  ) -> (index: Int, pause: Int64)? {
    var result: (index: Int, pause: Int64)?
    for index in headers.indices {
      let earlier = index == 0 ? earliest : headers[index - 1].time &- past
      let leap = (headers[index].time &- past).subtractingClamped(earlier)
      let pause = leap.subtractingClamped(step)
      if pause >= 0, step > 0 || leap < 0, pause < result?.pause ?? .max {
        result = (index, pause)
      }
    }
    return result
  }
}
