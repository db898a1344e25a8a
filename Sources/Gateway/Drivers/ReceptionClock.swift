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
  /// What the stamps are ahead since the clock was set, and when that was seen first, by the monotonic clock: what came later
  /// bears no stamp of before.
  private var setting: (offset: Int64, time: Int64)?

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
    if !Self.isSet(present, past) {
      setting = nil
    } else if setting.map({ Self.isSet(present, $0.offset) }) ?? true {
      setting = (present, now)
    }
    let possibleBefore =
      possible.lowerBound...max(possible.lowerBound, min(setting?.time ?? now, now))
    let step =
      setting == nil
      ? 0 : step(in: frames.headers, from: past, to: present, possible, possibleBefore)
    isBehind = setting != nil && step == frames.headers.count
    if !isBehind { offset = present }
    return frames.headers.indices.map { index in
      let stamp = frames.headers[index].time
      let before = possibleBefore.contains(stamp &- past) ? stamp &- past : nil
      let behind = possible.contains(stamp &- present) ? stamp &- present : nil
      // Else no clock of this machine showed that when the frame came.
      guard let came = index < step ? before ?? behind : behind ?? before else { return now }
      newest = max(newest ?? came, came)
      return came
    }
  }

  private static func isSet(_ offset: Int64, _ other: Int64) -> Bool {
    (offset &- other).magnitude >= leastStep
  }

  /// Which frame was the first behind a setting of the clock; their number if all came before it.
  private func step(
    in headers: [CANFrameBatch.Header], from past: Int64, to present: Int64,
    _ possible: ClosedRange<Int64>, _ possibleBefore: ClosedRange<Int64>
  ) -> Int {
    let last = headers.last {
      possibleBefore.contains($0.time &- past) || possible.contains($0.time &- present)
    }
    guard let last else { return 0 }
    let behind = last.time &- present
    guard possible.contains(behind) else { return headers.count }
    let leap = Self.leap(in: headers, from: past, by: present &- past, behind: possible.lowerBound)
    guard possibleBefore.contains(last.time &- past) else { return leap?.index ?? 0 }
    // Both clocks could have shown what the last one bears.
    if let leap {
      // Each pause is a leap by a little; those of frames that waited, or far ones, are a sign.
      let isSign = isBehind || leap.index > 0 && present &- past > Self.longestTurn
      if present < past || isSign && leap.pause <= Self.longestTurn { return leap.index }
    }
    let isInTurn =
      !isBehind && possible.upperBound.subtractingClamped(behind) <= Self.longestTurn
    return present < past && isInTurn ? 0 : headers.count
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
