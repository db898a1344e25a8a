// A gateway from its start to its end: a recorded bus is read, decoded, computed with, stored durably and written as line protocol.
import BusRecording
import CANCore
import Foundation
@_spi(Benchmarks) import Gateway
import Harness

var suite = BenchmarkSuite("Gateway")

/// Sends a recorded bus through a gateway: decoded, computed with, stored durably and written as line protocol.
@Sendable func forward(_ bus: BusRecording) async throws {
  let count = bus.frames.headers.count * BusRecording.signalsPerFrame
  let data = "\(bus.folder)/data"
  let output = "\(bus.folder)/plant.lp"
  for path in [data, output] { try? FileManager.default.removeItem(atPath: path) }
  let configuration = try GatewayConfiguration(
    yaml: """
      schema: iiot/1
      gateway: {id: bench, data: \(data)}
      buses:
        can: {driver: can-log, path: \(bus.logPath), dbc: \(bus.databasePath)}
      devices:
        bus: {bus: can}
      formulas:
        bus/power: {expression: "{bus/Unit0.Value0} * {bus/Unit0.Value1} / 1000"}
      buffer: {capacity: 64MiB}
      sinks:
        archive: {type: file, path: \(output), format: influx}
      """)
  let gateway = try await GatewayRuntime(configuration)
  try await gateway.run(grace: .seconds(60))
  let status = gateway.status
  guard status.sinks.first?.counts.delivered == status.stored, status.stored > count else {
    throw Loss()
  }
}

suite.add("a recorded bus to line protocol, through the buffer") {
  let bus = try BusRecording(frameCount: 100_000)
  let count = bus.frames.headers.count * BusRecording.signalsPerFrame
  return Comparison(
    operation: "sample", itemsPerOperation: Double(count), gate: Gate(allocations: 0.1),
    countedIterations: 2, isThreaded: true,
    ours: { iterations in
      for _ in 0..<iterations { try await forward(bus) }
      return UInt64(iterations * count)
    },
    against: [
      .peer(
        "cantools to a file, no buffer", program: "Gateway/cantools_pipeline.py",
        arguments: [bus.databasePath, bus.logPath, "\(bus.folder)/peer.lp"])
    ])
}

suite.add("the same with the ledger, beside itself without") {
  let bus = try BusRecording(frameCount: 100_000)
  let count = bus.frames.headers.count * BusRecording.signalsPerFrame
  return Comparison(
    operation: "sample", itemsPerOperation: Double(count), countedIterations: 0,
    ours: { iterations in
      LedgerSwitch.isOn = true
      for _ in 0..<iterations { try await forward(bus) }
      return UInt64(iterations * count)
    },
    against: [
      .limit("the same, not counted") { iterations in
        LedgerSwitch.isOn = false
        defer { LedgerSwitch.isOn = true }
        for _ in 0..<iterations { try await forward(bus) }
        return UInt64(iterations * count)
      }
    ])
}

/// Not all that was stored has been forwarded.
struct Loss: Error {}

suite.run()
