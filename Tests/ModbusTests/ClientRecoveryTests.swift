import Foundation
import IndustrialModel
import Synchronization
import TestSupport
import Testing

@testable import Modbus

@Suite("What goes wrong on the wire costs its own request and no other", .timeLimit(.minutes(15)))
struct ClientRecoveryTests {
  private func client(_ peer: ScriptedPeer, _ change: (inout ModbusOptions) -> Void = { _ in })
    -> ModbusClient
  {
    var options = ModbusOptions(
      timeout: .seconds(20),
      backoff: .init(initial: .milliseconds(1), maximum: .milliseconds(20)))
    change(&options)
    return ModbusClient(.tcp("127.0.0.1", port: peer.port), options: options)
  }

  @Test("a late answer loses only its request, without reconnecting")
  func lateAnswer() async throws {
    // The sixth request is answered after its time, when the seventh has come.
    let peer = try ScriptedPeer { connection in
      var number = 0
      var late: [UInt8] = []
      while let request = connection.request() {
        number += 1
        if number == 6 {
          late = request.answer
        } else {
          connection.send(late + request.answer)
          late = []
        }
      }
    }
    defer { peer.stop() }
    // Long enough for a busy machine's peer to answer in, wherever an answer comes.
    let client = client(peer) { $0.timeout = .seconds(1) }
    for number in 1...30 {
      if number == 6 {
        let error = await #expect(throws: ModbusError.self) {
          try await client.readHoldingRegisters(60..<62)
        }
        #expect(error?.code == .timeout)
        #expect(error?.address == .holding(60))
      } else {
        let start = number * 10
        #expect(
          try await client.readHoldingRegisters(start..<(start + 2))
            == [UInt16(start), UInt16(start + 1)])
      }
    }
    #expect(client.statistics.connections == 1)
    #expect(client.statistics.lateAnswers == 1)
    #expect(client.statistics.timeouts == 1)
  }

  @Test("answers may come byte by byte, merged, in reverse and twice")
  func scrambledDelivery() async throws {
    let peer = try ScriptedPeer { connection in
      var waiting: [ScriptedPeer.Request] = []
      while let request = connection.request() {
        waiting.append(request)
        guard waiting.count == 4 else { continue }
        let bytes = waiting.reversed().flatMap { $0.answer + $0.answer }
        for byte in bytes { connection.send([byte]) }
        waiting = []
      }
    }
    defer { peer.stop() }
    let client = client(peer) {
      $0.inFlight = 4
      $0.timeout = .seconds(20)
    }
    let plan = try ReadPlan((0..<16).map { RegisterBlock(.holding, UInt16($0 * 100), count: 3) })
    for _ in 0..<5 {
      let result = try await client.read(plan)
      for block in 0..<16 {
        let start = UInt16(block * 100)
        #expect(try Array(result.registers(ofBlock: block)) == [start, start + 1, start + 2])
      }
    }
    #expect(client.statistics.strayAnswers >= 76)
    #expect(client.statistics.connections == 1)
  }

  @Test("an answer of another unit is refused, and never taken for a value")
  func foreignUnit() async throws {
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        var answer = request.answer
        if request.address == 5 { answer[6] = 9 }
        connection.send(answer)
      }
    }
    defer { peer.stop() }
    let client = client(peer)
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(5..<6)
    }
    #expect(error?.code == .malformedReply)
    #expect(error?.message.contains("unit 9") == true)
    #expect(try await client.readHoldingRegisters(6..<7) == [6])
    #expect(client.statistics.connections == 1)
  }

  @Test("a read whose connection is cut is asked again on the next one")
  func cutConnection() async throws {
    let peer = try ScriptedPeer { connection in
      var count = 0
      while let request = connection.request() {
        count += 1
        // Every connection gives two answers and ends in the middle of the third.
        if count == 3 {
          connection.send(Array(request.answer.prefix(7)))
          if connection.number % 2 == 0 { connection.reset() }
          return
        }
        connection.send(request.answer)
      }
    }
    defer { peer.stop() }
    let client = client(peer) { $0.timeout = .seconds(20) }
    for number in 0..<20 {
      #expect(try await client.readHoldingRegisters(number..<(number + 1)) == [UInt16(number)])
    }
    #expect(client.statistics.connections >= 7)
    #expect(client.statistics.timeouts == 0)
  }

  @Test("a write whose connection is cut is not sent again, and the error says what that means")
  func cutWrite() async throws {
    let writes = Mutex(0)
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        if request.function == 6 {
          writes.withLock { $0 += 1 }
          return
        }
        connection.send(request.answer)
      }
    }
    defer { peer.stop() }
    let client = client(peer) { $0.timeout = .seconds(20) }
    #expect(try await client.readHoldingRegisters(0..<1) == [0])
    let error = await #expect(throws: ModbusError.self) { try await client.writeRegister(1, at: 7) }
    #expect(error?.code == .connectionLost)
    #expect(error?.advice?.contains("may have happened") == true)
    #expect(try await client.readHoldingRegisters(3..<4) == [3])
    #expect(writes.withLock { $0 } == 1)
  }

  @Test("a device that falls silent is connected to anew")
  func silence() async throws {
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        // The first connection falls silent after one answer.
        if connection.number > 0 || request.address == 0 { connection.send(request.answer) }
      }
    }
    defer { peer.stop() }
    let client = client(peer) {
      $0.silentTimeouts = 2
      $0.timeout = .seconds(1)
    }
    #expect(try await client.readHoldingRegisters(0..<1) == [0])
    for _ in 0..<2 {
      let error = await #expect(throws: ModbusError.self) {
        try await client.readHoldingRegisters(1..<2)
      }
      #expect(error?.code == .timeout)
    }
    #expect(try await client.readHoldingRegisters(1..<2) == [1])
    #expect(client.statistics.connections == 2)
  }

  @Test("nobody listening is said so, and later somebody is found")
  func refusedThenFound() async throws {
    let port = try Loopback.freePort()
    let first = try ModbusServer(port: port)
    first.close()
    let client = ModbusClient(
      .tcp("127.0.0.1", port: port),
      options: .init(backoff: .init(initial: .milliseconds(1), maximum: .milliseconds(5))))
    var error: ModbusError?
    // The port closes a moment after `close`, and a busy machine may take longer to refuse than the client waits.
    for _ in 0..<1000 {
      do { _ = try await client.readCoils(0..<1) } catch let caught as ModbusError {
        error = caught
        if caught.code == .connectFailed, caught.message.contains("refused") { break }
      }
    }
    #expect(error?.code == .connectFailed)
    #expect(error?.message.contains("refused") == true, "\(String(describing: error))")
    #expect(error?.location?.contains("modbus://127.0.0.1:\(port), unit 1") == true)
    let second = try ModbusServer(port: port)
    var values: [Bool]?
    for _ in 0..<1000 where values == nil { values = try? await client.readCoils(0..<1) }
    #expect(values == [false])
    second.close()
  }

  @Test("a name without an address is said so")
  func unknownHost() async throws {
    let client = ModbusClient(
      .tcp("no-such-host.invalid"), options: .init(connectTimeout: .seconds(20)))
    let error = await #expect(throws: ModbusError.self) { try await client.readCoils(0..<1) }
    #expect(error?.code == .hostNotFound)
  }

  @Test("a cancelled call ends at once and leaves the client usable")
  func cancellation() async throws {
    let arrived = AsyncStream<Void>.makeStream()
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        if request.address == 9 {
          arrived.continuation.yield()
        } else {
          connection.send(request.answer)
        }
      }
    }
    defer { peer.stop() }
    // Far longer than the test may take.
    let client = client(peer) {
      $0.timeout = .seconds(600)
      $0.inFlight = 2
    }
    let stuck = Task { try await client.readHoldingRegisters(9..<10) }
    for await _ in arrived.stream { break }
    stuck.cancel()
    await #expect(throws: CancellationError.self) { try await stuck.value }
    #expect(try await client.readHoldingRegisters(1..<2) == [1])
    #expect(client.statistics.connections == 1)
    // One that is cancelled before it starts sends nothing.
    let never = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await client.readHoldingRegisters(2..<3)
    }
    await #expect(throws: CancellationError.self) { try await never.value }
  }

  @Test("closing ends what is under way")
  func closing() async throws {
    let arrived = AsyncStream<Void>.makeStream()
    let peer = try ScriptedPeer { connection in
      while connection.request() != nil { arrived.continuation.yield() }
    }
    defer { peer.stop() }
    let client = client(peer) { $0.timeout = .seconds(600) }
    let stuck = Task { try await client.readHoldingRegisters(9..<10) }
    for await _ in arrived.stream { break }
    client.close()
    let error = await #expect(throws: ModbusError.self) { try await stuck.value }
    #expect(error?.code == .closed)
    let later = await #expect(throws: ModbusError.self) { try await client.readCoils(0..<1) }
    #expect(later?.code == .closed)
  }

  @Test("a device that does not keep what was written is caught")
  func notVerified() async throws {
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        if request.function == 6 {
          connection.send(request.bytes)
        } else {
          connection.send(request.answer)
        }
      }
    }
    defer { peer.stop() }
    let client = client(peer)
    let error = await #expect(throws: ModbusError.self) {
      try await client.write(.uint64(5), to: .holding(7), as: .uint16)
    }
    #expect(error?.code == .notVerified)
    #expect(error?.message == "the device holds 7 after 5 was written")
    try await client.write(.uint64(5), to: .holding(7), as: .uint16, verify: false)
  }

  @Test("a dead unit behind a gateway does not hold up the others, and is found again")
  func deadUnit() async throws {
    let isAlive = Atomic(false)
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        if request.unit == 2, !isAlive.load(ordering: .relaxed) { continue }
        connection.send(request.answer)
      }
    }
    defer { peer.stop() }
    let client = client(peer) {
      $0.timeout = .milliseconds(500)
      // Long beside a round, however busy the machine.
      $0.backoff = .init(initial: .seconds(2), maximum: .seconds(2))
    }
    let plan = try ReadPlan([
      RegisterBlock(.holding, 1, count: 1, unit: 1), RegisterBlock(.holding, 2, count: 1, unit: 2),
      RegisterBlock(.holding, 3, count: 1, unit: 3),
    ])
    for _ in 0..<8 {
      let result = try await client.read(plan)
      #expect(result.error(ofBlock: 0) == nil && result.error(ofBlock: 2) == nil)
      #expect(result.error(ofBlock: 1)?.code == .timeout)
    }
    // Most of those rounds did not wait for it.
    #expect(client.statistics.timeouts < 8)
    isAlive.store(true, ordering: .relaxed)
    var isBack = false
    for _ in 0..<20_000 where !isBack {
      isBack = try await client.read(plan).isComplete
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(isBack)
  }

  @Test("a device says what it is, in several answers")
  func identification() async throws {
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        // The specification's example, cut in two.
        let head: [UInt8] = [43, 14, 2, 1]
        let pdu =
          request.bytes[10] == 0
          ? head + [0xFF, 2, 2, 0, 3] + Array("ACM".utf8) + [1, 2] + Array("P1".utf8)
          : head + [0, 0, 1, 2, 5] + Array("V2.11".utf8)
        connection.send(request.frame(pdu: pdu))
      }
    }
    defer { peer.stop() }
    let device = try await client(peer).identify()
    #expect(device.vendor == "ACM" && device.productCode == "P1" && device.revision == "V2.11")
  }
}
