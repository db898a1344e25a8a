import Foundation
import IndustrialModel
import Synchronization
import TestSupport
import Testing

@testable import Modbus

@Suite("Serial frames are found by unit, function, length and check")
struct RTUExchangeTests {
  private func frame(_ bytes: [UInt8]) -> [UInt8] {
    let check = CRC16.of(bytes)
    return bytes + [UInt8(check & 255), UInt8(check >> 8)]
  }

  private func begun(replyLength: Int = 4) -> RTUExchange {
    var exchange = RTUExchange()
    _ = exchange.begin(unit: 5, function: 3, replyLength: replyLength, deadline: 100)
    return exchange
  }

  @Test(
    "an answer is found behind noise, an echo and another unit's answer, however it is split",
    arguments: 1...12)
  func found(step: Int) {
    var exchange = begun()
    let echo = frame([5, 3, 0, 9, 0, 1])
    let other = frame([6, 3, 2, 0, 1])
    let bytes = [0, 5, 3, 255] + echo + other + frame([5, 3, 2, 0xAB, 0xCD])
    #expect(feed(&exchange, bytes, step: step) == [[3, 2, 0xAB, 0xCD]])
    #expect(exchange.count == 0)
  }

  @Test("a flipped bit anywhere makes no answer")
  func damaged() {
    let good = frame([5, 3, 2, 0xAB, 0xCD])
    for bit in 0..<(good.count * 8) {
      var exchange = begun()
      var bytes = good
      bytes[bit >> 3] ^= 1 << UInt8(bit & 7)
      #expect(feed(&exchange, bytes, step: 99).isEmpty, "bit \(bit)")
      #expect(exchange.expire(at: 100) == 0)
    }
  }

  @Test("exceptions, and answers whose length is not known")
  func others() {
    var exchange = begun(replyLength: 100)
    #expect(feed(&exchange, frame([5, 0x83, 2]), step: 2) == [[0x83, 2]])
    exchange = begun(replyLength: 0)
    #expect(feed(&exchange, frame([5, 3, 9, 9, 9, 9, 9]), step: 99) == [[3, 9, 9, 9, 9, 9]])
  }

  @Test("noise without end takes no memory and hides no answer", arguments: UInt64(0)..<50)
  func fuzz(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var exchange = begun()
    let noise = (0..<3000).map { _ in UInt8.random(in: 0...7, using: &generator) }
    let answers = feed(&exchange, noise + frame([5, 3, 2, 1, 2]), step: 17)
    #expect(answers.last == [3, 2, 1, 2], "seed \(seed)")
  }
}

@Suite("RTU over TCP", .timeLimit(.minutes(15)))
struct RTUOverTCPTests {
  /// Answers serial frames over a socket; holding registers hold their address.
  private func answer(to frame: [UInt8]) -> [UInt8] {
    let address = UInt16(frame[2]) << 8 | UInt16(frame[3])
    let count = Int(frame[5])
    var bytes: [UInt8] = [frame[0], frame[1], UInt8(2 * count)]
    for offset in 0..<UInt16(count) {
      let value = address + offset
      bytes += [UInt8(value >> 8), UInt8(value & 255)]
    }
    let check = CRC16.of(bytes)
    return bytes + [UInt8(check & 255), UInt8(check >> 8)]
  }

  @Test("reads, and a late answer is not taken for the next one's")
  func late() async throws {
    let peer = try ScriptedPeer { connection in
      var number = 0
      while let frame = connection.bytes(8) {
        number += 1
        // The third answer comes long after its time.
        if number == 3 { usleep(1_300_000) }
        connection.send(answer(to: frame))
      }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .rtuOverTCP("127.0.0.1", port: peer.port), options: .init(timeout: .seconds(1)))
    for number in 1...8 {
      let expected = [UInt16(number * 10), UInt16(number * 10 + 1)]
      do {
        let values = try await client.readHoldingRegisters(
          (number * 10)..<(number * 10 + 2), unit: 4)
        #expect(values == expected)
        #expect(number != 3)
      } catch let error as ModbusError {
        #expect(number == 3 && error.code == .timeout)
      }
    }
    #expect(client.statistics.connections == 1)
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(0..<1, unit: 0)
    }
    #expect(error?.code == .invalidRequest)
  }

  /// A serial device server gives what the line brings to whoever is connected. The old answer comes on the new connection as soon as
  /// its time has come, or in the place of the first one there; from then on each request would have its predecessor's.
  @Test(
    "an answer that was owed when the connection ended is nobody's", arguments: [4, 3] as [UInt8])
  func lostConnection(first: UInt8) async throws {
    let owed = Mutex<[UInt8]>([])
    let peer = try ScriptedPeer { connection in
      guard connection.number > 0 else {
        if let frame = connection.bytes(8) { connection.send(answer(to: frame)) }
        // The device is still at work on this one.
        if let frame = connection.bytes(8) { owed.withLock { $0 = answer(to: frame) } }
        return
      }
      var answers: [[UInt8]] = connection.number == 1 ? [owed.withLock { $0 }] : []
      if !answers.isEmpty, !connection.hasNews(within: 200) {
        connection.send(answers.removeFirst())
      }
      while let frame = connection.bytes(8) {
        answers.append(answer(to: frame))
        connection.send(answers.removeFirst())
      }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .rtuOverTCP("127.0.0.1", port: peer.port), options: .init(timeout: .seconds(3)))
    // Unit 4 alone on the wire, or beside another one.
    #expect(try await client.readHoldingRegisters(0..<2, unit: first) == [0, 1])
    for number in 1...6 {
      let values = try await client.readHoldingRegisters((number * 10)..<(number * 10 + 2), unit: 4)
      #expect(values == [UInt16(number * 10), UInt16(number * 10 + 1)])
    }
    #expect(client.statistics.connections == 2 && client.statistics.timeouts == 0)
  }

  @Test("so is that of a write, and the write is not sent again")
  func lostWrite() throws {
    let owed = Mutex<[UInt8]>([])
    let asked = Mutex<[UInt8]>([])
    let peer = try ScriptedPeer { connection in
      guard connection.number > 0 else {
        // The answer to a write of one place is its request, byte by byte.
        if let frame = connection.bytes(8) { owed.withLock { $0 = frame } }
        return
      }
      var answers: [[UInt8]] = [owed.withLock { $0 }]
      if !connection.hasNews(within: 200) { connection.send(answers.removeFirst()) }
      while let frame = connection.bytes(8) {
        asked.withLock { $0.append(frame[5]) }
        answers.append(frame)
        connection.send(answers.removeFirst())
      }
    }
    defer { peer.stop() }
    let engine = WireEngine(
      .rtuOverTCP("127.0.0.1", port: peer.port), options: .init(timeout: .seconds(3)),
      wakeup: try Wakeup())
    func write(_ value: UInt16) -> Job {
      Job(RequestMessage.writeRegister(value, at: 7, unit: 4))
    }
    let lost = write(1)
    engine.submit(lost)
    while lost.remaining > 0 { engine.turn() }
    guard case .failure(let error)? = lost.answer else {
      Issue.record("the write has an answer")
      return
    }
    #expect(error.code == .connectionLost)
    #expect(!engine.pauses.isEmpty)
    let next = write(2)
    engine.submit(next)
    while next.remaining > 0 { engine.turn() }
    let answer = try #require(next.answer).get()
    #expect(answer == [6, 0, 7, 0, 2])
    #expect(engine.pauses.isEmpty)
    #expect(asked.withLock { $0 } == [2])
    engine.shutDown()
  }
}

@Suite(
  "RTU on a serial port", .enabled(if: LibmodbusPeer.isThere, "needs a C compiler"),
  .timeLimit(.minutes(15)))
struct SerialTests {
  @Test("libmodbus at the other end of a pseudo terminal is read and written")
  func pseudoTerminal() async throws {
    let device = try await LibmodbusPeer.rtu()
    let url = try ModbusURL("modbus+rtu://\(device.path)?unit=9&baud=115200&parity=N&timeout=2s")
    let client = ModbusClient(url)
    #expect(try await client.readHoldingRegisters(0..<100, unit: 9) == (0..<100).map { 500 + $0 })
    try await client.writeRegisters([1, 2, 3], at: 10, unit: 9)
    try await client.writeCoils([true, true, false, true], at: 3, unit: 9)
    #expect(try await client.readHoldingRegisters(9..<14, unit: 9) == [509, 1, 2, 3, 513])
    #expect(try await client.readCoils(2..<8, unit: 9) == [false, true, true, false, true, false])
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(299..<301, unit: 9)
    }
    #expect(error?.exception == .illegalDataAddress)
    #expect(error?.bus == "modbus+rtu://\(device.path)")
    // A broadcast write is carried out and not answered.
    try await client.writeRegister(77, at: 20, unit: 0)
    #expect(try await client.readHoldingRegisters(20..<21, unit: 9) == [77])
    try await client.write(
      .uint64(78), to: .holding(20), as: .uint16, unit: 0, verify: false)
    #expect(try await client.readHoldingRegisters(20..<21, unit: 9) == [78])
    #expect(try await client.send(.writeSingleRegister, data: [0, 20, 0, 79], unit: 0) == [])
    #expect(try await client.readHoldingRegisters(20..<21, unit: 9) == [79])
    withExtendedLifetime(device) {}
  }

  @Test("what needs an answer is no broadcast, and is refused before anything is written")
  func unanswerable() async throws {
    let device = try await LibmodbusPeer.rtu()
    let client = ModbusClient(
      try ModbusURL("modbus+rtu://\(device.path)?unit=9&baud=115200&parity=N&timeout=2s"))
    var error = await #expect(throws: ModbusError.self) {
      try await client.readWriteRegisters(reading: 30..<31, writing: [5], at: 30, unit: 0)
    }
    #expect(error?.code == .invalidRequest)
    error = await #expect(throws: ModbusError.self) {
      try await client.send(.readHoldingRegisters, data: [0, 30, 0, 1], unit: 0)
    }
    #expect(error?.code == .invalidRequest)
    error = await #expect(throws: ModbusError.self) {
      try await client.write(.uint64(5), to: .holding(31), as: .uint16, unit: 0)
    }
    #expect(error?.code == .invalidRequest)
    #expect(error?.address == .holding(31))
    #expect(try await client.readHoldingRegisters(30..<32, unit: 9) == [530, 531])
    withExtendedLifetime(device) {}
  }

  @Test("a port that is not there is said so")
  func noPort() async throws {
    let client = ModbusClient(.rtu(SerialLine("/dev/no-such-port")))
    let error = await #expect(throws: ModbusError.self) { try await client.readCoils(0..<1) }
    #expect(error?.code == .connectFailed)
    #expect(error?.errno == ENOENT)
  }
}
