internal import Formula
internal import IndustrialModel

/// Looks closely at the entries of a journal that a sample was made of, and follows it through the rules.
final class JournalTrace: FlowWitness {
  /// A sample of an entry.
  struct Key: Hashable {
    var entry: UInt64
    var tag: TagID
    /// Which of the tag's samples of the entry.
    var index: Int

    init(entry: UInt64, tag: TagID, index: Int) {
      (self.entry, self.tag, self.index) = (entry, tag, index)
    }

    init(_ node: JournalSearch.Node) {
      self.init(entry: node.entry, tag: node.tag, index: node.index)
    }
  }

  /// What was seen of a sample.
  struct Sight {
    var acquired: Sample
    /// What came, for a sample that was read.
    var wire: WireSight?
    /// The formula, for one that was computed.
    var formula: FormulaSight?
    var checks: [Explanation.Check] = []
    var entryTime: Timestamp
    var version: UInt32
  }

  struct WireSight {
    var bus: String
    var event: WireEvent
    var time: Timestamp
    var configuration: GatewayConfiguration
    /// The sample before its checks.
    var decoded: Sample
    /// Which of the tag's samples of the event it is.
    var index: Int
    /// The same, of those with its time.
    var indexOfTime: Int
  }

  struct FormulaSight {
    var formula: CompiledFormula
    var memory: FormulaState
    var inputs: [(value: Double, quality: Quality, time: Int64)]
    var result: FormulaResult
  }

  private(set) var sights: [Key: Sight] = [:]
  var looksBetweenMoments: Bool { needed[entry] != nil }
  /// Whether all is seen.
  var isDone: Bool { entry > last && follower.isSettled }

  private let tags: TagRegistry
  private var needed: [UInt64: Set<TagID>] = [:]
  private var last: UInt64 = 0
  private(set) var follower: SampleFollower
  private(set) var windowGatherer: WindowGatherer?

  private var entry: UInt64 = 0
  private var entryTime = Timestamp(nanoseconds: 0)
  private var wire: (bus: String, event: WireEvent, time: WireTime)?
  private var configuration: GatewayConfiguration?
  private var version: UInt32 = 0
  private var rules = ProcessingRules([])
  /// How many samples of a tag were seen in the entry, and with the time of the last of them.
  private var counts: [TagID: (all: Int, ofTime: Int, time: Timestamp)] = [:]
  private var checks: [TagID: TagCheck] = [:]
  private var memories: [TagID: FormulaState] = [:]

  /// So many samples are looked at closely.
  static let limit = 1000

  init(_ node: JournalSearch.Node, tags: TagRegistry) {
    self.tags = tags
    follower = SampleFollower(node, name: tags.name(of: node.tag))
    if node.isResult {
      windowGatherer = WindowGatherer(node, name: tags.name(of: node.tag), tags: tags)
    }
    last = node.entry
    var nodes = [node]
    var next = 0
    while next < nodes.count, nodes.count < Self.limit {
      needed[nodes[next].entry, default: []].insert(nodes[next].tag)
      nodes += nodes[next].inputs.compactMap(\.self)
      next += 1
    }
  }

  func configured(_ configuration: GatewayConfiguration, version: UInt32, isNewRun: Bool) {
    (self.configuration, self.version) = (configuration, version)
    rules = ProcessingRules(configuration.processing)
    follower.configured(rules, isNewRun: isNewRun)
    windowGatherer?.configured(rules, isNewRun: isNewRun)
  }

  func missed() { windowGatherer?.missed() }

  func willTake(_ entry: JournalEntry, record: UInt64, at time: Timestamp) {
    (self.entry, entryTime, wire) = (record, time, nil)
    counts = [:]
    guard case .wire(let bus, let event, let time) = entry else { return }
    wire = (bus, event, time)
    entryTime = time.gateway
  }

  func willApply(_ stages: borrowing Stages, to moment: SampleBatch) {
    for tag in needed[entry] ?? [] {
      checks[tag] = stages.check(of: tag)
      memories[tag] = stages.formula(of: tag)?.slots.state
    }
  }

  func didApply(
    _ stages: borrowing Stages, to moment: SampleBatch, _ samples: SampleBatch, from first: Int
  ) {
    guard let wanted = needed[entry] else { return }
    for place in first..<samples.count where wanted.contains(samples.records[place].tag) {
      let tag = samples.records[place].tag
      var sight = Sight(acquired: samples[place], entryTime: entryTime, version: version)
      let key = count(samples.records[place])
      if place - first < moment.count {
        see(moment, place - first, key.index, into: &sight)
      } else if let (formula, slots) = stages.formula(of: tag) {
        see(formula, slots, samples, place, into: &sight)
      }
      sights[Key(entry: entry, tag: tag, index: key.index)] = sight
    }
  }

  private func count(_ record: SampleBatch.Record) -> (index: Int, indexOfTime: Int) {
    var known = counts[record.tag] ?? (0, 0, record.time)
    if known.time != record.time { (known.ofTime, known.time) = (0, record.time) }
    defer { counts[record.tag] = (known.all + 1, known.ofTime + 1, known.time) }
    return (known.all, known.ofTime)
  }

  private func see(
    _ moment: SampleBatch, _ place: Int, _ index: Int, into sight: inout Sight
  ) {
    let record = moment.records[place]
    if let wire, let configuration {
      sight.wire = WireSight(
        bus: wire.bus, event: wire.event, time: wire.time.gateway, configuration: configuration,
        decoded: moment[place], index: index, indexOfTime: (counts[record.tag]?.ofTime ?? 1) - 1)
    }
    check(record, of: moment, into: &sight)
  }

  private func see(
    _ formula: CompiledFormula, _ used: FormulaSlots, _ samples: SampleBatch, _ place: Int,
    into sight: inout Sight
  ) {
    // What the slots hold now is what the formula was computed from: nothing feeds them behind it within a moment.
    let slots = formula.makeSlots()
    var inputs: [(value: Double, quality: Quality, time: Int64)] = []
    for slot in 0..<used.count {
      let quality = used.quality(of: slot)
      inputs.append((used[slot], Quality(rawValue: quality), used.time(of: slot)))
      slots.set(slot, value: used[slot], quality: quality, time: used.time(of: slot))
    }
    let memory = memories[samples.records[place].tag] ?? formula.makeState()
    slots.state = memory
    let result = formula.evaluate(slots)
    sight.formula = FormulaSight(
      formula: formula, memory: memory, inputs: inputs, result: result)
    var record = samples.records[place]
    record.quality = sight.formula?.quality ?? record.quality
    check(record, of: samples, into: &sight)
  }

  /// Does once more what the checks did, with a copy of what they knew before.
  private func check(
    _ record: SampleBatch.Record, of samples: SampleBatch, into sight: inout Sight
  ) {
    let name = tags.name(of: record.tag)
    guard var check = checks[record.tag], let rule = rules.rule(for: name) else { return }
    defer { checks[record.tag] = check }
    if let sampleClass = rule.sampleClass {
      sight.checks.append(
        .init(
          name: "class", rule: .init(pattern: rule.pattern, words: "class \(sampleClass.name)")))
    }
    guard !record.quality.isBad, record.kind != .none else { return }
    let known = check
    let doubt = check.doubt(about: record, of: samples)
    let marked = record.quality.isGood ? doubt : nil
    sight.checks += RuleWords(rule).checks(record, known, marked)
  }

  func willReduce(_ stages: borrowing Stages, _ samples: SampleBatch, from first: Int) {
    follower.willReduce(stages, samples, from: first, entry: entry)
    windowGatherer?.willReduce(stages, samples, from: first, entry: entry)
  }

  func didStore(_ samples: SampleBatch, from first: Int) {
    follower.didStore(samples, from: first, tags: tags, entry: entry, at: entryTime)
  }
}

extension JournalTrace.FormulaSight {
  /// As the formula gives it to its sample, before any check.
  var quality: Quality {
    result.failure != nil ? .badFormulaError : Quality(rawValue: result.quality)
  }
}
