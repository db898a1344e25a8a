internal import Formula
internal import Glibc
public import IndustrialModel
internal import StoreForward

extension Explanation {
  /// Explains the sample of a tag at a time: the one whose time is exactly that, else the last stored one before.
  ///
  /// - Parameters:
  ///   - tag: The tag's path.
  ///   - time: A sample's time: the device's where it gave one, else the gateway's.
  ///   - dataFolder: `gateway.data` of the configuration. The gateway may run: it is only looked at.
  /// - Throws: `ExplanationError` when there is no such sample; `StoreError` or `SampleCodecError` when the buffer can't be read;
  ///   `CancellationError`.
  public init(of tag: String, at time: Timestamp, dataFolder: String) throws {
    self = try Explainer(tag: tag, time: time, dataFolder: dataFolder).explain()
  }
}

/// Brings together what buffer, journal, ledger and configurations know of a sample.
private struct Explainer {
  let tag: String
  let time: Timestamp
  let dataFolder: String

  /// What the journal knows; nil where there is none.
  private struct Journaled {
    var search: JournalSearch
    var findings: [String]
    /// Why it could not be read to its end.
    var problem: String?
  }

  func explain() throws -> Explanation {
    var status = stat()
    guard stat(dataFolder, &status) == 0 else {
      throw ExplanationError(
        message: "there is no such data folder", path: dataFolder,
        advice: "name the configuration of a gateway that has run, or its data folder")
    }
    let buffer = try BufferSearch(tag, at: time, dataFolder: dataFolder)
    let folder = Journal.folder(in: dataFolder)
    let hasJournal = JournalReader.isJournal(folder)
    let journal = hasJournal ? search(folder, buffer) : nil

    try Task.checkCancellation()
    let (hit, node) = choose(buffer, journal?.search)
    guard hit != nil || node != nil else { throw nothing(buffer, journal) }
    let found = node?.record.time ?? hit?.sample.time ?? time
    var explanation = Explanation(
      tag: tag, time: time,
      distance: .nanoseconds(time.nanoseconds.subtractingClamped(found.nanoseconds)),
      sameTime: found == time ? max(buffer.exactCount, journal?.search.exactCount ?? 0, 1) : 1,
      origin: .unknown(""), fate: .unknown(""), stored: .unknown(""), receipts: .unknown(""),
      configuration: .unknown(""), findings: [], notes: journal?.findings ?? [])
    if let problem = journal?.problem { explanation.notes.append("journal: \(problem)") }
    addOrigin(to: &explanation, node, journal, folder)
    try Task.checkCancellation()
    addStored(to: &explanation, hit, node, buffer, isWhole: isWhole(journal))
    addConfiguration(to: &explanation, hit, node, journal?.search)
    addReceipts(to: &explanation, hit, node, buffer)
    return explanation
  }

  private func isWhole(_ journal: Journaled?) -> Bool {
    guard let journal else { return false }
    return journal.findings.isEmpty && journal.problem == nil
  }

  private func search(_ folder: String, _ buffer: BufferSearch) -> Journaled {
    let wanted = buffer.exact + (buffer.before.map { [$0] } ?? [])
    let search = JournalSearch(tag, at: time, wanted: wanted.map(\.sample))
    let (findings, problem) = Self.replay(folder, search.tags, search) { false }
    return Journaled(search: search, findings: findings, problem: problem)
  }

  /// Goes through a journal until it is enough.
  private static func replay(
    _ folder: String, _ tags: TagRegistry, _ witness: any FlowWitness,
    until isEnough: () -> Bool
  ) -> (findings: [String], problem: String?) {
    do {
      var replay = try JournalReplay(folder: folder, tags: tags, witness: witness)
      do {
        while !Task.isCancelled, !isEnough(), try replay.next(entries: 256, samples: 4096) != nil {}
      } catch {
        return (replay.findings, "\(error)")
      }
      return (replay.findings, nil)
    } catch {
      return ([], "\(error)")
    }
  }

  // MARK: Which one

  /// The last stored one of exactly the time; else one of exactly the time that was not stored; else the last stored before.
  private func choose(
    _ buffer: BufferSearch, _ search: JournalSearch?
  ) -> (BufferSearch.Hit?, JournalSearch.Node?) {
    if let hit = buffer.exact.last { return (hit, search?.known[hit.sample.sequence]) }
    let exact = search?.exact ?? []
    if let node = exact.last(where: { $0.sequence != nil }) ?? exact.last { return (nil, node) }
    guard let node = search?.before else {
      return (buffer.before, buffer.before.flatMap { search?.known[$0.sample.sequence] })
    }
    guard let hit = buffer.before, hit.sample.time >= node.record.time else { return (nil, node) }
    return (hit, search?.known[hit.sample.sequence])
  }

  private func nothing(_ buffer: BufferSearch, _ journal: Journaled?) -> ExplanationError {
    if let span = buffer.span {
      return ExplanationError(
        message: "no sample of '\(tag)' at \(time) or before is known", path: dataFolder,
        advice: "the first in the buffer is of \(span.lowerBound), the last of \(span.upperBound)")
    }
    var names = Set(buffer.tags.names).union(journal?.search.tags.names ?? [])
    if let ledger = try? LedgerReader.state(in: dataFolder).state { names.formUnion(ledger.names) }
    names.remove(tag)
    if let ledger = try? LedgerReader.state(in: dataFolder).state, ledger.names.contains(tag) {
      return ExplanationError(
        message: "no sample of '\(tag)' is there any more, or none was stored", path: dataFolder,
        advice: "see what became of its samples: iiotctl gateway ledger")
    }
    return ExplanationError(
      message: "there is no sample of a tag '\(tag)'", path: dataFolder,
      advice: Spelling.nearest(to: tag, among: names.sorted()).map { "did you mean '\($0)'?" }
        ?? "write it as device/tag; iiotctl gateway ledger tells all there are")
  }

  // MARK: Parts

  private func addOrigin(
    to explanation: inout Explanation, _ node: JournalSearch.Node?, _ journal: Journaled?,
    _ folder: String
  ) {
    guard let journal else {
      let words = "no journal: `journal: {}` in the configuration keeps it from now on"
      (explanation.origin, explanation.fate) = (.unknown(words), .unknown(words))
      return
    }
    guard let node else {
      var words = "the sample is not in the journal"
      if let span = journal.search.span {
        words += ", which has \(span.lowerBound) to \(span.upperBound)"
      }
      (explanation.origin, explanation.fate) = (.unknown(words), .unknown(words))
      return
    }
    let trace = JournalTrace(node, tags: journal.search.tags)
    _ = Self.replay(folder, journal.search.tags, trace) { trace.isDone }
    var tree = OriginTree(trace, journal.search.tags)
    explanation.origin = tree.origin(of: node)
    if let fate = trace.follower.fate {
      explanation.fate = .known(fate)
    } else {
      explanation.fate = .unknown("the journal was evicted while it was read; ask once more")
    }
  }

  private func addStored(
    to explanation: inout Explanation, _ hit: BufferSearch.Hit?, _ node: JournalSearch.Node?,
    _ buffer: BufferSearch, isWhole: Bool
  ) {
    if let hit {
      explanation.stored = .known(Explanation.Stored(hit))
      guard let node, let sequence = node.sequence else { return }
      let differences = differences(hit.sample, node, sequence)
      guard !differences.isEmpty else { return }
      let words =
        "the buffer has \(differences.map(\.stored).joined(separator: ", ")); "
        + "the journal gives \(differences.map(\.replayed).joined(separator: ", "))"
      if isWhole {
        explanation.findings.append(words)
      } else {
        explanation.notes.append("\(words): what is missing in the journal may be why")
      }
      return
    }
    guard let sequence = node?.sequence else {
      explanation.stored = .unknown("it was not stored")
      return
    }
    let lanes = buffer.lanes.filter { $0.samples != nil }
    let holders = lanes.filter { $0.samples?.contains(sequence) == true }
    if let last = buffer.lastSequence, sequence > last {
      explanation.stored = .unknown(
        "it is not in the buffer yet: the journal gives it the number \(sequence), the buffer ends at \(last)"
      )
    } else if !holders.isEmpty, !holders.contains(where: \.isDamaged), isWhole,
      !lanes.contains(where: \.isEvicted)
    {
      explanation.stored = .unknown("it is not in the buffer")
      explanation.findings.append(
        "the journal gives a sample with the number \(sequence); the buffer has none like it")
    } else {
      explanation.stored = .unknown(
        "no longer in the buffer; the journal gives it the number \(sequence)")
    }
  }

  private func differences(
    _ sample: Sample, _ node: JournalSearch.Node, _ sequence: UInt64
  ) -> [(stored: String, replayed: String)] {
    var differences: [(stored: String, replayed: String)] = []
    func compare<Item: Equatable>(_ what: String, _ stored: Item, _ replayed: Item) {
      if stored != replayed {
        differences.append(("\(what) \(stored)", "\(what) \(replayed)"))
      }
    }
    let record = node.record
    compare("number", sample.sequence, sequence)
    compare("quality", sample.quality, record.quality)
    compare("class", sample.sampleClass.name, record.sampleClass.name)
    var batch = SampleBatch()
    batch.append(sample)
    guard let stored = batch.records.first else { return differences }
    compare("kind", stored.kind.rawValue, record.kind.rawValue)
    if stored.kind == record.kind, stored.kind != .string, stored.kind != .bytes,
      stored.bits != record.bits
    {
      differences.append(
        ("\(sample.value)", "\(SampleBatch().value(of: record))"))
    }
    return differences
  }

  private func addConfiguration(
    to explanation: inout Explanation, _ hit: BufferSearch.Hit?, _ node: JournalSearch.Node?,
    _ search: JournalSearch?
  ) {
    let version =
      hit?.sample.configurationVersion ?? explanation.origin.content?.configuration
      ?? node?.record.configurationVersion ?? 0
    guard version > 0 else {
      explanation.configuration = .unknown("the configuration has no number: a program made it")
      return
    }
    var configuration = Explanation.Configuration(version: version, places: [])
    configuration.began = search?.began[version]
    if let (bytes, file) = ConfigurationHistory.text(of: version, in: dataFolder) {
      (configuration.file, configuration.digest) = (file, AuditCode.digest(of: bytes))
      #if Gateway
        let text = String(decoding: bytes, as: UTF8.self)
        configuration.places = ConfigurationPlaces(text).places(of: tag)
      #endif
    }
    explanation.configuration = .known(configuration)
  }

  private func addReceipts(
    to explanation: inout Explanation, _ hit: BufferSearch.Hit?, _ node: JournalSearch.Node?,
    _ buffer: BufferSearch
  ) {
    guard let sequence = hit?.sample.sequence ?? node?.sequence else {
      explanation.receipts = .unknown("what is not stored goes to no sink")
      return
    }
    let state: LedgerState
    do {
      state = try LedgerReader.state(in: dataFolder).state
    } catch {
      explanation.receipts = .unknown("the ledger can't be read: \(error)")
      return
    }
    let withheld = withheld(by: explanation.configuration.content?.file)
    let hasGone =
      buffer.lanes.contains { $0.isEvicted } && sequence <= buffer.lastSequence ?? 0
    let receipts = SinkReceipts(state: state, dataFolder: dataFolder, withheld: withheld)
    explanation.receipts = .known(
      receipts.receipts(
        of: tag, sequence, in: hit.map { ($0.lane, $0.record) }, hasGone: hasGone))
  }

  /// Which tags are not for which sink, by the file of a configuration; nil where that can't be told.
  private func withheld(by file: String?) -> [String: [String]]? {
    #if Gateway
      return file.flatMap { file in
        readFile(file).flatMap { bytes in
          let text = String(decoding: bytes, as: UTF8.self)
          return try? GatewayConfiguration(yaml: text, file: file, for: .past).withheld
        }
      }
    #else
      return nil
    #endif
  }
}

extension Explanation.Stored {
  fileprivate init(_ hit: BufferSearch.Hit) {
    self.init(
      sequence: hit.sample.sequence, sampleClass: hit.sample.sampleClass, lane: "\(hit.lane)",
      record: hit.record, configuration: hit.sample.configurationVersion,
      reading: Explanation.Reading(hit.sample))
  }
}
