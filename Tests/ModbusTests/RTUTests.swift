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
