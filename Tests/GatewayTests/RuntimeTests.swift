import Foundation
import Gateway
import IndustrialModel
import Modbus
import StoreForward
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct RuntimeTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func readsComputesStoresAndForwards() async throws {
    let server = try ModbusServer(port: 0)
    server.withBank { bank in
      bank[holding: 0] = 7
      bank[holding: 1] = 5
      bank[coil: 3] = true
    }
    var configuration = configuration(port: server.port)
    configuration.formulas = [.init(tag: "pump/product", expression: "{pump/a} * {pump/b}")]
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { $0.status.stored >= 12 }

    let status = gateway.status
    #expect(status.acquired == status.stored)
    #expect(status.sinks.map(\.counts.delivered) == [status.stored, status.stored])
    let lines = try folder.text(of: "out.lp").split(separator: "\n")
    #expect(UInt64(lines.count) == status.stored)
    let first = lines.prefix(4).map { $0.split(separator: " ")[1] }
    #expect(first == ["a=7i", "b=2.5", "on=true", "product=17.5"])
    #expect(try sequences() == Array(1...status.stored))
  }

  @Test func aDeadDeviceGivesBadSamplesAndAnEvent() async throws {
    let events = Mutex<[String]>([])
    let gateway = try await GatewayRuntime(
      configuration(port: Loopback.refusingPort)
    ) { event in events.withLock { $0.append(event.message) } }
    try await run(gateway) { $0.status.stored >= 6 }
    #expect(gateway.latest.allSatisfy { $0.quality == .badNoCommunication && $0.value == .none })
    #expect(events.withLock { $0.filter { $0.contains("refused") }.count } == 1)
  }

  @Test func aSinkThatFailsDoesNotHoldUpTheOther() async throws {
    let server = try ModbusServer(port: 0)
    var configuration = configuration(port: server.port)
    configuration.sinks = [
      .init(name: "dead", kind: .file(path: "/dev/full", format: .jsonl)),
      .init(name: "alive", kind: .file(path: folder.file("out.jsonl"), format: .jsonl)),
    ]
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { $0.status.sinks[1].counts.delivered >= 9 }
    let sinks = gateway.status.sinks
    #expect(sinks[0].counts.delivered == 0 && sinks[0].counts.retries > 0)
    #expect(sinks[0].counts.waitingRecords > 0)
    #expect(sinks[1].counts.delivered == gateway.status.stored)

    // What waited in the buffer reaches the sink once it works again.
    configuration.sinks[0].kind = .file(path: folder.file("late.jsonl"), format: .jsonl)
    let second = try await GatewayRuntime(configuration)
    try await run(second) { $0.status.stored >= 3 }
    #expect(try sequences("late.jsonl") == sequences("out.jsonl"))
  }

  @Test func numbersGoOnAfterARestart() async throws {
    let server = try ModbusServer(port: 0)
    let configuration = configuration(port: server.port)
    for _ in 0..<3 {
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway) { $0.status.stored >= 3 }
    }
    let numbers = try sequences()
    #expect(numbers == Array(1...UInt64(numbers.count)))
    #expect(numbers.count >= 9)
  }

  @Test func twoGatewaysCanNotShareABuffer() async throws {
    let server = try ModbusServer(port: 0)
    let configuration = configuration(port: server.port)
    let first = try await GatewayRuntime(configuration)
    await #expect(throws: StoreError.self) { try await GatewayRuntime(configuration) }
    withExtendedLifetime(first) {}
  }

  @Test func aRecordingIsReadToItsEnd() async throws {
    try folder.write(
      """
      VERSION ""
      BU_: ECU
      BO_ 291 Engine: 8 ECU
       SG_ Speed : 0|16@1+ (0.5,0) [0|0] "rpm" ECU
       SG_ Gear : 16|8@1- (1,0) [0|0] "" ECU
      """, to: "e.dbc")
    let lines = (0..<1000).map { "(1700000000.\(String(100_000 + $0)) can0 123#0A00FF" }
      .map { $0.replacing(" can0", with: ") can0") }
    try folder.write(lines.joined(separator: "\n") + "\n", to: "e.log")
    var configuration = GatewayConfiguration(
      id: "t", dataFolder: folder.file("data"),
      buses: [
        .init(
          name: "can",
          transport: .canLog(path: folder.file("e.log"), database: folder.file("e.dbc"))
        )
      ], devices: [.init(name: "car", bus: "can")],
      formulas: [.init(tag: "car/rps", expression: "{car/Engine.Speed} / 60")],
      sinks: [.init(name: "s", kind: .file(path: folder.file("out.lp"), format: .influx))])
    configuration.buffer = .init(capacity: 4 << 20, segment: 1 << 20)
    let gateway = try await GatewayRuntime(configuration)
    try await gateway.run()
    #expect(gateway.status.stored == 3000)
    let out = try folder.text(of: "out.lp").split(separator: "\n")
    #expect(out.count == 3000)
    #expect(out[0] == "car Engine.Speed=5.0 1700000000100000000")
    #expect(out[1] == "car Engine.Gear=-1i 1700000000100000000")
    #expect(out[2].hasPrefix("car rps=0.0833"))
    #expect(out[2997] == "car Engine.Speed=5.0 1700000000101099000" || out[2997].contains("5.0"))
  }

  @Test func aConfigurationThatCanNotWorkIsRefusedWithItsPlace() async throws {
    var configuration = configuration(port: 1)
    configuration.formulas = [.init(tag: "pump/x", expression: "{pump/nothing} +")]
    await #expect(throws: ConfigurationError.self) { try await GatewayRuntime(configuration) }
  }

  // MARK: -

  private func configuration(port: UInt16) -> GatewayConfiguration {
    GatewayConfiguration(
      id: "t", dataFolder: folder.file("data"),
      buses: [
        .init(
          name: "plc",
          transport: .modbusTCP(host: "127.0.0.1", port: port, timeout: .seconds(2)))
      ],
      devices: [
        .init(
          name: "pump", bus: "plc", every: .milliseconds(5),
          tags: [
            RegisterTag(name: "a", table: .holding, address: 0),
            RegisterTag(name: "b", table: .holding, address: 1, scale: 0.5),
            RegisterTag(name: "on", table: .coil, address: 3),
          ])
      ], buffer: .init(capacity: 1 << 20, segment: 1 << 17),
      sinks: [
        .init(name: "lp", kind: .file(path: folder.file("out.lp"), format: .influx)),
        .init(name: "jsonl", kind: .file(path: folder.file("out.jsonl"), format: .jsonl)),
      ])
  }

  /// Runs the gateway until the condition holds.
  private func run(
    _ gateway: GatewayRuntime, until isEnough: (GatewayRuntime) -> Bool
  ) async throws {
    let running = Task { try await gateway.run(grace: .milliseconds(300)) }
    while !isEnough(gateway) { await Task.yield() }
    running.cancel()
    try await running.value
  }

  private func sequences(_ file: String = "out.jsonl") throws -> [UInt64] {
    try folder.text(of: file).split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return (object?["seq"] as? NSNumber)?.uint64Value ?? 0
    }
  }
}
