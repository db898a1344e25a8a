import Foundation
import IndustrialModel
import StoreForward
import TestSupport
import Testing

@testable import Gateway

@Suite("Code in the same process gets the samples that are stored", .timeLimit(.minutes(15)))
struct SamplesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("each reader gets every sample of its tags in order, and ends with the gateway")
  func everySample() async throws {
    let gateway = try await GatewayRuntime(configuration(capacity: 8 << 20))
    let all = read(gateway, "*")
    let one = read(gateway, "fast/t1")
    let some = read(gateway, "slow/*", pause: .milliseconds(20))
    try await run(gateway) { $0.status.stored > 2000 }
    let stored = gateway.status.stored
    let (every, single, few) = await (all.value, one.value, some.value)
    #expect(every.samples.map(\.sequence) == Array(1...stored))
    #expect(single.samples == every.samples.filter { $0.name == "fast/t1" })
    #expect(few.samples == every.samples.filter { $0.name.hasPrefix("slow/") })
    #expect(!single.samples.isEmpty && !few.samples.isEmpty)
    #expect(every.missed == 0 && single.missed == 0 && few.missed == 0)
  }

  @Test("who is slower than the ring holds nobody up, and is told what is missing")
  func slow() async throws {
    let gateway = try await GatewayRuntime(configuration(capacity: 1 << 18))
    let start = AsyncStream<Void>.makeStream()
    let iterator = gateway.samples().makeAsyncIterator()
    let reading = Task {
      var iterator = iterator
      for await _ in start.stream {}
      var result = Result()
      while let batch = await iterator.next() { result.add(batch, gateway) }
      return result
    }
    try await run(gateway) { gateway in
      guard gateway.buffer.store(of: .telemetry)?.metrics.oldestSequence ?? 0 > 20 else {
        return false
      }
      start.continuation.finish()
      return true
    }
    let result = await reading.value
    #expect(result.missed > 0)
    let numbers = result.samples.map(\.sequence)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    #expect(numbers.last == gateway.status.stored)
  }

  @Test("a reader that is left or cancelled is forgotten, and one of an ended gateway ends at once")
  func left() async throws {
    let gateway = try await GatewayRuntime(configuration(capacity: 8 << 20))
    let leaving = Task {
      for await batch in gateway.samples() { return batch.count }
      return 0
    }
    let waiting = read(gateway, "no/such")
    let began = ContinuousClock.now
    try await run(gateway, grace: .seconds(600)) { gateway in
      guard gateway.status.stored > 100 else { return false }
      #expect(await leaving.value > 0)
      waiting.cancel()
      _ = await waiting.value
      return true
    }
    #expect(ContinuousClock.now - began < .seconds(500), "nobody was waited for")
    for await _ in gateway.samples() { Issue.record("nothing comes any more") }
  }

  // MARK: -

  struct Result: Sendable {
    struct Seen: Sendable, Equatable {
      var sequence: UInt64
      var name: String
      var value: Value
    }
    var samples: [Seen] = []
    var missed: UInt64 = 0

    mutating func add(_ batch: GatewaySamples.Batch, _ gateway: GatewayRuntime) {
      missed += batch.missedRecords
      for sample in batch {
        samples.append(
          Seen(
            sequence: sample.sequence, name: gateway.tags.name(of: sample.tag), value: sample.value)
        )
      }
    }
  }

  private func read(
    _ gateway: GatewayRuntime, _ pattern: String, pause: Duration = .zero
  ) -> Task<Result, Never> {
    // Made here, so that it begins before the gateway runs.
    let iterator = gateway.samples(matching: pattern).makeAsyncIterator()
    return Task {
      var iterator = iterator
      var result = Result()
      while let batch = await iterator.next() {
        result.add(batch, gateway)
        try? await Task.sleep(for: pause)
      }
      return result
    }
  }

  private func configuration(capacity: Int) -> GatewayConfiguration {
    GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [.init(name: "sim", transport: .simulator)],
      devices: [
        .init(name: "fast", bus: "sim", every: .milliseconds(1), simulated: tags(20)),
        .init(name: "slow", bus: "sim", every: .milliseconds(5), simulated: tags(3)),
      ], buffer: .init(capacity: capacity, segment: 1 << 16),
      sinks: [.init(name: "out", kind: .file(path: folder.file("out.jsonl"), format: .jsonl))])
  }

  private func tags(_ count: Int) -> [SimulatedTag] {
    (0..<count).map { SimulatedTag(name: "t\($0)") }
  }
}
