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
      rule.gap = section.duration("gap")
      if let gap = rule.gap, gap <= .zero {
        section.problem(at: "gap", "a gap is longer than nothing", "write  gap: 5s")
      }
      rule.marksDuplicates = section.flag("duplicate") ?? false
      report(&rule)
      rule.window = window()
      if rule.window != nil, rule.deadband != nil || rule.deviation != nil {
        section.problem(
          at: "aggregate", "a tag is aggregated or reported by exception, not both",
          "leave out aggregate, or deadband and deviation")
      }
      if section.isEmpty {
        section.problem(
          "the rule does nothing",
          "add min, max, rate, gap, duplicate, deadband, deviation or aggregate")
      }
      return rule
    }

    private func report(_ rule: inout ProcessingRule) {
      rule.deadband = exception("deadband", "a change", rule)
      rule.deviation = exception("deviation", "a distance", rule)
      if rule.deadband != nil, rule.deviation != nil {
        section.problem(
          at: "deviation", "a tag has a deadband or a deviation, not both",
          "leave out one of them")
      }
      rule.silence = section.duration("silence")
      let isReported = rule.deadband != nil || rule.deviation != nil
      if let silence = rule.silence, !isReported || silence <= .zero {
        section.problem(
          at: "silence",
          "a longest silence goes with a deadband or a deviation, and is longer than nothing",
          "add  deadband: 0  to report changes only")
      }
    }

    private func exception(
      _ key: String, _ what: String, _ rule: ProcessingRule
    ) -> ProcessingRule.Deadband? {
      let width = section.value(
        key, expected: "\(what) in the tag's unit such as 0.5, or 1% of its range", deadband)
      if case .percent = width, rule.minimum == nil || rule.maximum == nil {
        section.problem(
          at: key, "percent of which range?", "add min and max, or write it in the tag's unit")
      }
      return width
    }

    private func window() -> ProcessingRule.Window? {
      let length = section.duration("aggregate")
      let names = section.words("functions")
      let lateness = section.duration("late")
      let choices = ProcessingRule.TooLate.allCases.map(\.rawValue).joined(separator: " or ")
      let tooLate = section.value("too_late", expected: choices) {
        ProcessingRule.TooLate(rawValue: $0)
      }
      guard let length else {
        for (key, isThere) in [
          ("functions", names != nil), ("late", lateness != nil), ("too_late", tooLate != nil),
        ] where isThere {
          section.problem(at: key, "\(key) of which window?", "add  aggregate: 1min")
        }
        return nil
      }
      // Each open window takes memory.
      if let lateness, lateness / 100 > length {
        section.problem(
          at: "late", "values can't be later than 100 windows",
          "shorten it, or aggregate over a longer time")
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
      return .init(
        length: length, functions: functions ?? all, lateness: lateness ?? .zero,
        tooLate: tooLate ?? .store)
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
