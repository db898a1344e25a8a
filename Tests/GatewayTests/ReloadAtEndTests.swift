import Foundation
import IndustrialModel
import Sinks
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("A gateway that ends during a reload", .timeLimit(.minutes(15)))
struct ReloadAtEndTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("the sink that is being exchanged gets what is left, and the trail ends with the stop")
  func exchange() async throws {
    var configuration = GatewayConfiguration.simulated(
      in: folder, tags: [SimulatedTag(name: "s", shape: .walk)], sinks: ["a"])
    let gateway = try await GatewayRuntime(configuration)
    let running = Task { try await gateway.run(grace: .seconds(600)) }
    try await wait(for: 20, gateway)
    let stopped = await gateway.forwarding.stop("a")
    var runner = try #require(stopped)
    let held = HeldSink(
      try configuration.openSink(
        configuration.sinks[0], buffer: gateway.buffer.identity, tags: gateway.tags))
    try await runner.places.rewind()
    runner.sink = held
    await gateway.forwarding.start(runner)

    configuration.sinks[0].kind = .file(path: folder.file("b.jsonl"), format: .jsonl)
    let reloading = Task { [configuration] in try await gateway.reload(configuration) }
    while !held.isClosing { try await Task.sleep(for: .milliseconds(5)) }
    // Another one is refused, and does not end the wait for the first.
    await #expect(throws: ConfigurationError.self) { try await gateway.reload(configuration) }
    try await wait(for: 20, gateway)
    running.cancel()
    while gateway.isRunning, await !gateway.acquisition.isHeldUpByChange {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(gateway.isRunning)
    held.letClose()
    #expect(try await reloading.value.changedSinks == ["a"])
    try await running.value

    #expect(try trail().suffix(2) == ["reload", "stop"])
    let stored = gateway.status.stored
    let last = try numbers("b.jsonl")
    #expect(last.contains(stored))
    #expect(try last.union(numbers("a.jsonl")) == Set(1...stored))
    // Nobody would end what begins now.
    let late = HeldSink(nil)
    late.letClose()
    runner.sink = late
    await gateway.forwarding.start(runner)
    #expect(late.isClosed)
  }

  @Test("none begins any more once the end is wanted")
  func afterwards() async throws {
    let configuration = GatewayConfiguration.simulated(
      in: folder, tags: [SimulatedTag(name: "s")], sinks: ["a"])
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { $0.status.stored > 0 }
    let error = await #expect(throws: ConfigurationError.self) {
      try await gateway.reload(configuration)
    }
    #expect(error?.description.contains("the gateway ends") == true)
  }

  // MARK: -

  /// Until so many more samples are stored.
  private func wait(for count: UInt64, _ gateway: GatewayRuntime) async throws {
    let end = gateway.status.stored + count
    while gateway.status.stored < end { try await Task.sleep(for: .milliseconds(5)) }
  }

  private func trail() throws -> [String] {
    try objects("data/audit.jsonl").compactMap { $0["what"] as? String }
  }

  private func numbers(_ file: String) throws -> Set<UInt64> {
    Set(try objects(file).compactMap { ($0["seq"] as? NSNumber)?.uint64Value })
  }

  private func objects(_ file: String) throws -> [[String: Any]] {
    try folder.text(of: file).split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
  }
}

/// Hands on to another sink, and closes when it may.
private final class HeldSink: Sink {
  private struct State {
    var isClosing = false
    var isClosed = false
  }

  private let sink: (any Sink)?
  private let state = Mutex(State())
  private let gate = AsyncStream.makeStream(of: Void.self)

  init(_ sink: (any Sink)?) { self.sink = sink }

  var isClosing: Bool { state.withLock { $0.isClosing } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  func letClose() { gate.continuation.finish() }

  func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport {
    guard let sink else { return DeliveryReport() }
    return try await sink.deliver(batch)
  }

  func close() async {
    state.withLock { $0.isClosing = true }
    for await _ in gate.stream {}
    await sink?.close()
    state.withLock { $0.isClosed = true }
  }
}
