import Glibc
import Testing

@testable import Modbus

/// The kernel goes on sending what it has taken, for minutes if it must. A write of which its caller was told that it timed out
/// would so reach a device that was away, behind newer ones.
@Suite("The end of a connection", .timeLimit(.minutes(15)))
struct ConnectionEndTests {
  private let arrivals = AsyncStream<Void>.makeStream()
  private let ends = AsyncStream<Int32>.makeStream()

  /// Says when the first bytes have come, and how the connection ended.
  private func peer(answers: Bool) throws -> ScriptedPeer {
    try ScriptedPeer { [arrivals, ends] connection in
      if answers {
        if let request = connection.request() { connection.send(request.answer) }
      } else {
        _ = connection.bytes(8)
      }
      arrivals.continuation.yield()
      ends.continuation.yield(connection.ending())
    }
  }

  private func endpoint(_ peer: ScriptedPeer, isRTU: Bool) -> ModbusEndpoint {
    isRTU ? .rtuOverTCP("127.0.0.1", port: peer.port) : .tcp("127.0.0.1", port: peer.port)
  }

  private func firstEnd() async -> Int32? {
    for await end in ends.stream { return end }
    return nil
  }

  @Test("is a reset when it is given up for silence", arguments: [false, true])
  func silence(isRTU: Bool) async throws {
    let peer = try peer(answers: false)
    defer { peer.stop() }
    let client = ModbusClient(
      endpoint(peer, isRTU: isRTU),
      options: .init(timeout: .milliseconds(300), silentTimeouts: 1))
    let error = await #expect(throws: ModbusError.self) { try await client.writeRegister(1, at: 7) }
    #expect(error?.code == .timeout)
    #expect(await firstEnd() == ECONNRESET)
  }

  @Test("is a reset when the client is closed with a request under way", arguments: [false, true])
  func closing(isRTU: Bool) async throws {
    let peer = try peer(answers: false)
    defer { peer.stop() }
    let client = ModbusClient(
      endpoint(peer, isRTU: isRTU), options: .init(timeout: .seconds(600)))
    let write = Task { try await client.writeRegister(1, at: 7) }
    for await _ in arrivals.stream { break }
    client.close()
    let error = await #expect(throws: ModbusError.self) { try await write.value }
    #expect(error?.code == .closed)
    #expect(await firstEnd() == ECONNRESET)
  }

  @Test("is in order when all has been answered")
  func answered() async throws {
    let peer = try peer(answers: true)
    defer { peer.stop() }
    let client = ModbusClient(
      endpoint(peer, isRTU: false), options: .init(timeout: .seconds(20)))
    #expect(try await client.readHoldingRegisters(3..<4) == [3])
    client.close()
    #expect(await firstEnd() == 0)
  }
}
