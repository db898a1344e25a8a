extension Duration {
  /// In whole nanoseconds, and no more than fits.
  package var clampedNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooLong) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    guard isTooLarge || isTooLong else { return sum }
    return seconds < 0 ? .min : .max
  }
}
