internal import IndustrialModel

/// When frames came that this machine stamped itself, by both of its clocks.
///
/// A stamp is by the clock that is set; formulas, checks and windows need to know by the other one too. How far the two are apart
/// is seen when frames are taken. They may have waited for it, in the kernel or for room in the intake, and the clock may have been set meanwhile:
/// then they are apart as they were before.
struct ReceptionClock: Sendable {
  /// What the stamps were ahead of the monotonic clock when the frames before were taken, in nanoseconds.
  private var offset: Int64?
  /// When the newest of the frames before came, by the monotonic clock: none of now came earlier.
  private var newest: Int64?

  /// So long the first frames may have waited, in nanoseconds.
  private static let longestWait: Int64 = 10_000_000_000

  /// Gives samples the times of this machine in the place of source times, which are the stamps.
  ///
  /// - Parameters:
  ///   - samples: Those of frames that were taken together.
  ///   - time: When that was.
  mutating func place(_ samples: inout SampleBatch, takenAt time: WireTime) {
    let now = time.monotonic
    let present = time.gateway.nanoseconds &- now
    let past = offset ?? present
    let earliest = newest ?? now &- Self.longestWait
    for index in samples.records.indices {
      guard let stamp = samples.records[index].sourceTime else { continue }
      var came = stamp.nanoseconds &- present
      if came < earliest || came > now { came = stamp.nanoseconds &- past }
      if came < earliest || came > now {
        // No clock of this machine showed that when the frame came.
        came = now
      } else {
        newest = max(newest ?? came, came)
      }
      samples.records[index].sourceTime = nil
      samples.records[index].gatewayTime = stamp
      samples.records[index].monotonicTime = came
    }
    offset = present
  }
}
