import Foundation
import IndustrialModel
import Modbus
import TestSupport
import Testing

@testable import Gateway

/// In a process of its own, so that nobody else is refused anything.
@Suite(
  "A Modbus bus on a machine that has run out of something",
  .enabled(if: !isSanitized, "needs no sanitizer"), .timeLimit(.minutes(10)))
struct ModbusDriverTests {
  @Test("has bad tags and says why, and reads as soon as there is a descriptor again")
  func noDescriptors() async {
    await #expect(processExitsWith: .success) {
      let server = try ModbusServer(port: 0)
      let configuration = GatewayConfiguration(
        id: "few", dataFolder: "/no/such/folder",
        buses: [
          .init(
            name: "b",
            transport: .modbusTCP(host: "127.0.0.1", port: server.port, timeout: .seconds(20)))
        ],
        devices: [
          .init(
            name: "d", bus: "b", every: .milliseconds(20),
            tags: [RegisterTag(name: "x", table: .holding, address: 0, type: .int16)])
        ])
      let bench = try DriverBench(configuration)
      // Without an end of the waiting there would be none of the process.
      let end = ContinuousClock.now + .seconds(120)

      refuseEventfd(true)
      bench.take()
      bench.start()
      try await bench.wait {
        $0.latest["d/x"]?.quality.isBad == true || ContinuousClock.now > end
      }
      #expect(bench.latest["d/x"]?.quality.isBad == true)
      #expect(bench.latest["d/x"]?.value == Value.none)
      refuseEventfd(false)
      try await bench.wait {
        $0.latest["d/x"]?.quality.isGood == true && $0.events.all.count >= 2
          || ContinuousClock.now > end
      }
      #expect(bench.latest["d/x"]?.quality.isGood == true)
      let events = bench.events.all
      #expect(events.map(\.phase) == [.begins, .ends], "\(events)")
      #expect(events.first?.message.contains("no descriptor is left") == true, "\(events)")
      #expect(await bench.stop())
    }
  }
}
