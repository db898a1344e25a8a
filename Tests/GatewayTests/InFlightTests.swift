import StoreForward
import TestSupport
import Testing

@testable import Gateway

@Suite("What went ahead does not go again with what it overtook", .timeLimit(.minutes(15)))
struct InFlightTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("over an end in the middle of a batch: that batch comes again as it was, the rest once")
  func restarts() async throws {
    try await overtake([100...200])
    let cut = ScriptedSink { _, _ in
      cancelCurrentTask()
      return .failure(.away)
    }
    try await run(cut)
    let batches: [[UInt64]] = [Array(51...99), Array(201...300)]
    #expect(cut.calls == [batches[0]])
    let last = ScriptedSink { _, _ in .success([]) }
    try await run(last)
    #expect(last.calls == batches)
  }

  @Test("each batch is one piece, however many parts of the lane went ahead")
  func pieces() async throws {
    try await overtake([60...60, 100...200, 202...299])
    let sink = ScriptedSink { _, _ in .success([]) }
    try await run(sink)
    let batches: [[UInt64]] = [Array(51...59), Array(61...99), [201], [300]]
    #expect(sink.calls == batches)
  }

  /// Of 300 records the first 50 have arrived, and some of the others ahead of those before them.
  private func overtake(_ ahead: [ClosedRange<UInt64>]) async throws {
    let bench = try await SinkBench(in: folder)
    try await bench.store(1...300)
    let places = try await SinkPlaces("s", in: bench.buffer)
    let opened = try await places.cursor(in: .telemetry)
    let cursor = try #require(opened)
    cursor.acknowledge(through: 50)
    for range in ahead { cursor.acknowledge(range) }
    try await places.save()
    try await bench.buffer.close()
  }

  /// One run of the sink, which may end it.
  private func run(_ sink: ScriptedSink) async throws {
    let bench = try await SinkBench(in: folder)
    let running = try await bench.start(sink)
    await running.value
    try await bench.buffer.close()
  }
}
