internal import Glibc

/// The clock that deadlines count by.
enum MonotonicClock {
  /// Nanoseconds since some moment in the past; never jumps.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// The moment a duration from now; a duration below zero counts as zero.
  static func deadline(after duration: Duration) -> UInt64 {
    let (sum, overflow) = now().addingReportingOverflow(duration.wholeNanoseconds)
    return overflow ? .max : sum
  }
}

extension Duration {
  /// The duration in nanoseconds, clamped to 0 and about 292 years.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? UInt64(Int64.max) : UInt64(scaled) &+ UInt64(attoseconds / 1_000_000_000)
  }
}
