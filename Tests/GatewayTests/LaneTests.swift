import Foundation
import IndustrialModel
import Sinks
import StoreForward
import TestSupport
import Testing

@testable import Gateway

@Suite("Each class of samples has a lane of its own", .timeLimit(.minutes(15)))
struct LaneTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("all classes come out, each in its order, numbered together, also after a restart")
  func classes() async throws {
    var last: UInt64 = 0
    for round in 0..<3 {
      let gateway = try await GatewayRuntime(configuration(capacity: 8 << 20))
      var isPut = false
      try await run(gateway) { gateway in
        guard round > 0 || gateway.status.stored > 100 else { return false }
        if !isPut { await put([.event, .log, .alarm, .telemetry, .event], into: gateway) }
        isPut = true
        return gateway.status.stored > 300
      }
      let status = gateway.status
      #expect(status.sinks[0].counts.delivered == status.stored)
      last += status.stored
    }
    let lines = try samples("out.jsonl")
    #expect(lines.map(\.sequence).sorted() == Array(1...last))
    for name in ["event", "alarm", "log"] {
      let numbers = lines.filter { $0.sampleClass == name }.map(\.sequence)
      #expect(numbers.count == (name == "event" ? 6 : 3))
      #expect(numbers == numbers.sorted())
    }
    let telemetry = lines.filter { $0.sampleClass == "telemetry" }.map(\.sequence)
    #expect(telemetry == telemetry.sorted())
    // Events and alarms share a lane.
    let urgent = lines.filter { ["event", "alarm"].contains($0.sampleClass) }.map(\.sequence)
    #expect(urgent == urgent.sorted())
    for (folderName, classes) in [
      ("buffer", ["telemetry"]), ("buffer-events", ["alarm", "event"]), ("buffer-log", ["log"]),
    ] {
      let stored = try classesStored(folderName)
      #expect(stored == Set(classes))
    }
  }

  @Test("the lanes have one bound of disk space together, before and after it is changed")
  func bound() async throws {
    let gateway = try await GatewayRuntime(configuration(capacity: 8 << 20))
    try await run(gateway) { gateway in
      #expect(size(of: gateway) <= 8 << 20)
      await put([.event, .log], into: gateway)
      while gateway.buffer.lanes.count < 3 { await Task.yield() }
      #expect(size(of: gateway) <= 8 << 20)
      try await gateway.reload(configuration(capacity: 16 << 20))
      #expect(size(of: gateway) > 12 << 20 && size(of: gateway) <= 16 << 20)
      try await gateway.reload(configuration(capacity: 4 << 20))
      #expect(size(of: gateway) <= 4 << 20)
      return true
    }
    let again = try await GatewayRuntime(configuration(capacity: 6 << 20))
    #expect(again.buffer.lanes == [.events, .telemetry, .log])
    #expect(size(of: again) > 4 << 20 && size(of: again) <= 6 << 20)
  }

  @Test("a flood of telemetry sheds no alarm")
  func flood() async throws {
    var configuration = configuration(capacity: 1 << 20)
    configuration.sinks = [.init(name: "s", kind: .file(path: "/dev/full", format: .jsonl))]
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway, grace: .zero) { gateway in
      if gateway.buffer.lanes.count == 1 {
        await put(Array(repeating: .alarm, count: 10), into: gateway)
        while gateway.buffer.lanes.count == 1 { await Task.yield() }
      }
      return gateway.evictedSamples(of: "s").values.reduce(0, +) > 1000
    }
    #expect(gateway.evictedSamples(of: "s").keys.sorted() == ["fast"])
    configuration.sinks[0].kind = .file(path: folder.file("late.jsonl"), format: .jsonl)
    configuration.devices = []
    let second = try await GatewayRuntime(configuration)
    try await second.run(grace: .seconds(600))
    #expect(try samples("late.jsonl").count { $0.sampleClass == "alarm" } == 10)
  }

  @Test("more samples at once than the buffer can hold go in one part after the other")
  func flood65536() async throws {
    var configuration = configuration(capacity: 1 << 17)
    configuration.devices = []
    let gateway = try await GatewayRuntime(configuration)
    let tags = (0..<300).map { gateway.tags.intern("line/t\($0)") }
    let samples = (0..<60_000).map {
      Sample(tag: tags[$0 % tags.count], value: .double(Double($0)))
    }
    await gateway.intake.put(Moments(samples: SampleBatch(samples), grouping: .whole))
    try await gateway.run(grace: .seconds(60))
    #expect(gateway.status.stored == 60_000)
    let ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
    #expect(ledger.discrepancies == [] && ledger.tags.allSatisfy { $0.stored == 200 })
    let sink = try #require(ledger.sinks.first)
    let lines = try self.samples("out.jsonl").count
    // What was given up on its way to the sink arrived all the same.
    let late = sink.tags.reduce(0) { $0 + $1.late }
    #expect(sink.tags.reduce(0) { $0 + $1.delivered } + late == UInt64(lines))
    #expect(sink.tags.reduce(0) { $0 + $1.evicted } == UInt64(60_000 - lines) + late)
  }

  // MARK: -

  private struct Line {
    var sequence: UInt64
    var sampleClass: String
  }

  private func samples(_ file: String) throws -> [Line] {
    try folder.text(of: file).split(separator: "\n").map { line in
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return Line(
        sequence: (object["seq"] as? NSNumber)?.uint64Value ?? 0,
        sampleClass: object["class"] as? String ?? "")
    }
  }

  private func classesStored(_ name: String) throws -> Set<String> {
    let reader = try StoreReader(directory: folder.file("data/\(name)"), from: .oldest)
    var classes: Set<String> = []
    while let found = try reader.next({ batch in
      var samples = SampleBatch()
      for index in 0..<batch.count {
        try SampleCodec.decode(batch.payload(at: index), tags: TagRegistry(), into: &samples)
      }
      return Set(samples.map(\.sampleClass.name))
    }) { classes.formUnion(found) }
    return classes
  }

  private func put(_ classes: [SampleClass], into gateway: GatewayRuntime) async {
    let tag = gateway.tags.intern("line/state")
    let samples = classes.map {
      Sample(tag: tag, value: .string("\($0)"), sampleClass: $0)
    }
    await gateway.intake.put(Moments(samples: SampleBatch(samples), grouping: .whole))
  }

  private func size(of gateway: GatewayRuntime) -> Int {
    gateway.buffer.lanes.reduce(0) { sum, lane in
      let metrics = gateway.buffer.store(of: lane)?.metrics
      return sum + (metrics?.segmentLimit ?? 0) * (metrics?.segmentSize ?? 0)
    }
  }

  private func configuration(capacity: Int) -> GatewayConfiguration {
    GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [.init(name: "sim", transport: .simulator)],
      devices: [
        .init(
          name: "fast", bus: "sim", every: .milliseconds(1),
          simulated: (0..<20).map { SimulatedTag(name: "t\($0)") })
      ], buffer: .init(capacity: capacity, segment: 1 << 16),
      sinks: [.init(name: "out", kind: .file(path: folder.file("out.jsonl"), format: .jsonl))])
  }
}
