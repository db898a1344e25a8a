internal import CANCore
internal import IndustrialModel

/// When frames came that this machine stamped itself, by both of its clocks.
///
/// A stamp is by the clock that is set; formulas, checks, windows and the timeouts of messages need to know by the other one too. How
/// far the two are apart is seen when frames are taken. They may have waited for it, in the kernel or for room in the intake, and the
/// clock may have been set meanwhile: then they are apart as they were before.
struct ReceptionClock: Sendable {
  /// What the stamps were ahead of the monotonic clock when the frames before were taken, in nanoseconds.
  private var offset: Int64?
  /// When the newest of the frames before came, by the monotonic clock: none of now came earlier.
  private var newest: Int64?

  /// So long the first frames may have waited, in nanoseconds.
  private static let longestWait: Int64 = 10_000_000_000

  /// When frames came, by the monotonic clock.
  ///
  /// - Parameters:
  ///   - frames: Those that were taken together, with their stamps.
  ///   - time: When that was.
  mutating func arrivals(of frames: CANFrameBatch, takenAt time: WireTime) -> [Int64] {
    let now = time.monotonic
    let present = time.gateway.nanoseconds &- now
    let past = offset ?? present
    let earliest = newest ?? now &- Self.longestWait
    offset = present
    return frames.headers.map { header in
      var came = header.time &- present
      if came < earliest || came > now { came = header.time &- past }
      // No clock of this machine showed that when the frame came.
      guard came >= earliest, came <= now else { return now }
      newest = max(newest ?? came, came)
      return came
    }
  }
}
