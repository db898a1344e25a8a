internal import CANCore
internal import Formula
internal import IndustrialModel

/// When frames came that this machine stamped itself, by both of its clocks.
///
/// A stamp is by the clock that is set; formulas, checks, windows and the timeouts of messages need to know by the other one too. How
/// far the two are apart is seen when frames are taken. They may have waited for it, in the kernel or for room in the intake, and the
/// clock may have been set meanwhile: then those of before it are apart as they were before.
struct ReceptionClock: Sendable {
  /// What the stamps were ahead of the monotonic clock when the frames before were taken, in nanoseconds.
  private var offset: Int64?
  /// When the newest of the frames before came, by the monotonic clock: none of now came earlier.
  private var newest: Int64?

  /// So long the first frames may have waited, in nanoseconds.
  private static let longestWait: Int64 = 10_000_000_000
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
    offset = present
    let step =
      (present &- past).magnitude < Self.leastStep
      ? 0 : Self.step(in: frames.headers, from: past, to: present, possible)
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

  /// Which frame was the first behind a setting of the clock.
  ///
  /// Frames are mostly taken at once, so the last one tells whether that was before it. If so, it was where the stamps leap as far as the
  /// clock was set, and what is left of the leap is the pause on the bus; without such a leap it was before all.
  private static func step(
    in headers: [CANFrameBatch.Header], from past: Int64, to present: Int64,
    _ possible: ClosedRange<Int64>
  ) -> Int {
    for header in headers.reversed() {
      let (before, behind) = (header.time &- past, header.time &- present)
      guard possible.contains(before) || possible.contains(behind) else { continue }
      if !possible.contains(behind) || possible.contains(before) && before > behind {
        return headers.count
      }
      break
    }
    let step = present &- past
    var result = 0
    var least = Int64.max
    for index in headers.indices {
      let earlier = index == 0 ? possible.lowerBound : headers[index - 1].time &- past
      let leap = (headers[index].time &- past).subtractingClamped(earlier)
      let pause = leap.subtractingClamped(step)
      if pause >= 0, step > 0 || leap < 0, pause < least { (result, least) = (index, pause) }
    }
    return result
  }
}
