internal import Glibc

/// A moment as nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// An Int64 reaches from 1677-09-21 to 2262-04-11. A timestamp says when something was seen; the order
/// of samples is their sequence, never their time, because clocks jump.
public struct Timestamp: Sendable, Hashable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var nanoseconds: Int64

  /// A moment so many nanoseconds after (or, negative, before) the start of 1970.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The system's real-time clock now.
  public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }
}

extension Timestamp: Comparable {
  /// Earlier than.
  @inlinable
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

/// The monotonic clock: never set, never stepped, meaningless between machines and across boots.
public enum MonotonicClock {
  /// Nanoseconds since some moment before this process started.
  public static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
