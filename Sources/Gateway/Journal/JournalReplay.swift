public import IndustrialModel

/// Makes samples again of what a gateway wrote into its journal: the same decoders, formulas, rules and numbers go over the same
/// wire bytes, with the times that were written down. It reads no clock and opens no bus, so it gives the same each time.
///
/// ```swift
/// var replay = try JournalReplay(folder: "data/journal")            // what was stored
/// while let samples = try replay.next() { … }
///
/// var whatIf = try JournalReplay(folder: "data/journal", configuration: other)
/// ```
/// Without a configuration it goes by those that held then, and gives what was stored: values, quality, times, class, numbers.
/// With one it gives what a gateway with that configuration would have stored of the same events. What the journal can't
/// answer is a finding, and never made up (docs/journal.md).
public struct JournalReplay: ~Copyable {
  /// The names of the samples' tags.
  public let tags: TagRegistry
  /// What is to be known about the samples so far: what is missing in the journal, and what it can't answer.
  public private(set) var findings: [String] = []

  private let folder: String
  private let reader: JournalReader
  /// The one that replaces all that held.
  private let other: GatewayConfiguration?
  private let inventory: JournalInventory?
  private var configuration: GatewayConfiguration?
  private var decoders: [String: BusDecoder] = [:]
  private var flow: SampleFlow?
  private var memory: FormulaMemory?
  private var isRunning = false
  /// Entries are missing since the last place of which the numbers are known.
  private var isUncertain = false
  private var skipped = 0
  private var firstTime: Timestamp?
  private var lastTime: Timestamp?
  private var fates = SampleFates()
  private var witness: (any FlowWitness)?

  /// Opens a journal, which may be in use by a running gateway: it is only looked at.
  ///
  /// - Parameters:
  ///   - folder: The journal, `journal` in the data folder of a gateway.
  ///   - configuration: What to go by instead of the configurations that held then.
  ///   - tags: Where the tags are named.
  /// - Throws: `JournalError` for a folder without a journal, or one of a newer version; `ConfigurationError`.
  public init(
    folder: String, configuration: GatewayConfiguration? = nil,
    tags: TagRegistry = TagRegistry()
  ) throws {
    let reader = try JournalReader(folder: folder)
    var known: JournalInventory?
    var findings: [String] = []
    if let configuration {
      let inventory = try JournalInventory(JournalReader(folder: folder))
      findings = try inventory.findings(for: configuration, tags: TagRegistry())
      known = inventory
    }
    (self.folder, self.tags, self.reader) = (folder, tags, reader)
    (other, inventory, self.findings) = (configuration, known, findings)
  }

  /// The same, with somebody who looks on.
  init(folder: String, tags: TagRegistry, witness: any FlowWitness) throws {
    try self.init(folder: folder, configuration: nil, tags: tags)
    self.witness = witness
  }

  /// Whether a folder holds a journal, rather than samples.
  public static func isJournal(_ folder: String) -> Bool { JournalReader.isJournal(folder) }

  /// What was stored of some of the next events, in its order.
  ///
  /// - Returns: Nil at the end of the journal; samples that windows and doors hold of a gateway that still runs are not stored yet.
  /// - Throws: `JournalError`; `ConfigurationError` when a configuration of then can't be put to work any more.
  public mutating func next() throws -> SampleBatch? {
    let samples = try next(entries: .max, samples: 1024)
    return samples?.isEmpty == true ? nil : samples
  }

  /// What was stored of so many entries at most; nil at the end of the journal.
  mutating func next(entries: Int, samples limit: Int = .max) throws -> SampleBatch? {
    var samples = SampleBatch()
    var count = 0
    while count < entries, samples.count < limit {
      count += 1
      guard let item = try reader.next() else {
        tellSkipped()
        return count == 1 ? nil : samples
      }
      switch item {
      case .entry(let entry): try take(entry, into: &samples)
      case .missing(let what): lose(what)
      }
    }
    return samples
  }

  private mutating func lose(_ what: String) {
    findings.append(
      flow == nil
        ? what
        : "\(what): it goes on behind them with what formulas and windows remember")
    isUncertain = true
    witness?.missed()
  }

  private mutating func tellSkipped() {
    guard skipped > 0 else { return }
    findings.append(
      "\(skipped) entries stand before the first that tells the configuration: left out")
    skipped = 0
  }

  /// From the first event to the last, by the gateway's clock.
  var span: Duration {
    guard let firstTime, let lastTime, lastTime > firstTime else { return .zero }
    return .nanoseconds(lastTime.nanoseconds &- firstTime.nanoseconds)
  }

  private mutating func pass(_ time: WireTime) {
    firstTime = firstTime ?? time.gateway
    lastTime = time.gateway
  }

  private mutating func take(_ entry: JournalEntry, into samples: inout SampleBatch) throws {
    witness?.willTake(entry, record: reader.record, at: reader.time)
    let first = samples.count
    switch entry {
    case .start(let state): try start(state)
    case .mark(let state): try pass(state)
    case .gap: lose("entries that could not be written are missing")
    case .finish:
      flow?.finish(into: &samples, counting: &fates)
      isRunning = false
      witness?.didStore(samples, from: first)
    case .change(let change, let time):
      if flow == nil { skipped += 1 }
      if other == nil { try apply(change, at: time, into: &samples) }
    case .tick(let time):
      pass(time)
      put(Moments(at: time), into: &samples)
    case .wire(let bus, let event, let time):
      pass(time)
      guard flow != nil else {
        skipped += 1
        return
      }
      guard let moments = decoders[bus]?.decode(event, at: time) else { break }
      put(moments, into: &samples)
    }
    fates.removeAll()
  }

  private mutating func put(_ moments: Moments, into samples: inout SampleBatch) {
    if let witness {
      flow?.take(moments, into: &samples, counting: &fates, watchedBy: witness)
    } else {
      _ = flow?.take(moments, into: &samples, counting: &fates)
    }
    flow?.endBatch()
  }

  // MARK: - Configurations

  private mutating func start(_ state: JournalState) throws {
    tellSkipped()
    if isRunning {
      findings.append("a run ended without its end: what its windows held is lost, as it was then")
      flow?.keepMemory()
    }
    if other == nil || memory == nil { try remember(state.memory) }
    try begin(state)
  }

  private mutating func remember(_ bytes: [UInt8]?) throws {
    do throws(MemoryFile.Unusable) {
      memory = try FormulaMemory(replaying: bytes) { _ in }
    } catch {
      throw JournalError(
        message: "what formulas remembered can't be used: \(error.message)", path: folder,
        advice: "use the iiotctl that wrote it")
    }
  }

  private mutating func begin(_ state: JournalState) throws {
    let configuration = try other ?? load(state.configuration)
    self.configuration = configuration
    decoders = try makeDecoders(configuration)
    var stages = try stageChange(configuration).makeStages(tags: tags)
    stages.restore()
    let isOwn = other == nil
    flow = SampleFlow(
      stages, nextSequence: isOwn ? state.nextSequence : flow?.nextSequence ?? state.nextSequence,
      configurationVersion: isOwn ? state.configuration.version : 0)
    (isRunning, isUncertain) = (true, false)
    witness?.configured(configuration, version: flow?.configurationVersion ?? 0, isNewRun: true)
  }

  /// What holds at this place: where nothing is known it is the beginning.
  private mutating func pass(_ state: JournalState) throws {
    guard flow != nil, isRunning else {
      tellSkipped()
      findings.append(
        "the start of the run is not in the journal: formulas and windows begin without what they remembered"
      )
      try remember(state.memory)
      try begin(state)
      witness?.missed()
      return
    }
    guard other == nil else { return }
    if isUncertain {
      flow?.nextSequence = state.nextSequence
      if flow?.configurationVersion != state.configuration.version {
        try goOn(with: state.configuration)
      }
      isUncertain = false
    }
  }

  /// A reload was among what is missing.
  private mutating func goOn(with configuration: JournaledConfiguration) throws {
    let new = try load(configuration)
    self.configuration = new
    decoders = try makeDecoders(new)
    var samples = SampleBatch()
    let stages = try stageChange(new)
    flow?.exchange(stages, tags: tags, into: &samples, counting: &fates)
    flow?.configurationVersion = configuration.version
    witness?.configured(new, version: configuration.version, isNewRun: false)
  }

  private mutating func apply(
    _ change: JournalChange, at time: WireTime, into samples: inout SampleBatch
  ) throws {
    guard flow != nil else { return }
    let first = samples.count
    let new = try load(change.configuration)
    configuration = new
    for bus in change.closed { decoders[bus] = nil }
    let opened = Set(change.opened)
    decoders.merge(try makeDecoders(new) { opened.contains($0) }) { $1 }
    if change.changesStages {
      let stages = try stageChange(new)
      flow?.exchange(stages, tags: tags, into: &samples, counting: &fates)
    }
    if change.changesVersion { flow?.configurationVersion = change.configuration.version }
    witness?.didStore(samples, from: first)
    witness?.configured(new, version: flow?.configurationVersion ?? 0, isNewRun: false)
    put(Moments(at: time), into: &samples)
  }

  private func load(
    _ configuration: JournaledConfiguration
  ) throws -> GatewayConfiguration {
    guard let text = configuration.text else {
      throw JournalError(
        message: "the gateway's configuration came from a program, and has no text", path: folder,
        advice: "give a configuration (--config)")
    }
    #if Gateway
      return try GatewayConfiguration(
        yaml: text, file: "configuration \(configuration.version)", for: .past)
    #else
      throw JournalError(
        message: "this program was built without the package trait 'Gateway'", path: folder,
        advice: "build it with: swift build --traits Gateway")
    #endif
  }

  private func makeDecoders(
    _ configuration: GatewayConfiguration, of isWanted: (String) -> Bool = { _ in true }
  ) throws(ConfigurationError) -> [String: BusDecoder] {
    guard let inventory else { return try configuration.makeDecoders(tags: tags, of: isWanted) }
    return try configuration.makeDecoders(tags: tags, of: isWanted) { bus, reading, own in
      inventory.source(of: reading, on: bus, own: own)
    }
  }

  private func stageChange(
    _ configuration: GatewayConfiguration
  ) throws(ConfigurationError) -> StageChange {
    let names = configuration.knownTags() ?? Set(tags.names)
    return StageChange(
      try configuration.checkedFormulas(known: names, isPast: true),
      rules: configuration.processing, names: names.sorted(), forms: configuration.tagForms,
      memory: memory)
  }
}
