import Foundation
import IndustrialModel
import StoreForward
import TestSupport

@testable import Gateway

/// All that a sample says, for comparing: its tag by name, its number bit for bit.
func described(_ samples: SampleBatch, _ tags: TagRegistry) -> [String] {
  samples.map { sample in
    var value = "\(sample.value)"
    if case .double(let number) = sample.value { value = "double \(number.bitPattern) (\(number))" }
    return
      "\(sample.sequence) v\(sample.configurationVersion) \(tags.name(of: sample.tag)) \(value) "
      + "\(sample.quality) \(sample.sourceTime?.nanoseconds ?? -1) \(sample.gatewayTime.nanoseconds) "
      + "\(sample.monotonicTime) \(sample.sampleClass)"
  }
}

/// Everything that the buffers of a data folder hold, in the order of its numbers.
func stored(in dataFolder: String) throws -> [String] {
  let (samples, tags) = try samples(in: dataFolder)
  return described(SampleBatch(samples), tags)
}

/// The same, as samples with the names of their tags.
func storedSamples(in dataFolder: String) throws -> [(tag: String, sample: Sample)] {
  let (samples, tags) = try samples(in: dataFolder)
  return samples.map { (tags.name(of: $0.tag), $0) }
}

private func samples(in dataFolder: String) throws -> ([Sample], TagRegistry) {
  let tags = TagRegistry()
  var samples: [Sample] = []
  for folder in GatewayBuffer.folders(in: dataFolder)
  where FileManager.default.fileExists(atPath: folder) {
    let reader = try StoreReader(directory: folder)
    while let more = try reader.next({ batch -> SampleBatch in
      var more = SampleBatch()
      for index in 0..<batch.count {
        try SampleCodec.decode(batch.payload(at: index), tags: tags, into: &more)
      }
      return more
    }) { samples += more }
  }
  samples.sort { $0.sequence < $1.sequence }
  return (samples, tags)
}

/// Everything that a journal gives again, and what is to be known about it.
func replayed(
  _ folder: String, with configuration: GatewayConfiguration? = nil
) throws -> (samples: [String], findings: [String]) {
  var replay = try JournalReplay(folder: folder, configuration: configuration)
  var samples: [String] = []
  while let more = try replay.next() { samples += described(more, replay.tags) }
  return (samples, replay.findings)
}

/// The lane of a gateway without a gateway: what is put in goes through it into a buffer, and perhaps into a journal.
struct LaneBench {
  let configuration: GatewayConfiguration
  let tags = TagRegistry()
  let intake = Intake(limit: .max)
  let journal: Journal?
  private var decoders: [String: BusDecoder]
  private let memory: FormulaMemory
  private let lane: Task<Void, Never>
  private let journaling: Task<Void, Never>
  private let buffer: GatewayBuffer

  init(_ configuration: GatewayConfiguration, version: UInt32) async throws {
    self.configuration = configuration
    let tags = tags
    let intake = intake
    decoders = try configuration.makeDecoders(tags: tags)
    let memory = FormulaMemory(dataFolder: configuration.dataFolder) { _ in }
    let change = StageChange(
      try configuration.checkedFormulas(known: Set(tags.names)), rules: configuration.processing,
      names: tags.names, forms: configuration.tagForms, memory: memory)
    let buffer = try await GatewayBuffer(
      dataFolder: configuration.dataFolder, size: configuration.buffer
    ) { _ in }
    let books = try await LedgerBooks.open(
      dataFolder: configuration.dataFolder, buffer: buffer, tags: tags
    ) { _ in }
    let keeper = LedgerKeeper(books) { _ in }
    try await buffer.begin(books)
    await memory.load()
    let journal = configuration.journal.map {
      Journal($0, dataFolder: configuration.dataFolder) { _ in }
    }
    journal?.note(
      .start(
        JournalState(
          configuration: .init(version: version, text: configuration.text?.yaml), nextSequence: 1,
          memory: memory.bytes)), before: 1)
    (self.journal, self.memory, self.buffer) = (journal, memory, buffer)
    journaling = Task { await journal?.run() }
    lane = Task {
      var stages = change.makeStages(tags: tags)
      stages.restore()
      var lane = Lane(
        intake: intake, buffer: buffer, tags: tags, board: StatusBoard(), stages: stages,
        books: books, keeper: keeper, nextSequence: 1, configurationVersion: version,
        journal: journal
      ) { _ in }
      await lane.run()
    }
  }

  /// What happened, on its way through the decoder of its bus into the lane.
  mutating func put(_ entry: JournalEntry) {
    switch entry {
    case .tick(let time):
      var moments = Moments(at: time)
      moments.isTick = true
      intake.add(moments)
    case .wire(let bus, let event, let time):
      guard var moments = decoders[bus]?.decode(event, at: time) else { return }
      if journal != nil { moments.wire = entry.encoded() }
      intake.add(moments)
    default: break
    }
  }

  /// Waits until the lane has taken what was put.
  func settle() async { while intake.waiting > 0 { await Task.yield() } }

  func finish() async throws {
    intake.finish()
    await lane.value
    journal?.finish()
    await journaling.value
    await memory.write()
    try await buffer.close()
  }
}

extension TemporaryFolder {
  /// A database `m.dbc` with the message `M` (0x123): its words are `x`, in halves, and `y`.
  func writeDatabase(signals: [String]) throws {
    let known = [
      "x": #" SG_ x : 0|16@1+ (0.5,0) [0|0] "" A"#, "y": #" SG_ y : 16|16@1+ (1,0) [0|0] "" A"#,
    ]
    let lines = ["VERSION \"\"", "BU_: A", "BO_ 291 M: 8 A"] + signals.compactMap { known[$0] }
    try write(lines.joined(separator: "\n") + "\n", to: "m.dbc")
  }
}
