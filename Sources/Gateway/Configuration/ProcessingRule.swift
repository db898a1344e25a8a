/// What happens to the samples of a tag, or of several, between reading and storing.
public struct ProcessingRule: Sendable, Equatable {
  /// A change that is not worth telling.
  public enum Deadband: Sendable, Equatable {
    /// In the tag's unit.
    case absolute(Double)
    /// Percent of the way from `minimum` to `maximum`.
    case percent(Double)
  }

  /// What is kept of a window.
  public enum Function: String, Sendable, Equatable, CaseIterable {
    /// The smallest value.
    case min
    /// The largest value.
    case max
    /// The mean of the values, each of the same weight.
    case mean
    /// The last value.
    case last
    /// How many usable values there were.
    case count
  }

  /// Values gathered over a time, of which only a few numbers are kept.
  public struct Window: Sendable, Equatable {
    /// Its length. Windows begin at multiples of it since 1970, UTC.
    public var length: Duration
    /// What is kept, each as a tag of its own: `pump-01/pressure.mean`.
    public var functions: [Function]

    /// A window.
    public init(length: Duration, functions: [Function] = Function.allCases) {
      self.length = length
      self.functions = functions
    }
  }

  /// A tag's path, or the beginning of several with a `*` at its end: `pump-01/*`. The most exact one counts.
  public var pattern: String
  /// Values below are marked as uncertain.
  public var minimum: Double?
  /// Values above are marked as uncertain.
  public var maximum: Double?
  /// A change of more than so much a second marks the value as uncertain.
  public var rate: Double?
  /// Only larger changes since what was reported last are reported; with 0 any change. Nil: all samples are.
  public var deadband: Deadband?
  /// After so long a silence the next sample is reported whatever its value. Nil: never.
  public var silence: Duration?
  /// Only this is kept. Nil: all samples are.
  public var window: Window?

  /// A rule that does nothing yet.
  public init(_ pattern: String) { self.pattern = pattern }

  /// Whether the rule is for a tag.
  public func matches(_ tag: String) -> Bool {
    pattern.hasSuffix("*") ? tag.hasPrefix(pattern.dropLast()) : tag == pattern
  }

  /// The deadband in the tag's unit.
  var absoluteDeadband: Double? {
    switch deadband {
    case .absolute(let width): width
    case .percent(let percent): percent / 100 * ((maximum ?? 0) - (minimum ?? 0))
    case nil: nil
    }
  }
}

extension [ProcessingRule] {
  /// The most exact rule for a tag: the one with the longest pattern, a whole path before a beginning.
  func rule(for tag: String) -> ProcessingRule? {
    filter { $0.matches(tag) }.max { $0.exactness < $1.exactness }
  }
}

extension ProcessingRule {
  fileprivate var exactness: Int { pattern.hasSuffix("*") ? pattern.utf8.count - 1 : .max }
}
