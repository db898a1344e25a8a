import Foundation
import TestSupport
import Testing

@testable import Gateway

private let socat = PeerProcess.find("socat")
private let python = PeerProcess.find("python3")

@Suite("Sources besides Modbus TCP", .timeLimit(.minutes(15))) struct SourceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "a serial line: two devices on it, one of them dead, against a slave that we did not write the frames of",
    .enabled(if: socat != nil && python != nil, "needs socat and python3"))
  func serialLine() async throws {
    let ends = [folder.file("ours"), folder.file("theirs")]
    let line = try PeerProcess(
      try #require(socat), ends.map { "pty,raw,echo=0,link=\($0)" })
    while line.isRunning, !ends.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    let script = URL(filePath: #filePath).appending(path: "../../Fixtures/modbus/rtu_slave.py")
    let slave = try PeerProcess(
      try #require(python), [script.standardized.path, folder.file("theirs")])
    let tag = RegisterTag(name: "level", table: .holding, address: 5, type: .int16, scale: 0.5)
    let gateway = try await GatewayRuntime(
      GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [
          .init(
            name: "rs485",
            transport: .modbusRTU(
              .rtu(SerialLine(folder.file("ours"), baud: 115_200, parity: .none)),
              timeout: .milliseconds(300)))
        ],
        devices: [
          .init(name: "alive", bus: "rs485", unit: 7, every: .milliseconds(20), tags: [tag]),
          .init(name: "dead", bus: "rs485", unit: 8, every: .milliseconds(500), tags: [tag]),
        ], buffer: .init(capacity: 4 << 20, segment: 1 << 20)))
    try await run(gateway) { gateway in
      let latest = gateway.latest.map { (gateway.tags.name(of: $0.tag), $0) }
      return latest.contains { $0.0 == "alive/level" && $0.1.value == .double(-21) }
        && latest.contains { $0.0 == "dead/level" && $0.1.quality == .badTimeout }
    }
    withExtendedLifetime((line, slave)) {}
  }

  @Test("a serial line that is not there is told with its name, and the tag is bad")
  func noSerialLine() async throws {
    let events = EventLog()
    let tag = RegisterTag(name: "level", table: .holding, address: 5)
    let gateway = try await GatewayRuntime(
      GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [
          .init(
            name: "rs485",
            transport: .modbusRTU(.rtu(SerialLine("/dev/no-such-line")), timeout: .seconds(1)))
        ],
        devices: [.init(name: "d", bus: "rs485", every: .milliseconds(20), tags: [tag])],
        buffer: .init(capacity: 4 << 20, segment: 1 << 20)), events: events.add)
    try await run(gateway) { $0.status.stored > 0 }
    #expect(gateway.latest.allSatisfy { $0.quality.isBad && $0.value == .none })
    #expect(events.all.contains { $0.message.contains("/dev/no-such-line") })
  }

  @Test("a CAN interface that is not there is told once, and tried again")
  func noCANInterface() async throws {
    try folder.write(
      "VERSION \"\"\nBU_: A\nBO_ 291 Engine: 8 A\n SG_ Speed : 0|16@1+ (0.5,0) [0|0] \"\" A\n",
      to: "e.dbc")
    let events = EventLog()
    let gateway = try await GatewayRuntime(
      GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [
          .init(
            name: "can",
            transport: .socketCAN(interface: "nocan0", database: folder.file("e.dbc")))
        ], devices: [.init(name: "car", bus: "can")],
        buffer: .init(capacity: 4 << 20, segment: 1 << 20)), events: events.add)
    try await run(gateway) { _ in !events.all.isEmpty }
    #expect(events.all.count == 1 && events.all.first?.source == "bus can")
  }

  @Test("the machine says what the system's own tools say")
  func machine() async throws {
    let gateway = try await GatewayRuntime(
      GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [.init(name: "host", transport: .system(disk: "/"))],
        devices: [.init(name: "m", bus: "host", every: .milliseconds(20))],
        buffer: .init(capacity: 4 << 20, segment: 1 << 20)))
    try await run(gateway) { $0.status.stored > 24 }
    var values: [String: Double] = [:]
    for sample in gateway.latest {
      values[gateway.tags.name(of: sample.tag)] = sample.value.doubleValue
    }
    let memory = try await Tool("/usr/bin/env", ["free", "-b"]).output.split(separator: "\n")
    let total = memory.dropFirst().first?.split(separator: " ").dropFirst().first.flatMap {
      Double($0)
    }
    if let total { #expect(values["m/memory/total"] == total) }
    let disk = try await Tool("/usr/bin/env", ["df", "-B1", "--output=size", "/"]).output
    #expect(
      values["m/disk/total"]
        == disk.split(whereSeparator: \.isWhitespace).last.flatMap { Double($0) })
    #expect((0...100).contains(values["m/cpu/use"] ?? -1))
    #expect((values["m/uptime"] ?? 0) > 0 && (values["m/memory/available"] ?? 0) > 0)
    #expect((values["m/cpu/load1"] ?? -1) >= 0)
  }

  @Test("how busy the machine is is known at once, however soon it is asked again")
  func quickly() throws {
    let place = try #require(SystemMetrics.names.firstIndex(of: "cpu/use"))
    var metrics = SystemMetrics(disk: "/")
    for _ in 0..<100 {
      let use = try #require(metrics.read()[place])
      #expect((0...100).contains(use))
    }
  }

  @Test("a processor that is taken away costs one reading, and no older one stands in for it")
  func fewerProcessors() {
    var metrics = SystemMetrics(disk: "/")
    let start = 1e15
    _ = metrics.processorUse((0, start))
    #expect(metrics.processorUse((25, start + 100)) == 25)
    #expect(metrics.processorUse((25, start + 100)) == 25)
    #expect(metrics.processorUse((10, 1000)) == nil)
    #expect(metrics.processorUse((10, 1000)) == nil)
    #expect(metrics.processorUse((60, 1100)) == 50)
  }

  @Test("made-up values keep within their bounds and move as their shape says")
  func shapes() async throws {
    let shapes = SimulatedTag.Shape.allCases
    let gateway = try await GatewayRuntime(
      GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [.init(name: "sim", transport: .simulator)],
        devices: [
          .init(
            name: "s", bus: "sim", every: .milliseconds(1),
            simulated: shapes.map {
              SimulatedTag(
                name: $0.rawValue, shape: $0, minimum: -2, maximum: 6, period: .milliseconds(100))
            })
        ], buffer: .init(capacity: 4 << 20, segment: 1 << 20),
        sinks: [.init(name: "f", kind: .file(path: folder.file("out.csv"), format: .csv))]))
    try await run(gateway) { $0.status.stored > 1600 }
    var values: [Substring: [Double]] = [:]
    for line in try folder.text(of: "out.csv").split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",")
      values[fields[1], default: []].append(try #require(Double(fields[2])))
    }
    #expect(values.count == shapes.count)
    #expect(values.values.allSatisfy { $0.allSatisfy { (-2...6).contains($0) } })
    #expect(Set(values["s/square"] ?? []) == [-2, 6])
    #expect((values["s/sine"]?.max() ?? 0) > 5.9 && (values["s/sine"]?.min() ?? 0) < -1.9)
    let walk = values["s/walk"] ?? []
    #expect(zip(walk, walk.dropFirst()).allSatisfy { ($0 - $1).magnitude <= 8 / 50.0 })
  }
}
