import Foundation
import IndustrialModel
import MQTT
import Sinks
import StoreForward
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("A full buffer makes reading wait, where it is told to", .timeLimit(.minutes(15)))
struct WaitingBufferTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("nothing is evicted; reading goes on when a sink takes something, and no number is missing")
  func waits() async throws {
    let events = EventLog()
    var configuration = configuration()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    try await run(gateway) { gateway in
      try await waitUntilFull(gateway, events)
      let stored = gateway.status.stored
      #expect(gateway.evictedSamples(of: "s").isEmpty)
      #expect(gateway.status.acquired - stored < 200_000)
      // It is alive, for whoever would start it again otherwise: tries and waits, in turns.
      let beats = gateway.heartbeat
      while gateway.heartbeat < beats + 6 { try await Task.sleep(for: .milliseconds(50)) }
      #expect(gateway.status.stored == stored)
      // Changing formulas is not held up by it for long.
      configuration.formulas = [.init(tag: "f/x", expression: "{sim/t0} + 1")]
      try await gateway.reload(configuration)
      #expect(gateway.status.stored == stored)
      configuration.sinks = [sink("out.jsonl")]
      try await gateway.reload(configuration)
      while gateway.status.stored < stored + 70_000 || gateway.latest.count < 201 {
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(events.all.contains { $0.source == "buffer" && $0.message == "works again" })
      return true
    }
    let status = gateway.status
    #expect(status.acquired == status.stored && status.shed == 0)
    #expect(try numbers("out.jsonl") == Array(1...status.stored))
  }

  @Test(
    "it ends in time though the buffer is full; what found no room is counted, the rest comes later"
  )
  func ends() async throws {
    let events = EventLog()
    let gateway = try await GatewayRuntime(configuration(), events: events.add)
    let start = ContinuousClock.now
    try await run(gateway, grace: .milliseconds(100)) { gateway in
      try await waitUntilFull(gateway, events)
      return true
    }
    // Generous: without an end this would be the suite's limit.
    #expect(ContinuousClock.now - start < .seconds(300))
    let status = gateway.status
    #expect(status.shed > 0 && status.acquired == status.stored + status.shed)
    #expect(events.all.contains { $0.message.contains("could not be stored before the end") })
    var again = configuration()
    again.sinks = [sink("out.jsonl")]
    again.devices = []
    let second = try await GatewayRuntime(again)
    try await second.run(grace: .seconds(600))
    #expect(try numbers("out.jsonl") == Array(1...status.stored))
  }

  @Test("what formulas remember stays behind the buffer, also when formulas change at its full end")
  func memory() async throws {
    let events = EventLog()
    var configuration = configuration()
    configuration.formulas = [.init(tag: "f/sum", expression: "integral({sim/t0})")]
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    var kept: [UInt8] = []
    try await run(gateway, grace: .milliseconds(100)) { gateway in
      try await waitUntilFull(gateway, events)
      kept = gateway.memory.bytes
      // It waits behind what finds no room.
      configuration.formulas.append(.init(tag: "f/x", expression: "{sim/t0} + 1"))
      try await gateway.reload(configuration)
      return true
    }
    #expect(gateway.status.shed > 0)
    #expect(gateway.memory.bytes == kept)
  }

  @Test("it ends though a reload waits for the lane, which waits for room")
  func endsDuringReload() async throws {
    let events = EventLog()
    var configuration = configuration()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    let running = Task { try await gateway.run(grace: .milliseconds(100)) }
    try await waitUntilFull(gateway, events)
    configuration.formulas = [.init(tag: "f/x", expression: "{sim/t0} + 1")]
    configuration.devices[0].every = .milliseconds(2)
    let reloading = Task { [configuration] in try await gateway.reload(configuration) }
    while !gateway.state.withLock({ $0.isReloading }), gateway.configuration != configuration {
      try await Task.sleep(for: .milliseconds(5))
    }
    running.cancel()
    #expect(try await reloading.value.changedBuses == ["made-up"])
    try await running.value
    #expect(gateway.status.shed > 0)
  }

  @Test("more room and another policy count while it waits; less room than is needed is refused")
  func reloads() async throws {
    let events = EventLog()
    var configuration = configuration()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    try await run(gateway, grace: .zero) { gateway in
      try await waitUntilFull(gateway, events)
      var smaller = configuration
      smaller.buffer.capacity = 1 << 18
      smaller.sinks.append(sink("never.jsonl", name: "never"))
      await #expect(throws: StoreError.self) { try await gateway.reload(smaller) }
      #expect(gateway.configuration == configuration)
      #expect(gateway.status.sinks.map(\.name) == ["s"])
      let first = gateway.status.stored
      configuration.buffer.capacity = 1 << 20
      #expect("\(try await gateway.reload(configuration))" == "buffer.capacity changed")
      while gateway.status.stored < first + 5000 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(gateway.evictedSamples(of: "s").isEmpty)
      try await waitUntilFull(gateway, events)
      configuration.buffer.whenFull = .shed
      try await gateway.reload(configuration)
      while gateway.evictedSamples(of: "s").isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      return true
    }
  }

  @Test("a sink that is gone is not waited for, neither after a reload nor at the next start")
  func goneSinks() async throws {
    let events = EventLog()
    var configuration = configuration()
    configuration.sinks.append(sink("out.jsonl", name: "works"))
    var gateway = try await GatewayRuntime(configuration, events: events.add)
    try await run(gateway) { gateway in
      try await waitUntilFull(gateway, events)
      let stored = gateway.status.stored
      configuration.sinks.removeFirst()
      try await gateway.reload(configuration)
      while gateway.status.stored < stored + 5000 { try await Task.sleep(for: .milliseconds(5)) }
      configuration.sinks.append(
        .init(name: "second", kind: .file(path: "/dev/full", format: .jsonl)))
      try await gateway.reload(configuration)
      return true
    }
    configuration.sinks.removeLast()
    gateway = try await GatewayRuntime(configuration, events: events.add)
    try await run(gateway) { $0.status.stored > 5000 }
    #expect(events.all.contains { $0.message.contains("sink second is gone") })
    let all = try numbers("out.jsonl")
    #expect(all == Array(1...UInt64(all.count)))
  }

  @Test("without a sink it is refused")
  func noSink() async throws {
    var configuration = configuration()
    configuration.sinks = []
    await #expect(throws: ConfigurationError.self) { try await GatewayRuntime(configuration) }
  }

  @Test(
    "a broker keeps its messages meanwhile",
    .enabled(if: Mosquitto.isInstalled, "mosquitto is not installed"))
  func messages() async throws {
    let broker = try await Mosquitto()
    let events = EventLog()
    var configuration = configuration()
    configuration.buses.append(
      .init(
        name: "broker",
        transport: .mqtt(MQTTEndpoint(try MQTTAddress(broker.url)), filter: "plant/#")))
    configuration.devices.append(
      .init(name: "m", bus: "broker", messages: [MessageTag(name: "x", topic: "plant/x")]))
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    let publisher = try MQTTClient(broker.url)
    try await run(gateway, grace: .milliseconds(100)) { gateway in
      // The session is there when its first message has come.
      while !gateway.latest.contains(where: { $0.value == .int64(1) }) {
        try await publisher.publish("1", to: "plant/x")
        try await Task.sleep(for: .milliseconds(20))
      }
      try await waitUntilFull(gateway, events)
      for number in 1000..<1100 { try await publisher.publish("\(number)", to: "plant/x") }
      return true
    }
    await publisher.close()
    configuration.sinks = [sink("out.jsonl")]
    let second = try await GatewayRuntime(configuration)
    try await run(second) { $0.latest.contains { $0.value == .int64(1099) } }
    let lines = try folder.text(of: "out.jsonl")
    for number in 1000..<1100 { #expect(lines.contains(#""value":\#(number),"#)) }
  }

  @Test("what is read at once may be more than the buffer holds", arguments: [false, true])
  func large(isUrgent: Bool) async throws {
    var configuration = configuration()
    configuration.devices = []
    configuration.sinks = [sink("out.jsonl")]
    let gateway = try await GatewayRuntime(configuration)
    let tag = gateway.tags.intern("line/text")
    let text = String(repeating: "x", count: 900)
    try await run(gateway) { gateway in
      var samples = SampleBatch()
      for number in 0..<2000 {
        samples.append(
          Sample(
            tag: tag, value: .string("\(number)\(text)"),
            sampleClass: isUrgent ? .alarm : .telemetry))
      }
      await gateway.intake.put(Moments(samples: samples, grouping: .whole))
      while gateway.status.stored < 2000 { try await Task.sleep(for: .milliseconds(5)) }
      return true
    }
    #expect(try numbers("out.jsonl") == Array(1...2000))
  }

  // MARK: -

  private func waitUntilFull(_ gateway: GatewayRuntime, _ events: EventLog) async throws {
    while events.all.last(where: { $0.source == "buffer" })?.message.contains("full of") != true {
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private func sink(_ file: String, name: String = "s") -> GatewayConfiguration.Destination {
    .init(name: name, kind: .file(path: folder.file(file), format: .jsonl))
  }

  private func configuration() -> GatewayConfiguration {
    var configuration = GatewayConfiguration.simulated(
      in: folder, tags: (0..<200).map { SimulatedTag(name: "t\($0)") },
      buffer: .init(capacity: 1 << 19, segment: 1 << 16, whenFull: .wait))
    configuration.sinks = [
      .init(name: "s", kind: .file(path: "/dev/full", format: .jsonl))
    ]
    return configuration
  }

  private func numbers(_ file: String) throws -> [UInt64] {
    // A few hundred thousand lines: too many for a reader of JSON.
    try folder.text(of: file).split(separator: "\"seq\":").dropFirst().compactMap { rest in
      UInt64(rest.prefix { $0.isNumber })
    }
  }
}
