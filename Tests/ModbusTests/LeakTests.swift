import Foundation
import TestSupport
import Testing

@testable import Modbus

/// Each in a process of its own, where nobody else makes threads, opens files or takes memory.
@Suite("What comes and goes leaves nothing behind", .timeLimit(.minutes(10)))
struct LeakTests {
  @Test("clients that read once")
  func clients() async {
    await #expect(processExitsWith: .success) {
      let server = try ModbusServer(port: 0)
      try await Footprint.staysTheSame { _ in
        let client = ModbusClient(
          .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
        let values = try await client.readHoldingRegisters(0..<1)
        #expect(values == [0])
      }
    }
  }

  @Test("clients that nobody answers, that are cancelled, or closed in mid-call")
  func failures() async {
    await #expect(processExitsWith: .success) {
      // It takes connections and says nothing.
      let peer = try ScriptedPeer { connection in while connection.request() != nil {} }
      let port = peer.port
      try await Footprint.staysTheSame { cycle in
        let isRefused = cycle % 3 == 0
        let client = ModbusClient(
          .tcp("127.0.0.1", port: isRefused ? Loopback.refusingPort : port),
          options: .init(timeout: .seconds(60)))
        let call = Task { try await client.readHoldingRegisters(0..<1) }
        if cycle % 3 == 1 { call.cancel() }
        if cycle % 3 == 2 {
          await Task.yield()
          client.close()
        }
        let result = await call.result
        #expect(throws: (any Error).self) { try result.get() }
      }
      peer.stop()
    }
  }

  @Test("servers with a client each")
  func servers() async {
    await #expect(processExitsWith: .success) {
      try await Footprint.staysTheSame { _ in
        let server = try ModbusServer(port: 0)
        let client = ModbusClient(
          .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
        try await client.writeRegister(7, at: 3)
        server.close()
      }
    }
  }
}

extension Footprint {
  /// KiB in use.
  fileprivate static func memory() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1])) * 4
  }

  /// Runs so many cycles that what one leaves behind would be seen: 200, and 10,000 with IIOT_SOAK=1.
  fileprivate static func staysTheSame(_ cycle: (Int) async throws -> Void) async throws {
    let cycles = Soak.isOn ? 10_000 : 200
    let first = cycles / 10
    for number in 0..<first { try await cycle(number) }
    let before = try await settled(atMost: nil)
    let memory = try memory()
    for number in first..<cycles { try await cycle(number) }
    let after = try await settled(atMost: before)
    #expect(after.threads <= before.threads, "after \(cycles) cycles, \(before) before")
    #expect(after.descriptors <= before.descriptors, "after \(cycles) cycles, \(before) before")
    let growth = try Self.memory() - memory
    // Less than a kilobyte a cycle: the allocator's own habits, no object of ours.
    if Soak.isOn { #expect(growth < 8 * 1024, "KiB more after the last 9 of 10 parts") }
    if Soak.isOn { print("\(cycles) cycles: \(before), then \(after), \(growth) KiB more") }
  }
}
