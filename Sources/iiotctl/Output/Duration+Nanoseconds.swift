extension Duration {
  /// In nanoseconds, rounded towards zero, and no more than fits.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isOverflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooLong) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return isOverflow || isTooLong ? .max : sum
  }
}
