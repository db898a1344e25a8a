internal import ArgumentParser
internal import Gateway
internal import IndustrialModel

/// A duration with its unit: `250ms`, `1s`, `5min`.
struct DurationArgument: ExpressibleByArgument {
  var duration: Duration

  init?(argument: String) {
    guard let duration = Quantity.duration(argument) else { return nil }
    self.duration = duration
  }

  init(_ duration: Duration) { self.duration = duration }

  /// As it would be written.
  var defaultValueDescription: String {
    let nanoseconds = duration.clampedNanoseconds
    let units: [(String, Int64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)]
    for (unit, length) in units where nanoseconds % length == 0 {
      return "\(nanoseconds / length)\(unit)"
    }
    return "\(nanoseconds)ns"
  }
}

/// An RFC 3339 time: `2026-01-01T00:00:00Z`.
struct TimeArgument: ExpressibleByArgument {
  var time: Timestamp

  init?(argument: String) {
    guard let time = Timestamp(rfc3339: argument) else { return nil }
    self.time = time
  }
}
