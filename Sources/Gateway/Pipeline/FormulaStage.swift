internal import Formula
internal import IndustrialModel

/// Computes the derived tags: for every moment at which one of its inputs came, a formula gives one sample.
/// So a formula of ten registers is computed once a poll, and never from half of one.
struct FormulaStage {
  /// One derived tag, its program and the slots its inputs are kept in between batches.
  private struct Unit {
    var tag: TagID
    var formula: CompiledFormula
    var slots: FormulaSlots
    var isDue = false
  }

  /// In an order in which inputs come before what is computed from them.
  private var units: [Unit] = []
  /// Which slots of which units a tag feeds, by tag number.
  private var uses: [[(unit: Int, slot: Int)]] = []

  /// - Parameter formulas: The derived tags in dependency order, compiled.
  init(_ formulas: [FormulaSet.Member], tags: TagRegistry) {
    for (number, member) in formulas.enumerated() {
      let formula = member.formula
      units.append(
        Unit(tag: tags.intern(member.name), formula: formula, slots: formula.makeSlots()))
      for (slot, dependency) in formula.dependencies.enumerated() {
        let tag = Int(tags.intern(dependency.name).rawValue)
        while uses.count <= tag { uses.append([]) }
        uses[tag].append((number, slot))
      }
    }
  }

  /// Whether there is nothing to compute.
  var isEmpty: Bool { units.isEmpty }

  /// Appends the samples of `moments` to `result`, with the derived ones behind each moment that they come from.
  mutating func apply(to moments: Moments, into result: inout SampleBatch) {
    let samples = moments.samples
    guard !units.isEmpty else { return result.append(contentsOf: samples) }
    for range in moments.ranges {
      for sample in samples[range] {
        feed(sample)
        result.append(sample)
      }
      if let last = samples[range].last { compute(at: last, into: &result) }
    }
  }

  private mutating func feed(_ sample: Sample) {
    let tag = Int(sample.tag.rawValue)
    guard tag < uses.count else { return }
    for (unit, slot) in uses[tag] {
      var quality = sample.quality
      if sample.value.doubleValue == nil, !quality.isBad { quality = .badTypeMismatch }
      units[unit].slots.set(
        slot, value: sample.value.doubleValue ?? .nan, quality: quality.rawValue,
        time: sample.time.nanoseconds)
      units[unit].isDue = true
    }
  }

  private mutating func compute(at moment: Sample, into result: inout SampleBatch) {
    for index in units.indices where units[index].isDue {
      units[index].isDue = false
      let unit = units[index]
      let computed = unit.formula.evaluate(unit.slots)
      var sample = moment
      sample.tag = unit.tag
      sample.sampleClass = .telemetry
      sample.quality = Quality(rawValue: computed.quality)
      if computed.failure != nil { sample.quality = .badFormulaError }
      sample.value = sample.quality.isBad ? .none : .double(computed.value)
      result.append(sample)
      feed(sample)
    }
  }
}
