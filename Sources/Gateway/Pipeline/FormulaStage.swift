internal import Formula
internal import IndustrialModel

/// Computes the derived tags: for every moment at which one of its inputs came, a formula gives one sample.
/// So a formula of ten registers is computed once a poll, and never from half of one.
struct FormulaStage {
  /// One derived tag, its program and the slots its inputs are kept in between batches.
  private struct Unit {
    var name: String
    var tag: TagID
    var formula: CompiledFormula
    var slots: FormulaSlots
    var isDue = false
  }

  /// In an order in which inputs come before what is computed from them.
  private var units: [Unit] = []
  /// Which slots of which units a tag feeds, by tag number.
  private var uses: [[(unit: Int, slot: Int)]] = []
  /// Whether formulas have remembered something since `takeMemory`.
  private(set) var hasChangedMemory = false
  private let memory: FormulaMemory?
  private(set) var time = FormulaTime()
  /// Before the formulas, so that a doubtful input makes a doubtful result.
  private var validation: ValidationStage

  /// - Parameters:
  ///   - formulas: The derived tags in dependency order, compiled.
  ///   - rules: By which values are doubted, those of devices and those of formulas.
  ///   - names: All tags that there are.
  ///   - memory: Where formulas have what they remember from (`restore`).
  init(
    _ formulas: [FormulaSet.Member], rules: [ProcessingRule] = [], names: [String] = [],
    memory: FormulaMemory? = nil, tags: TagRegistry
  ) {
    self.memory = memory
    validation = ValidationStage(rules, names: names, tags: tags)
    for (number, member) in formulas.enumerated() {
      let formula = member.formula
      let slots = formula.makeSlots()
      units.append(
        Unit(name: member.name, tag: tags.intern(member.name), formula: formula, slots: slots))
      for (slot, dependency) in formula.dependencies.enumerated() {
        let tag = Int(tags.intern(dependency.name).rawValue)
        while uses.count <= tag { uses.append([]) }
        uses[tag].append((number, slot))
      }
    }
  }

  /// Values of these tags are doubted too, by the rules that they have.
  mutating func add(_ names: [String], _ rules: ProcessingRules, _ tags: TagRegistry) {
    validation.add(names, rules, tags)
  }

  /// Goes on with what formulas remembered when they were last there.
  mutating func restore() {
    if let memory { time = FormulaTime(notBefore: memory.newestTime) }
    for unit in units { restore(unit) }
  }

  private func restore(_ unit: Unit) {
    if let state = memory?.state(of: unit.name, for: unit.formula) { unit.slots.state = state }
  }

  /// Goes on with what formulas of the same text remember, their inputs with it; of a changed one, with what its unchanged
  /// calls remember.
  mutating func inherit(from old: FormulaStage) {
    validation.inherit(from: old.validation)
    hasChangedMemory = old.hasChangedMemory
    time = old.time
    let past = Dictionary(old.units.map { ($0.tag, $0) }) { $1 }
    for index in units.indices {
      let unit = units[index]
      guard let before = past[unit.tag] else {
        restore(unit)
        continue
      }
      if before.formula.source == unit.formula.source {
        units[index] = before
      } else if unit.formula.isStateful, before.formula.isStateful {
        let state = memory?.state(
          of: unit.name, for: unit.formula, from: before.slots.state.bytes)
        unit.slots.state = state ?? unit.formula.makeState()
      }
    }
  }

  /// What the formulas with memory remember now.
  mutating func takeMemory() -> [(tag: String, state: FormulaState)] {
    hasChangedMemory = false
    return units.filter(\.formula.isStateful).map { ($0.name, $0.slots.state) }
  }

  /// The formula of a tag with its inputs and its memory, as they are now; nil for none.
  func formula(of tag: TagID) -> (formula: CompiledFormula, slots: FormulaSlots)? {
    units.first { $0.tag == tag }.map { ($0.formula, $0.slots) }
  }

  /// What is expected of the values of a tag, with what is known of those before; nil for nothing.
  func check(of tag: TagID) -> TagCheck? { validation.check(of: tag) }

  /// Appends the samples of `moments` to `result`, with the derived ones behind each moment that they come from.
  mutating func apply(to moments: Moments, into result: inout SampleBatch) {
    let samples = moments.samples
    guard !units.isEmpty else {
      let start = result.count
      result.append(contentsOf: samples)
      if !validation.isEmpty { validation.mark(&result, from: start) }
      return
    }
    for range in moments.ranges {
      let start = result.count
      result.append(contentsOf: samples, range)
      if !validation.isEmpty { validation.mark(&result, from: start) }
      for index in start..<result.count { feed(result.records[index], of: result) }
      if let last = range.last { compute(at: samples.records[last], into: &result) }
    }
  }

  private mutating func feed(_ record: SampleBatch.Record, of samples: SampleBatch) {
    let tag = Int(record.tag.rawValue)
    guard tag < uses.count, !uses[tag].isEmpty else { return }
    let value = samples.doubleValue(of: record)
    var quality = record.quality
    if value == nil, !quality.isBad { quality = .badTypeMismatch }
    let time = time.of(record)
    for (unit, slot) in uses[tag] {
      units[unit].slots.set(
        slot, value: value ?? .nan, quality: quality.rawValue, time: time)
      units[unit].isDue = true
    }
  }

  private mutating func compute(
    at moment: SampleBatch.Record, into result: inout SampleBatch
  ) {
    for index in units.indices where units[index].isDue {
      units[index].isDue = false
      if units[index].formula.isStateful { hasChangedMemory = true }
      let computed = units[index].formula.evaluate(units[index].slots)
      var record = moment
      record.tag = units[index].tag
      record.sampleClass = .telemetry
      record.quality = Quality(rawValue: computed.quality)
      if computed.failure != nil { record.quality = .badFormulaError }
      let isBad = record.quality.isBad
      record.kind = isBad ? .none : .double
      record.bits = isBad ? 0 : computed.value.bitPattern
      result.records.append(record)
      let index = result.count - 1
      if !validation.isEmpty { validation.mark(&result, from: index) }
      feed(result.records[index], of: result)
    }
  }
}
