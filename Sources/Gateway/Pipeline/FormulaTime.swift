internal import IndustrialModel

/// The time that formulas are told, by which they integrate and differentiate: the device's where it gives one, else one that is
/// our clock's at the start and then goes on steadily, so that setting the clock neither adds to a total nor makes a peak in a rate.
struct FormulaTime: Sendable {
  /// The newest time that was told of our own.
  private(set) var newest: Int64
  /// From the monotonic clock to the time that is told.
  private var offset: Int64?

  /// - Parameter time: The newest time of the run before: after a boot in 1970 time goes on from there. If it was in the future,
  ///   the time in between is lost, and nothing else.
  init(notBefore time: Int64 = .min) { newest = time }

  mutating func of(_ record: SampleBatch.Record) -> Int64 {
    if let time = record.sourceTime { return time.nanoseconds }
    let offset =
      offset ?? max(record.gatewayTime.nanoseconds, newest) &- record.monotonicTime
    self.offset = offset
    let time = record.monotonicTime &+ offset
    newest = max(newest, time)
    return time
  }
}
