/// What the values of a tag were like over a time.
public struct HistoryStatistics: Sendable, Equatable {
  /// How many values there were that can be counted with: numbers and truths (as 1 and 0) of good or uncertain quality.
  public private(set) var count = 0
  /// The smallest; zero when there are none.
  public private(set) var minimum = 0.0
  /// The largest; zero when there are none.
  public private(set) var maximum = 0.0
  /// The mean, each value of the same weight; zero when there are none.
  public private(set) var mean = 0.0
  /// The sum of the squares of the distances from the mean.
  private var squares = 0.0

  /// Of no values.
  public init() {}

  /// The sample standard deviation (with `count - 1`); zero for fewer than two values.
  public var standardDeviation: Double {
    count > 1 ? (max(squares, 0) / Double(count - 1)).squareRoot() : 0
  }

  /// Counts one more, after Welford: exact also where the values are large and their differences small.
  public mutating func add(_ value: Double) {
    minimum = count == 0 ? value : min(minimum, value)
    maximum = count == 0 ? value : max(maximum, value)
    count += 1
    let distance = value - mean
    mean += distance / Double(count)
    squares += distance * (value - mean)
  }
}
