// The device and who asks it run on one processor, where the scheduler has nothing to choose, or on two, where each waits for
// the other to be woken; never wherever the scheduler happens to put them.
import Foundation
import Harness
import Modbus

/// The device: `Peers/Modbus/raw_server.c`, which answers as fast as the kernel lets it.
struct Device: Sendable {
  let port: UInt16
  // Devices serve until the suite ends; it starts them one after the other.
  private nonisolated(unsafe) static var servers: [ChildProgram] = []

  /// Starts it on a processor of its own, or on that of the benchmark.
  init(alone: Bool = false) throws {
    try Placement.run(onProcessor: alone ? 1 : 0)
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
    let server = try ChildProgram(
      root.appending(path: ".build-peers/bin/Modbus-raw_server.c").path, [])
    Self.servers.append(server)
    let line = String(decoding: server.readLine() ?? [], as: UTF8.self)
    guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw ModbusError(.system, "the device of the benchmarks did not start: make bench-peers")
    }
    self.port = port
    try Placement.run(onProcessor: 0)
  }

  var endpoint: ModbusEndpoint { .tcp("127.0.0.1", port: port) }
}

/// 1024 requests of 125 registers.
func plan() throws -> ReadPlan {
  try ReadPlan((0..<1024).map { RegisterBlock(.holding, UInt16($0 * 4), count: 125) })
}

struct WrongAnswer: Error {}

/// The blocking engine on the caller's thread, so many requests under way.
func engine(_ device: Device, inFlight: Int) throws -> Body {
  let plan = try plan()
  // The harness runs one body at a time.
  nonisolated(unsafe) let engine = try ModbusEngine(
    device.endpoint, options: .init(inFlight: inFlight))
  return { iterations in
    var result = ReadResult(for: plan)
    var check: UInt64 = 0
    for _ in 0..<iterations {
      engine.read(plan, into: &result)
      for block in plan.blocks.indices {
        guard let last = try result.registers(ofBlock: block).last else { throw WrongAnswer() }
        check &+= UInt64(last)
      }
    }
    return check
  }
}

/// So many tasks that each await one request after another.
func callers(_ device: Device, count: Int, inFlight: Int) -> Body {
  let client = ModbusClient(device.endpoint, options: .init(inFlight: inFlight))
  return { iterations in
    try await withThrowingTaskGroup(of: UInt64.self) { group in
      for caller in 0..<count {
        group.addTask {
          var check: UInt64 = 0
          for _ in 0..<iterations {
            for request in stride(from: caller, to: 1024, by: count) {
              let values = try await client.readHoldingRegisters(
                (request * 4)..<(request * 4 + 125))
              check &+= UInt64(values[124])
            }
          }
          return check
        }
      }
      return try await group.reduce(0, &+)
    }
  }
}

var suite = BenchmarkSuite("Modbus")

let hasTwoProcessors = ProcessInfo.processInfo.activeProcessorCount > 1
if !hasTwoProcessors {
  FileHandle.standardError.write(
    Data("Modbus: one processor only, so no rows with the device on another\n".utf8))
}
for (depth, isAlone) in [(1, false), (16, false), (64, false), (1, true), (16, true), (64, true)]
where !isAlone || hasTwoProcessors {
  suite.add("engine, \(depth) under way" + (isAlone ? ", device on another processor" : "")) {
    let device = try Device(alone: isAlone)
    return Comparison(
      operation: "request", itemsPerOperation: 1024, bytesPerOperation: 1024 * 250,
      gate: Gate(allocations: 0.05), countedIterations: 4,
      ours: try engine(device, inFlight: depth),
      against: [
        .peer("libmodbus, one", program: "Modbus/libmodbus_read.c", arguments: ["\(device.port)"]),
        .limit(
          "bare socket", program: "Modbus/raw_pipeline.c",
          arguments: ["\(device.port)", "\(depth)"]),
      ])
  }
}

for (count, inFlight) in [(1, 1), (64, 64)] {
  suite.add("async, \(count) callers") {
    let device = try Device()
    return Comparison(
      operation: "request", itemsPerOperation: 1024, bytesPerOperation: 1024 * 250,
      countedIterations: 4, ours: callers(device, count: count, inFlight: inFlight),
      against: [
        .peer("libmodbus, one", program: "Modbus/libmodbus_read.c", arguments: ["\(device.port)"]),
        .peer(
          "pymodbus", program: "Modbus/pymodbus_read.py", arguments: ["\(device.port)", "\(count)"]),
      ])
  }
}

suite.add("async, a plan of 1024 requests, 16 under way") {
  let device = try Device()
  let client = ModbusClient(device.endpoint, options: .init(inFlight: 16))
  let plan = try plan()
  return Comparison(
    operation: "request", itemsPerOperation: 1024, bytesPerOperation: 1024 * 250,
    countedIterations: 4,
    ours: { iterations in
      var check: UInt64 = 0
      for _ in 0..<iterations {
        let result = try await client.read(plan)
        for block in plan.blocks.indices {
          guard let last = try result.registers(ofBlock: block).last else { throw WrongAnswer() }
          check &+= UInt64(last)
        }
      }
      return check
    },
    against: [
      .peer("libmodbus, one", program: "Modbus/libmodbus_read.c", arguments: ["\(device.port)"])
    ])
}

suite.run()
