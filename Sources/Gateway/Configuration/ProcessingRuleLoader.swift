#if Gateway
  internal import Yams

  /// Reads what happens to the samples of a tag.
  struct ProcessingRuleLoader {
    private let section: YAMLSection

    init(_ section: YAMLSection) { self.section = section }

    func load(_ pattern: String) -> ProcessingRule {
      var rule = ProcessingRule(pattern)
      rule.minimum = section.number("min")
      rule.maximum = section.number("max")
      if let minimum = rule.minimum, let maximum = rule.maximum, minimum > maximum {
        section.problem(at: "min", "min is above max", "exchange them")
      }
      rule.rate = section.value("rate", expected: "the largest change a second, such as 5/s") {
        positive($0.hasSuffix("/s") ? $0.dropLast(2) : $0[...])
      }
      rule.deadband = section.value(
        "deadband", expected: "a change in the tag's unit such as 0.5, or 1% of its range", deadband
      )
      if case .percent = rule.deadband, rule.minimum == nil || rule.maximum == nil {
        section.problem(
          at: "deadband", "percent of which range?",
          "add min and max, or write it in the tag's unit")
      }
      rule.silence = section.duration("silence")
      if let silence = rule.silence, rule.deadband == nil || silence <= .zero {
        section.problem(
          at: "silence", "a longest silence goes with a deadband, and is longer than nothing",
          "add  deadband: 0  to report changes only")
      }
      rule.window = window()
      if rule.window != nil, rule.deadband != nil {
        section.problem(
          at: "aggregate", "a tag is aggregated or reported by exception, not both",
          "leave out aggregate or deadband")
      }
      if section.isEmpty {
        section.problem("the rule does nothing", "add min, max, rate, deadband or aggregate")
      }
      return rule
    }

    private func window() -> ProcessingRule.Window? {
      let length = section.duration("aggregate")
      let names = section.words("functions")
      guard let length else {
        if names != nil {
          section.problem(
            at: "functions", "functions of which window?", "add  aggregate: 1min")
        }
        return nil
      }
      if length < .milliseconds(1) {
        section.problem(at: "aggregate", "a window is 1ms or longer", "write  aggregate: 1min")
      }
      let all = ProcessingRule.Function.allCases
      let functions = names?.compactMap { ProcessingRule.Function(rawValue: $0) }
      if let functions, functions.isEmpty || functions.count != Set(names ?? []).count {
        section.problem(
          at: "functions", "unknown, missing or doubled functions",
          "known: \(all.map(\.rawValue).joined(separator: ", "))")
      }
      return .init(length: length, functions: functions ?? all)
    }

    private func deadband(_ text: String) -> ProcessingRule.Deadband? {
      if text.hasSuffix("%") {
        return positive(text.dropLast()).flatMap { $0 <= 100 ? .percent($0) : nil }
      }
      return positive(text[...]).map { .absolute($0) }
    }

    /// A number that is not negative.
    private func positive(_ text: Substring) -> Double? {
      Double(text).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }
  }
#endif
