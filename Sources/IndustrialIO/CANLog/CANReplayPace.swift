/// When each frame of a recording is due when it is played again.
///
/// Due times are reckoned from the first frame, not from the one before, so that waiting a little too long each time
/// does not add up: a frame is late by the error of one wait, never by their sum.
///
/// ```swift
/// var pace = CANReplayPace(speed: 2, start: now)
/// wait(until: pace.due(frame.time)); send(frame)
/// ```
public struct CANReplayPace: Sendable {
  /// How many times faster than recorded.
  public let speed: Double
  /// Pauses in the recording are played no longer than this, in nanoseconds of the recording; nil for as they were.
  public let longestGap: Int64?

  /// A step back of so much is no disorder.
  private static let clockStep: Int64 = 1_000_000_000

  private var begin: Int64
  private var played: Int64 = 0
  private var lastTime: Int64?

  /// A pace whose first frame is due at `start`.
  ///
  /// - Parameters:
  ///   - speed: how many times faster than recorded; must be above 0.
  ///   - start: on any clock in nanoseconds; due times are on the same.
  ///   - longestGap: what longer pauses are shortened to, in nanoseconds.
  public init(speed: Double = 1, start: Int64, longestGap: Int64? = nil) {
    precondition(speed > 0, "the speed of a replay is above 0")
    self.speed = speed
    self.longestGap = longestGap
    begin = start
  }

  /// When a frame of this time is due.
  ///
  /// A frame whose time is before that of one before it is due at once. By less than a second it is out of order, as where a
  /// recorder writes several channels: the next ones go on from the latest time. By more, the clock was set or another recording
  /// begins: they go on from there.
  public mutating func due(_ time: Int64) -> Int64 {
    let (gap, isTooFar) = time.subtractingReportingOverflow(lastTime ?? time)
    let isOutOfOrder = !isTooFar && gap < 0 && gap > -Self.clockStep
    if !isTooFar, gap > 0 {
      let step = longestGap.map { min(gap, max(0, $0)) } ?? gap
      let (sum, tooLong) = played.addingReportingOverflow(step)
      played = tooLong ? Int64.max : sum
    }
    if !isOutOfOrder { lastTime = time }
    let scaled = Double(played) / speed
    guard scaled < 9e18 else { return Int64.max }
    let (due, overflow) = begin.addingReportingOverflow(Int64(scaled))
    return overflow ? Int64.max : due
  }
}
