import Foundation
import IndustrialModel
import Sinks
import StoreForward
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("What a sink took is taken, and shown as that", .timeLimit(.minutes(15)))
struct SinkRunnerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a sink that took a batch does not get it again because a letter can't be written")
  func letterWaits() async throws {
    let bench = try await SinkBench(in: folder)
    try await bench.store(1...20)
    let sink = ScriptedSink { _, _ in .success([.init(index: 6, reason: "a word")]) }
    let running = try await bench.start(sink, deadLetters: "missing/dead.jsonl")
    while bench.counts.retries < 2 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(sink.calls.count == 1 && bench.counts.delivered == 0)
    try FileManager.default.createDirectory(
      atPath: folder.file("missing"), withIntermediateDirectories: false)
    await running.value
    #expect(sink.calls.count == 1)
    #expect(folder.lineCount(of: "missing/dead.jsonl") == 1)
    #expect(try IndependentCounts.inLines(of: folder.file("missing/dead.jsonl")) == [7: "d/t"])
    let counts = bench.counts
    #expect(counts.delivered == 19 && counts.deadLettered == 1 && counts.waitingRecords == 0)
    try await bench.buffer.close()
  }

  @Test(
    "how far behind a sink is, of one that gets no telemetry too",
    arguments: [SampleClass.event, .alarm, .log])
  func newest(sampleClass: SampleClass) async throws {
    let bench = try await SinkBench(in: folder)
    try await bench.store(1...5, as: sampleClass)
    let running = try await bench.start(ScriptedSink { _, _ in .success([]) })
    await running.value
    #expect(bench.counts.delivered == 5 && bench.counts.newest != nil)
    try await bench.buffer.close()
  }

  @Test("a record that can't be read counts once, however often its batch is read")
  func unreadable() async throws {
    let bench = try await SinkBench(in: folder)
    try await bench.store(1...3)
    var records = RecordBatch()
    try records.append([0, 1, 2, 3], time: 0)
    try await bench.buffer.open(.telemetry).append(records)
    // What is on its way can't be noted, so nothing goes, and all is read again and again.
    let path = folder.file("in-flight-s")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let sink = ScriptedSink { _, _ in .success([]) }
    let running = try await bench.start(sink)
    // Were this shorter, the test would only see less.
    try await Task.sleep(for: .milliseconds(600))
    #expect(sink.calls.isEmpty && bench.counts.damagedRecords == 0)
    try FileManager.default.removeItem(atPath: path)
    await running.value
    let calls: [[UInt64]] = [[1, 2, 3]]
    #expect(sink.calls == calls && bench.counts.damagedRecords == 1)
    try await bench.buffer.close()
  }

  @Test("what a sink loses is told at once, then once an hour, and at the end")
  func untold() {
    let losses = UntoldLosses()
    let start = ContinuousClock.now
    func add(_ records: UInt64, after seconds: Int, isEnd: Bool = false) -> UInt64 {
      losses.add(records, isEnd: isEnd, at: start + .seconds(seconds))
    }
    #expect(add(0, after: 0) == 0)
    #expect(add(3, after: 1) == 3)
    #expect(add(4, after: 2) == 0)
    #expect(add(5, after: 3600) == 0)
    #expect(add(0, after: 3601) == 9)
    #expect(add(6, after: 3602) == 0)
    #expect(add(1, after: 3603, isEnd: true) == 7)
    #expect(add(0, after: 3604, isEnd: true) == 0)
  }

  @Test("an event that overtakes telemetry does not hide how far behind that is")
  func overtaken() async throws {
    let bench = try await SinkBench(in: folder)
    try await bench.store(1...5)
    try await bench.store(6...6, as: .event)
    let isKnown = Mutex<[Bool]>([])
    let sink = ScriptedSink { _, _ in
      isKnown.withLock { $0.append(bench.counts.newest != nil) }
      return .success([])
    }
    let running = try await bench.start(sink)
    await running.value
    let calls: [[UInt64]] = [[6], Array(1...5)]
    #expect(sink.calls == calls && isKnown.withLock { $0 } == [false, false])
    #expect(bench.counts.newest != nil)
    try await bench.buffer.close()
  }
}
