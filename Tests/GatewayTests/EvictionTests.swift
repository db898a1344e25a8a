import Foundation
import IndustrialModel
import Sinks
import StoreForward
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("What a full buffer gives up is counted to the sample", .timeLimit(.minutes(15)))
struct EvictionTests {
  @Test("stored is what is still there and what was evicted, by device, over restarts")
  func balance() async throws {
    let folder = try TemporaryFolder()
    // A destination that never takes anything.
    let configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [.init(name: "sim", transport: .simulator)],
      devices: [
        .init(name: "fast", bus: "sim", every: .milliseconds(1), simulated: tags(200)),
        .init(name: "slow", bus: "sim", every: .milliseconds(2), simulated: tags(100)),
      ], buffer: .init(capacity: 1 << 19, segment: 1 << 16),
      sinks: [.init(name: "full", kind: .file(path: "/dev/full", format: .jsonl))])
    var stored: UInt64 = 0
    var evicted: [String: UInt64] = [:]
    for round in 1...2 {
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway, grace: .zero) { gateway in
        let counts = gateway.evictedSamples(of: "full")
        return gateway.status.stored > 1000 && counts.count == 2
          && counts.values.reduce(0, +) > (evicted.values.reduce(0, +) + UInt64(round))
      }
      stored += gateway.status.stored
      evicted = gateway.evictedSamples(of: "full")
      #expect(Set(evicted.keys) == ["fast", "slow"])
    }
    let reader = try StoreReader(directory: folder.file("data/buffer"), from: .oldest)
    var left: UInt64 = 0
    while let count = try reader.next({ batch in
      var samples = SampleBatch()
      for index in 0..<batch.count {
        try SampleCodec.decode(batch.payload(at: index), tags: TagRegistry(), into: &samples)
      }
      return UInt64(samples.count)
    }) { left += count }
    #expect(stored == left + evicted.values.reduce(0, +))
    #expect(left > 0)
  }

  @Test("a dead sink shows what gives way meanwhile, and no reload of it counts that again")
  func deadSink() async throws {
    let folder = try TemporaryFolder()
    var configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [.init(name: "sim", transport: .simulator)],
      devices: [.init(name: "fast", bus: "sim", every: .milliseconds(1), simulated: tags(200))],
      buffer: .init(capacity: 1 << 19, segment: 1 << 16),
      sinks: [.init(name: "full", kind: .file(path: "/dev/full", format: .jsonl))])
    let events = EventLog()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    try await run(gateway, grace: .zero) { gateway in
      guard gateway.isRunning else { return false }
      /// What the buffer itself has counted.
      func evicted() -> UInt64 {
        let cursors = gateway.buffer.store(of: .telemetry)?.cursors ?? []
        return cursors.first { $0.name == "full" }?.evicted ?? 0
      }
      /// What is shown behind a delivery that began from now on and failed.
      func shown() async throws -> UInt64 {
        let retries = gateway.status.sinks[0].counts.retries
        while gateway.status.sinks[0].counts.retries < retries + 2 {
          try await Task.sleep(for: .milliseconds(5))
        }
        return gateway.status.sinks[0].counts.evictedRecords
      }
      var last: UInt64 = 0
      for backlog in [GatewayConfiguration.Destination.Backlog.inOrder, .liveFirst, .inOrder] {
        configuration.sinks[0].backlog = backlog
        try await gateway.reload(configuration)
        while evicted() <= last { try await Task.sleep(for: .milliseconds(5)) }
        let now = try await shown()
        #expect(now > last && now <= evicted())
        last = now
      }
      return true
    }
    #expect(gateway.status.sinks[0].counts.delivered == 0)
    #expect(events.all.contains { $0.message.hasSuffix("did not reach this sink: evicted") })
    // The counts are of one run.
    configuration.devices = []
    let again = try await GatewayRuntime(configuration)
    try await again.run(grace: .zero)
    #expect(again.status.sinks[0].counts.evictedRecords == 0)
  }

  @Test("what gives way while a sink asks for a long pause is shown meanwhile")
  func longPause() async throws {
    let folder = try TemporaryFolder()
    // One that takes everything, so that all that fails does so with the one in its place.
    var configuration = configuration(in: folder, capacity: 1 << 19)
    configuration.sinks[0].kind = .file(path: folder.file("all.jsonl"), format: .jsonl)
    let gateway = try await GatewayRuntime(configuration)
    let sink = ScriptedSink { _, _ in
      var error = SinkError.away
      error.retryAfter = .seconds(86_400)
      return .failure(error)
    }
    try await run(gateway, grace: .zero) { gateway in
      guard gateway.isRunning else { return false }
      func counts() -> GatewayStatus.SinkCounts { gateway.status.sinks[0].counts }
      try await gateway.exchangeSink("full", for: sink)
      // What is shown when the pause begins is not what this is about: the failure is counted behind that.
      while counts().retries == 0 { try await Task.sleep(for: .milliseconds(5)) }
      var atPause = counts().evictedRecords
      while true {
        try await Task.sleep(for: .milliseconds(5))
        let again = counts().evictedRecords
        if again == atPause { break }
        atPause = again
      }
      while counts().evictedRecords <= atPause { try await Task.sleep(for: .milliseconds(5)) }
      #expect(counts().retries == 1)
      return true
    }
    #expect(sink.calls.count == 1)
  }

  @Test("a sink that can't go on after a reload that failed shows what gives way, to the end")
  func parkedSink() async throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("out"), withIntermediateDirectories: false)
    var configuration = configuration(in: folder, capacity: 1 << 19)
    configuration.sinks = [
      .init(name: "a", kind: .file(path: folder.file("out/a.jsonl"), format: .jsonl))
    ]
    let events = EventLog()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    func shown() -> UInt64 { gateway.status.sinks[0].counts.evictedRecords }
    try await run(gateway, grace: .zero) { gateway in
      guard gateway.status.sinks[0].counts.delivered > 0 else { return false }
      // Neither the other sink nor the one before it can be opened now.
      try FileManager.default.moveItem(atPath: folder.file("out"), toPath: folder.file("away"))
      configuration.sinks[0].backlog = .liveFirst
      await #expect(throws: SinkError.self) { try await gateway.reload(configuration) }
      #expect(await gateway.forwarding.parkedNames == ["a"])
      // More than once: what follows the first loss is told at the end only.
      for _ in 1...2 {
        let before = shown()
        while shown() <= before { try await Task.sleep(for: .milliseconds(5)) }
      }
      return true
    }
    let evicted = try StoreReader(directory: folder.file("data/buffer")).cursors.map(\.evicted)
    #expect(evicted == [shown()])
    #expect(Self.told(by: events, of: "a") == shown(), "\(events.all)")
  }

  @Test("a sink that is taken out tells all that gave way before it is closed")
  func takenOut() async throws {
    let folder = try TemporaryFolder()
    // One that takes everything, so that all that fails does so with the one in its place.
    var configuration = configuration(in: folder, capacity: 1 << 19)
    configuration.sinks[0].kind = .file(path: folder.file("all.jsonl"), format: .jsonl)
    let events = EventLog()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    @Sendable func told() -> UInt64 { Self.told(by: events, of: "full") }
    @Sendable func shown() -> UInt64 { gateway.status.sinks.first?.counts.evictedRecords ?? 0 }
    let atEnd = Mutex<(told: UInt64, shown: UInt64)>((0, 0))
    let sink = ScriptedSink { _, _ in
      .failure(.away)
    } closed: {
      let counts = (told(), shown())
      atEnd.withLock { $0 = counts }
    }
    try await run(gateway, grace: .zero) { gateway in
      guard gateway.isRunning else { return false }
      try await gateway.exchangeSink("full", for: sink)
      // More than once: what follows the first loss is told at the end only.
      for _ in 1...2 {
        let before = shown()
        while shown() <= before { try await Task.sleep(for: .milliseconds(5)) }
      }
      #expect(shown() > told())
      configuration.sinks = []
      try await gateway.reload(configuration)
      return true
    }
    let counts = atEnd.withLock { $0 }
    #expect(counts.told > 0 && counts.told == counts.shown, "\(events.all)")
  }

  @Test("what a start gives up, because there is less room than before, is told")
  func smaller() async throws {
    let folder = try TemporaryFolder()
    let first = try await GatewayRuntime(configuration(in: folder, capacity: 4 << 20))
    try await run(first, grace: .zero) { gateway in
      gateway.buffer.store(of: .telemetry)?.metrics.segments ?? 0 >= 16
    }
    #expect(first.status.sinks[0].counts.evictedRecords == 0)
    let events = EventLog()
    var less = configuration(in: folder, capacity: 1 << 18)
    less.devices = []
    let second = try await GatewayRuntime(less, events: events.add)
    try await second.run(grace: .zero)
    #expect(second.status.sinks[0].counts.evictedRecords > 0)
    #expect(events.all.contains { $0.message.hasSuffix("did not reach this sink: evicted") })
  }

  /// How many records a sink did not get, by what its events say.
  private static func told(by events: EventLog, of sink: String) -> UInt64 {
    let losses = events.all.filter {
      $0.source == "sink \(sink)" && $0.message.hasSuffix("did not reach this sink: evicted")
    }
    return losses.compactMap { $0.message.split(separator: " ").first.flatMap { UInt64($0) } }
      .reduce(0, +)
  }

  /// Much comes, and a destination never takes anything.
  private func configuration(in folder: TemporaryFolder, capacity: Int) -> GatewayConfiguration {
    GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [.init(name: "sim", transport: .simulator)],
      devices: [.init(name: "fast", bus: "sim", every: .milliseconds(1), simulated: tags(200))],
      buffer: .init(capacity: capacity, segment: 1 << 16),
      sinks: [.init(name: "full", kind: .file(path: "/dev/full", format: .jsonl))])
  }

  private func tags(_ count: Int) -> [SimulatedTag] {
    (0..<count).map { SimulatedTag(name: "t\($0)") }
  }
}
