public import IndustrialModel

/// What happens to the samples of a tag, or of several, between reading and storing.
public struct ProcessingRule: Sendable, Equatable {
  /// A change or a distance that is not worth telling.
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
    /// So much later than the latest one a value may be and still count: windows are stored so much later.
    public var lateness: Duration
    /// What happens to values that are later than that.
    public var tooLate: TooLate

    /// A window.
    public init(
      length: Duration, functions: [Function] = Function.allCases, lateness: Duration = .zero,
      tooLate: TooLate = .store
    ) {
      self.length = length
      self.functions = functions
      self.lateness = lateness
      self.tooLate = tooLate
    }
  }

  /// What happens to a value for a window that is over. It is counted in any case (`GatewayStatus.tooLate`).
  public enum TooLate: String, Sendable, Equatable, CaseIterable {
    /// It is stored as it is, as the tag's own.
    case store
    /// It is left out.
    case drop
  }

  /// A tag's path, or the beginning of several with a `*` at its end: `pump-01/*`. The most exact one counts.
  public var pattern: String
  /// What the samples are for; nil leaves them as they are.
  public var sampleClass: SampleClass?
  /// Values below are marked as uncertain.
  public var minimum: Double?
  /// Values above are marked as uncertain.
  public var maximum: Double?
  /// A change of more than so much a second marks the value as uncertain.
  public var rate: Double?
  /// A value is marked as uncertain when there was none for longer before it.
  public var gap: Duration?
  /// A value is marked as uncertain when it is the one before again, with the same time of the device's.
  public var marksDuplicates = false
  /// Only larger changes since what was reported last are reported; with 0 any change. Nil: all samples are.
  public var deadband: Deadband?
  /// Only those samples are reported between which a straight line is never further than this from the others (swinging door);
  /// the newest is held back until the next one comes. Nil: all samples are reported.
  public var deviation: Deadband?
  /// After so long a silence the next sample is reported whatever its value. Nil: never.
  public var silence: Duration?
  /// Only this is kept. Nil: all samples are.
  public var window: Window?
  /// Whether a device that tells its tags itself has it of its group: it counts before those of `processing` for several tags.
  var isOfGroup = false
  /// Tags that begin so, and for which it is not.
  var exceptions: Set<String> = []

  /// A rule that does nothing yet.
  public init(_ pattern: String) { self.pattern = pattern }

  var isForSeveral: Bool { pattern.hasSuffix("*") }

  /// Whether the rule is for a tag.
  public func matches(_ tag: String) -> Bool {
    guard isForSeveral else { return tag == pattern }
    return tag.hasPrefix(pattern.dropLast()) && !exceptions.contains(tag)
  }

  /// A deadband in the tag's unit.
  func absolute(_ deadband: Deadband?) -> Double? {
    switch deadband {
    case .absolute(let width): width
    case .percent(let percent): percent / 100 * ((maximum ?? 0) - (minimum ?? 0))
    case nil: nil
    }
  }
}

/// Rules by the tags that they are for, so that finding one does not take longer the more there are.
struct ProcessingRules: Sendable {
  private var exact: [String: ProcessingRule] = [:]
  /// Those for several tags: first the groups', then the longest beginnings first.
  private var beginnings: [ProcessingRule]

  var isEmpty: Bool { exact.isEmpty && beginnings.isEmpty }

  init(_ rules: [ProcessingRule]) {
    for rule in rules where !rule.isForSeveral { exact[rule.pattern] = rule }
    let several = rules.filter(\.isForSeveral)
      .sorted { $0.pattern.utf8.count > $1.pattern.utf8.count }
    beginnings = several.filter(\.isOfGroup) + several.filter { !$0.isOfGroup }
  }

  /// The most exact rule for a tag: one for its whole path, else that of its device's group, else the one with the longest
  /// beginning.
  func rule(for tag: String) -> ProcessingRule? {
    exact[tag] ?? beginnings.first { $0.matches(tag) }
  }
}
