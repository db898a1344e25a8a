internal import Formula
internal import IndustrialModel

/// All that is done to samples between reading and storing.
struct Stages {
  private var formulas: FormulaStage
  private var windows: AggregationStage
  private var reports: ReportStage
  private let rules: [ProcessingRule]
  private let forms: TagForms
  private let tags: TagRegistry
  /// Tags that were looked at or are made here.
  private var known: Set<String> = []
  /// So many tags of the registry have been looked at.
  private var lookedAt = 0

  /// - Parameters:
  ///   - formulas: The derived tags in dependency order, compiled.
  ///   - rules: What happens to single tags.
  ///   - names: All tags that there are, besides the derived ones.
  ///   - forms: Those that come into being with the topics of messages.
  init(
    _ formulas: [FormulaSet.Member], rules: [ProcessingRule], names: [String],
    forms: TagForms = TagForms(), tags: TagRegistry
  ) {
    let names = names + formulas.map(\.name)
    (self.rules, self.forms, self.tags) = (rules, forms, tags)
    self.formulas = FormulaStage(formulas, rules: rules, names: names, tags: tags)
    windows = AggregationStage(rules, names: names, tags: tags)
    reports = ReportStage(rules, names: names, tags: tags)
    if !forms.isEmpty { remember(names) }
  }

  private mutating func remember(_ names: [String]) {
    for name in names {
      known.insert(name)
      for function in rules.rule(for: name)?.window?.functions ?? [] {
        known.insert("\(name).\(function.rawValue)")
      }
    }
  }

  /// Looks for rules for tags that have come into being.
  private mutating func meetNewTags() {
    guard !forms.isEmpty, !rules.isEmpty else { return }
    let all = tags.names
    guard all.count > lookedAt else { return }
    let new = all[lookedAt...].filter { !known.contains($0) && forms.contains($0) }
    lookedAt = all.count
    for name in new where !known.contains(name) {
      remember([name])
      formulas.add([name], rules, tags)
      windows.add([name], rules, tags)
      reports.add([name], rules, tags)
    }
  }

  /// Appends the samples of `moments` and what is computed from them.
  mutating func apply(to moments: Moments, into samples: inout SampleBatch) {
    meetNewTags()
    formulas.apply(to: moments, into: &samples)
  }

  /// Takes out what is not stored, and puts in the results of windows that are over.
  mutating func reduce(_ samples: inout SampleBatch) -> (suppressed: Int, folded: Int) {
    let folded = windows.apply(to: &samples)
    return (reports.apply(to: &samples), folded)
  }

  /// The results of all windows that are open.
  mutating func finish(into samples: inout SampleBatch) { windows.finish(into: &samples) }

  /// Goes on where `old` was: formulas with the same text and tags with the same rules keep what they remember. Windows that
  /// are not gone on with are ended.
  mutating func inherit(from old: inout Stages, closing samples: inout SampleBatch) {
    meetNewTags()
    formulas.inherit(from: old.formulas)
    reports.inherit(from: old.reports)
    windows.inherit(from: &old.windows)
    old.windows.finish(into: &samples)
  }
}
