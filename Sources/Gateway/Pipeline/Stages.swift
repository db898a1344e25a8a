internal import Formula
internal import IndustrialModel

/// All that is done to samples between reading and storing.
struct Stages {
  private var formulas: FormulaStage
  private var windows: AggregationStage
  private var reports: ReportStage

  /// - Parameters:
  ///   - formulas: The derived tags in dependency order, compiled.
  ///   - rules: What happens to single tags.
  ///   - names: All tags that there are, besides the derived ones.
  init(
    _ formulas: [FormulaSet.Member], rules: [ProcessingRule], names: [String], tags: TagRegistry
  ) {
    let names = names + formulas.map(\.name)
    self.formulas = FormulaStage(formulas, rules: rules, names: names, tags: tags)
    windows = AggregationStage(rules, names: names, tags: tags)
    reports = ReportStage(rules, names: names, tags: tags)
  }

  /// Appends the samples of `moments` and what is computed from them.
  mutating func apply(to moments: Moments, into samples: inout SampleBatch) {
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
    formulas.inherit(from: old.formulas)
    reports.inherit(from: old.reports)
    windows.inherit(from: &old.windows)
    old.windows.finish(into: &samples)
  }
}
