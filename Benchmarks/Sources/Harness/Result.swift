/// How one contender did.
struct ContenderResult: Codable {
  var name: String
  var role: Contender.Role
  var version: String?
  /// Why it did not take part.
  var skipped: String?
  /// Iterations a round.
  var iterations: Int?
  /// Nanoseconds an item: the median and the least over the rounds.
  var medianNanoseconds: Double?
  var minimumNanoseconds: Double?
  /// The middle half of the rounds, as a share of the median.
  var spread: Double?
  var bytesPerSecond: Double?
  /// Its time divided by ours: the median over the rounds, and the middle half. Above 1 we are faster.
  var ratio: Double?
  var ratioLow: Double?
  var ratioHigh: Double?
}

/// One comparison, measured.
struct ComparisonResult: Codable {
  var name: String
  var operation: String
  var rounds: Int
  var counts: Counts?
  var gate: Gate
  var gateFailures: [String]
  var contenders: [ContenderResult]
  /// What else was observed.
  var remark: String?
}

/// A run of a suite, as it stands in the JSON file.
struct SuiteResult: Codable {
  var suite: String
  var time: String
  var machine: Machine
  var comparisons: [ComparisonResult]
}
