internal import Formula
internal import IndustrialModel

/// What a rule says, in the words of the configuration.
struct RuleWords {
  private let rule: ProcessingRule

  init(_ rule: ProcessingRule) { self.rule = rule }

  /// The checks that it asks for, and what they did to a sample.
  ///
  /// - Parameters:
  ///   - record: The sample before them.
  ///   - known: What was known of the values before.
  ///   - marked: The quality that they gave it, nil for none.
  func checks(
    _ record: SampleBatch.Record, _ known: TagCheck, _ marked: Quality?
  ) -> [Explanation.Check] {
    let time = record.sourceTime?.nanoseconds ?? record.monotonicTime
    var checks: [Explanation.Check] = []
    let bounds = [rule.minimum.map { "min \($0)" }, rule.maximum.map { "max \($0)" }]
      .compactMap(\.self)
    if !bounds.isEmpty {
      checks.append(
        check("range", bounds.joined(separator: ", "), marked, .uncertainEngineeringUnitsExceeded))
    }
    if let rate = rule.rate {
      var check = check("rate", "rate \(rate)/s", marked, .uncertainSensorNotAccurate)
      if known.number.isFinite, time > known.numberTime {
        check.before = known.number
        check.elapsed = .nanoseconds(time.subtractingClamped(known.numberTime))
      }
      checks.append(check)
    }
    if rule.marksDuplicates {
      checks.append(check("duplicate", "duplicate true", marked, .uncertainLastUsableValue))
    }
    if let gap = rule.gap {
      var check = check("gap", "gap \(gap)", marked, .uncertain)
      if let before = known.time, time >= before {
        check.elapsed = .nanoseconds(time.subtractingClamped(before))
      }
      checks.append(check)
    }
    return checks
  }

  private func check(
    _ name: String, _ words: String, _ marked: Quality?, _ own: Quality
  ) -> Explanation.Check {
    Explanation.Check(
      name: name, rule: .init(pattern: rule.pattern, words: words),
      quality: marked == own ? marked : nil)
  }

  /// Report by exception; nil for a rule without it.
  var report: Explanation.Rule? {
    var words: String
    if let deviation = rule.deviation {
      words = "deviation \(text(deviation))"
    } else if let deadband = rule.deadband {
      words = "deadband \(text(deadband))"
    } else {
      return nil
    }
    if let silence = rule.silence { words += ", silence \(silence)" }
    return .init(pattern: rule.pattern, words: words)
  }

  /// Aggregation; nil for a rule without it.
  var window: Explanation.Rule? {
    guard let window = rule.window else { return nil }
    let functions = window.functions.map(\.rawValue).joined(separator: ", ")
    var words = "aggregate \(window.length), functions [\(functions)]"
    if window.lateness > .zero { words += ", late \(window.lateness)" }
    if window.tooLate == .drop { words += ", too_late drop" }
    return .init(pattern: rule.pattern, words: words)
  }

  private func text(_ deadband: ProcessingRule.Deadband) -> String {
    switch deadband {
    case .absolute(let width): "\(width)"
    case .percent(let percent): "\(percent)% (\(rule.absolute(deadband) ?? 0))"
    }
  }
}
