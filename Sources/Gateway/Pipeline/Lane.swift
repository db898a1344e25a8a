internal import IndustrialModel
internal import StoreForward

/// Takes samples from the intake, puts them through the stages, numbers them and makes them durable, each class in its lane.
struct Lane: ~Copyable {
  private let intake: Intake
  private let buffer: GatewayBuffer
  private let tags: TagRegistry
  private let board: StatusBoard
  private var stages: Stages
  private var encoder: SampleBlockEncoder
  private var records = RecordBatch(reservingBytes: 1 << 16)
  private var block: [UInt8] = []
  private var labels: SourceLabels
  private var nextSequence: UInt64
  private var condition: ConditionReporter

  /// So many samples are one record at most: damage to a record costs no more than that, and the numbers of samples
  /// never outrun the store's (`LastSequence`).
  static let samplesPerRecord = 4096

  init(
    intake: Intake, buffer: GatewayBuffer, tags: TagRegistry, board: StatusBoard, stages: Stages,
    nextSequence: UInt64, report: @escaping @Sendable (GatewayEvent) -> Void
  ) {
    self.intake = intake
    self.buffer = buffer
    self.tags = tags
    self.board = board
    self.stages = stages
    self.nextSequence = nextSequence
    encoder = SampleBlockEncoder(names: tags.names)
    labels = SourceLabels(tags: tags)
    condition = ConditionReporter(source: "buffer", report: report)
  }

  /// Works until the intake is finished and empty. Not ended by cancellation: what was acquired gets stored.
  mutating func run() async {
    var samples = SampleBatch()
    while let moments = await intake.take() {
      samples.removeAll()
      for group in moments {
        if let change = group.change { await apply(change, after: &samples) }
        stages.apply(to: group, into: &samples)
      }
      await keep(&samples)
      for group in moments { group.onStored?() }
    }
    samples.removeAll()
    stages.finish(into: &samples)
    await keep(&samples, counting: (0, 0))
  }

  private mutating func apply(_ change: StageChange, after samples: inout SampleBatch) async {
    await keep(&samples)
    samples.removeAll()
    var old = stages
    stages = change.makeStages(tags: tags)
    stages.inherit(from: &old, closing: &samples)
    await keep(&samples, counting: (0, 0))
    samples.removeAll()
  }

  private mutating func keep(_ samples: inout SampleBatch) async {
    await keep(&samples, counting: stages.reduce(&samples))
  }

  private mutating func keep(
    _ samples: inout SampleBatch, counting counts: (suppressed: Int, folded: Int)
  ) async {
    nextSequence = samples.number(from: nextSequence)
    board.acquired(samples, suppressed: counts.suppressed, folded: counts.folded)
    guard !samples.isEmpty else { return }
    await store(samples)
    board.stored(samples.count)
  }

  private mutating func store(_ samples: SampleBatch) async {
    guard let first = samples.records.first.map({ BufferLane($0.sampleClass) }) else { return }
    if samples.records.allSatisfy({ BufferLane($0.sampleClass) == first }) {
      return await store(samples, in: first)
    }
    for lane in BufferLane.allCases {
      var part = SampleBatch()
      for record in samples.records where BufferLane(record.sampleClass) == lane {
        part.append(record, of: samples)
      }
      if !part.isEmpty { await store(part, in: lane) }
    }
  }

  private mutating func store(_ samples: SampleBatch, in lane: BufferLane) async {
    records.removeAll()
    var pause = Pause()
    while true {
      do throws(StoreError) {
        let store = try await buffer.open(lane)
        if records.isEmpty { encode(samples, for: store) }
        try await store.append(records)
        buffer.bell.ring()
        return condition.recovered()
      } catch {
        // The samples wait here; the intake fills up, and then the drivers wait too. Nothing is lost but time.
        condition.failed("\(error.message); retrying. \(error.advice)", level: .error)
        await pause.wait()
      }
    }
  }

  private mutating func encode(_ samples: SampleBatch, for store: RingStore) {
    if encoder.nameCount < tags.names.count { encoder = SampleBlockEncoder(names: tags.names) }
    let limit = store.largestPayload
    for start in stride(from: 0, to: samples.count, by: Self.samplesPerRecord) {
      add(samples, start..<min(start + Self.samplesPerRecord, samples.count), limit)
    }
  }

  /// Encodes a range of samples as one record, or as two halves when it is too large for one.
  private mutating func add(_ samples: SampleBatch, _ range: Range<Int>, _ limit: Int) {
    block.removeAll(keepingCapacity: true)
    encoder.encode(samples, range, into: &block)
    let time = samples.records[range].reduce(Int64.min) { max($0, $1.gatewayTime.nanoseconds) }
    if block.count <= limit {
      let labels = labels.counts(of: samples, range)
      if (try? records.append(block, time: time, labels: labels)) != nil { return }
    }
    guard range.count > 1 else {
      // One text or byte value that no record can hold: its place is kept, and says why it is empty.
      guard !range.isEmpty, samples.records[range.lowerBound].kind != .none else { return }
      var marker = samples[range.lowerBound]
      marker.value = .none
      marker.quality = .badOutOfRange
      return add(SampleBatch([marker]), 0..<1, limit)
    }
    let middle = range.lowerBound + range.count / 2
    add(samples, range.lowerBound..<middle, limit)
    add(samples, middle..<range.upperBound, limit)
  }
}
