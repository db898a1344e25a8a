import IndustrialModel
import Sinks
import StoreForward
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A destination that answers as it is told, and remembers what it was given.
final class ScriptedSink: Sink {
  /// What it refuses for good, or why it takes nothing.
  typealias Answer = Result<[DeliveryReport.Rejection], SinkError>

  private let given = Mutex<[[UInt64]]>([])
  private let answer: @Sendable (_ call: Int, _ batch: SampleBatch) async -> Answer
  private let closed: @Sendable () -> Void

  /// - Parameters:
  ///   - answer: To each call, by its number from 1.
  ///   - closed: Called when it is closed.
  init(
    _ answer: @escaping @Sendable (_ call: Int, _ batch: SampleBatch) async -> Answer,
    closed: @escaping @Sendable () -> Void = {}
  ) {
    self.answer = answer
    self.closed = closed
  }

  /// The numbers of the samples of each call.
  var calls: [[UInt64]] { given.withLock { $0 } }

  func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport {
    let numbers = batch.map(\.sequence)
    let call = given.withLock { given in
      given.append(numbers)
      return given.count
    }
    let answer = await answer(call, batch)
    var report = DeliveryReport()
    report.rejections = try answer.get()
    return report
  }

  func close() async { closed() }
}

/// The end of whoever delivers, in the middle of a delivery. Not async itself: that would be another `withUnsafeCurrentTask`.
func cancelCurrentTask() { withUnsafeCurrentTask { $0?.cancel() } }

extension SinkError {
  /// Something that passes.
  static let away = SinkError(
    code: .failed, destination: "a script", message: "it is away", advice: "wait for it")
}

/// A buffer and one sink, without the gateway around them.
struct SinkBench {
  let folder: TemporaryFolder
  let tags = TagRegistry()
  let board = StatusBoard()
  let buffer: GatewayBuffer

  init(in folder: TemporaryFolder) async throws {
    self.folder = folder
    buffer = try await GatewayBuffer(
      dataFolder: folder.path, size: .init(capacity: 16 << 20, segment: 1 << 20)
    ) { _ in }
  }

  /// The counts of the sink.
  var counts: GatewayStatus.SinkCounts { board.status.sinks[0].counts }

  /// Stores samples with these numbers, a record each.
  func store(_ numbers: ClosedRange<UInt64>, as sampleClass: SampleClass = .telemetry) async throws
  {
    let tag = tags.intern("d/t")
    var records = RecordBatch()
    for number in numbers {
      var samples = SampleBatch()
      samples.append(
        Sample(tag: tag, value: .double(1), sequence: number, sampleClass: sampleClass))
      var block: [UInt8] = []
      SampleCodec.encode(samples, names: tags.names, into: &block)
      try records.append(block, time: 0)
    }
    try await buffer.open(BufferLane(sampleClass)).append(records)
  }

  /// Begins to deliver to a sink, until it has all that is stored or the task is cancelled. Its batches go again as they were.
  func start(_ sink: any Sink, deadLetters: String = "dead.jsonl") async throws -> Task<Void, Never>
  {
    let runner = SinkRunner(
      index: board.addSink("s"), name: "s", sink: sink,
      deadLetters: DeadLetterFile(path: folder.file(deadLetters), sink: "s", tags: tags),
      places: try await SinkPlaces("s", in: buffer), isLiveFirst: false,
      inFlight: InFlightBatch(path: folder.file("in-flight-s"), buffer: buffer.identity),
      tags: tags, board: board, report: { _ in })
    return Task { await runner.run(isLast: Atomic(true)) }
  }
}

extension GatewayRuntime {
  /// Puts another sink in the place of one that is at work.
  func exchangeSink(_ name: String, for sink: any Sink) async throws {
    let stopped = await forwarding.stop(name)
    var runner = try #require(stopped)
    try await runner.places.rewind()
    runner.sink = sink
    await forwarding.start(runner)
  }
}
