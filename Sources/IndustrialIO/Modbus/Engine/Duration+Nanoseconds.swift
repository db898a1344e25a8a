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
