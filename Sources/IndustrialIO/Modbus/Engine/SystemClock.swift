#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Nanoseconds of the two clocks that a wire needs: one that only goes forward, for deadlines, and the wall clock,
/// for the time of a value.
enum SystemClock {
  /// Nanoseconds since the machine started; never jumps.
  static func monotonic() -> Int64 { nanoseconds(CLOCK_MONOTONIC) }

  /// Nanoseconds since 1970 (UTC); jumps when somebody sets the clock.
  static func wall() -> Int64 { nanoseconds(CLOCK_REALTIME) }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

extension Duration {
  /// The duration in nanoseconds, held within plus or minus 100 years so that deadlines can be added up.
  var nanoseconds: Int64 {
    let limit: Int64 = 100 * 366 * 86_400
    let (seconds, attoseconds) = components
    if seconds >= limit { return limit * 1_000_000_000 }
    if seconds <= -limit { return -limit * 1_000_000_000 }
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
