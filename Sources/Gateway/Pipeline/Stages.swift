internal import Formula
internal import IndustrialModel

/// All that is done to samples between reading and storing.
struct Stages {
  private var formulas: FormulaStage
  private var keeper: FormulaKeeper
  private var windows: AggregationStage
  private var reports: ReportStage
  private let rules: ProcessingRules
  private let forms: TagForms
  private let tags: TagRegistry
  private let board: StatusBoard?
  /// Tags that were looked at or are made here.
  private var known: Set<String> = []
  /// So many tags of the registry have been looked at.
  private var lookedAt = 0

  /// - Parameters:
  ///   - formulas: The derived tags in dependency order, compiled.
  ///   - rules: What happens to single tags.
  ///   - names: All tags that there are, besides the derived ones.
  ///   - forms: Those that come into being with the topics of messages.
  ///   - memory: Where formulas have what they remember from, and where it is kept.
  ///   - board: Told of values that come too late.
  init(
    _ formulas: [FormulaSet.Member], rules: [ProcessingRule], names: [String],
    forms: TagForms = TagForms(), memory: FormulaMemory? = nil, board: StatusBoard? = nil,
    tags: TagRegistry
  ) {
    self.board = board
    keeper = FormulaKeeper(memory)
    let names = names + formulas.map(\.name)
    (self.rules, self.forms, self.tags) = (ProcessingRules(rules), forms, tags)
    self.formulas = FormulaStage(
      formulas, rules: rules, names: names, memory: memory, tags: tags)
    windows = AggregationStage(rules, names: names, tags: tags)
    reports = ReportStage(rules, names: names, tags: tags)
    if !forms.isEmpty { remember(names) }
  }

  /// Goes on where the run before ended, as far as that is known.
  mutating func restore() { formulas.restore() }

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
    keeper.begin(&formulas, at: moments.time.monotonic)
    formulas.apply(to: moments, into: &samples)
  }

  /// The same, a moment at a time, for who looks at what happens in between.
  mutating func apply(
    to moments: Moments, into samples: inout SampleBatch, watchedBy witness: any FlowWitness
  ) {
    meetNewTags()
    keeper.begin(&formulas, at: moments.time.monotonic)
    for range in moments.ranges {
      var part = Moments(samples: SampleBatch(), grouping: .whole, time: moments.time)
      part.samples.append(contentsOf: moments.samples, range)
      let first = samples.count
      witness.willApply(self, to: part.samples)
      formulas.apply(to: part, into: &samples)
      witness.didApply(self, to: part.samples, samples, from: first)
    }
  }

  /// The formula of a tag, its inputs and its memory; nil for none.
  func formula(of tag: TagID) -> (formula: CompiledFormula, slots: FormulaSlots)? {
    formulas.formula(of: tag)
  }

  /// What is expected of a tag's values; nil for nothing.
  func check(of tag: TagID) -> TagCheck? { formulas.check(of: tag) }

  /// The windows of a tag; nil for none.
  func windows(of tag: TagID) -> TagWindows? { windows.windows(of: tag) }

  /// What was reported last of a tag with a deadband; nil for none.
  func reported(of tag: TagID) -> ReportStage.Reported? { reports.reported(of: tag) }

  /// The door of a tag; nil for none.
  func door(of tag: TagID) -> SwingingDoor? { reports.door(of: tag) }

  /// Takes out what is not stored of the samples from an index on, and puts in the results of windows that are over.
  ///
  /// - Parameter now: When the last of them came, by the monotonic clock.
  mutating func reduce(
    _ samples: inout SampleBatch, from first: Int, now: Int64, counting fates: inout SampleFates
  ) -> (suppressed: Int, folded: Int) {
    let folded = windows.apply(to: &samples, from: first, now: now, counting: &fates)
    return (reports.apply(to: &samples, from: first, now: now, counting: &fates), folded)
  }

  /// All samples that went through are stored before others come.
  mutating func endBatch() {
    keeper.end()
    board?.set(tooLate: windows.tooLate)
  }

  /// Keeps what formulas remember.
  mutating func keepMemory() { keeper.keep(&formulas) }

  /// Something of what went through will not be stored.
  mutating func keepNoMore() { keeper.forgo() }

  /// The results of all windows that are open, and what reports hold back. All else is stored.
  mutating func finish(into samples: inout SampleBatch, counting fates: inout SampleFates) {
    keeper.keep(&formulas)
    reports.finish(into: &samples, counting: &fates)
    windows.finish(into: &samples, counting: &fates)
  }

  /// Goes on where `old` was: formulas with the same text and tags with the same rules keep what they remember. Windows that
  /// are not gone on with are ended, and what is held back is told.
  mutating func inherit(
    from old: inout Stages, closing samples: inout SampleBatch, counting fates: inout SampleFates
  ) {
    meetNewTags()
    // Those of formulas that are gone, too.
    old.keeper.keep(&old.formulas)
    keeper.inherit(from: old.keeper)
    formulas.inherit(from: old.formulas)
    reports.inherit(from: &old.reports)
    old.reports.finish(into: &samples, counting: &fates)
    windows.inherit(from: &old.windows)
    old.windows.finish(into: &samples, counting: &fates)
  }
}
