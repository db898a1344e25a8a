import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Modbus

@Suite(
  "Through a wire that lies, every call ends with the right value or an error",
  .timeLimit(.minutes(15)))
struct MischiefTests {
  /// IIOT_SOAK=1 makes it a hundred times as long.

  /// No two places near each other look alike.
  private func value(_ address: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (UInt64(address) &+ 1) &* 0x9E37_79B9_7F4A_7C15 >> 40)
  }

  private func device() throws -> ModbusServer {
    let server = try ModbusServer(port: 0)
    server.withBank { bank in
      for address in 0..<2000 { bank[holding: address] = value(address) }
    }
    return server
  }

  /// Reads and writes at random; gives back how many calls succeeded and failed.
  private func ask(
    _ client: ModbusClient, caller: Int, callers: Int, count: Int, generator: SeededGenerator
  ) async throws -> (good: Int, failed: Int) {
    var generator = generator
    var (good, failed) = (0, 0)
    for number in 0..<count {
      // Callers differ in what they ask for at a time: with a corrupted transaction number an answer of the right
      // length would be another's, and nobody could tell.
      let length =
        1 + caller + callers
        * (Int.random(in: 0..<max(3, 12 / callers), using: &generator)
          + (callers == 1 ? number % 2 * 12 : 0))
      let start = Int.random(in: 0..<1900, using: &generator)
      do {
        if number % 10 == 9 {
          try await client.writeRegister(
            UInt16(truncatingIfNeeded: 1 + caller * count + number), at: UInt16(5000 + caller))
        } else {
          let values = try await client.readHoldingRegisters(start..<(start + length))
          #expect(values == (start..<(start + length)).map(value), "caller \(caller)")
        }
        good += 1
      } catch let error as ModbusError {
        failed += 1
        #expect(error.code != .closed && error.code != .system, "\(error)")
        if number % 10 == 9, [.timeout, .connectionLost].contains(error.code) {
          #expect(
            error.advice?.contains("may have happened") == true
              || error.advice?.contains("nothing was written") == true)
        }
      }
    }
    return (good, failed)
  }

  private func run(_ framing: MischievousProxy.Framing, callers: Int, count: Int, seed: UInt64)
    async throws
  {
    let server = try device()
    let timeout: Duration = .milliseconds(200)
    // Late: after the timeout, and on a serial line within the silence that follows it.
    let proxy = try MischievousProxy(
      to: server.port, framing: framing, seed: seed,
      lateness: framing == .tcp ? 1_000...400_000 : 210_000...300_000)
    defer { proxy.stop() }
    let options = ModbusOptions(
      inFlight: callers, timeout: timeout,
      backoff: .init(initial: .milliseconds(1), maximum: .milliseconds(50)))
    let client = ModbusClient(
      framing == .tcp
        ? .tcp("127.0.0.1", port: proxy.port) : .rtuOverTCP("127.0.0.1", port: proxy.port),
      options: options)
    let results = try await withThrowingTaskGroup(of: (good: Int, failed: Int).self) { group in
      for caller in 0..<callers {
        group.addTask {
          try await ask(
            client, caller: caller, callers: callers, count: count,
            generator: SeededGenerator(seed: seed &* 1000 &+ UInt64(caller)))
        }
      }
      return try await group.reduce(into: (good: 0, failed: 0)) {
        $0.good += $1.good
        $0.failed += $1.failed
      }
    }
    #expect(results.good > results.failed, "seed \(seed): \(results), \(proxy.statistics)")
    #expect(results.failed > 0, "the proxy did nothing: \(proxy.statistics)")
    // No write was ever sent twice.
    #expect(proxy.writes.values.allSatisfy { $0 == 1 }, "seed \(seed): \(proxy.writes)")
    #expect(!proxy.writes.isEmpty)
    // And when the wire is good again, so is the client, without anybody's help.
    proxy.calmDown()
    var inARow = 0
    for _ in 0..<2000 where inARow < 50 {
      let values = try? await client.readHoldingRegisters(7..<19)
      if let values { #expect(values == (7..<19).map(value)) }
      inARow = values == nil ? 0 : inARow + 1
    }
    #expect(inARow == 50, "seed \(seed): \(client.statistics)")
    if Soak.isOn {
      print("\(framing), seed \(seed): \(results), \(proxy.statistics), \(client.statistics)")
    }
  }

  @Test("Modbus TCP, eight callers", arguments: [UInt64(1), 2])
  func tcp(seed: UInt64) async throws {
    try await run(.tcp, callers: 8, count: Soak.isOn ? 6000 : 60, seed: seed)
  }

  @Test("Modbus TCP, one request at a time")
  func sequential() async throws {
    try await run(.tcp, callers: 1, count: Soak.isOn ? 10_000 : 100, seed: 3)
  }

  @Test("RTU over TCP, where any bit may be wrong")
  func rtu() async throws {
    try await run(.rtu, callers: 1, count: Soak.isOn ? 10_000 : 100, seed: 4)
  }
}
