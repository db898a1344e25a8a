import Foundation
import TestSupport
import Testing

@testable import Modbus

/// One request of another implementation, with its bytes.
struct RequestVector: Decodable, Sendable, CustomTestStringConvertible {
  struct Arguments: Decodable, Sendable {
    var count: Int?
    var registers: [UInt16]?
    var bits: [Bool]?
  }
  var address: UInt16
  var args: Arguments
  var request: String
  var rtu: String
  var tcp: String
  var tid: UInt16
  var unit: UInt8

  var testDescription: String { "\(tid) \(request)" }

  static let file: URL = {
    let corpus =
      ProcessInfo.processInfo.environment["IIOT_CORPUS"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../shared/corpus").standardizedFileURL
    return corpus.appendingPathComponent("protocols/modbus_requests.jsonl")
  }()
  static let isPresent = FileManager.default.fileExists(atPath: file.path)

  static func all() throws -> [RequestVector] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(RequestVector.self, from: Data($0.utf8))
    }
  }
}

@Suite("Requests are the bytes that the specification says")
struct RequestBytesTests {
  /// The frame on the wire.
  private func frame(_ message: RequestMessage, id: UInt16) -> [UInt8] {
    var buffer = SendBuffer(capacity: 512)
    buffer.append(id: id, unit: message.unit, pdu: message.pdu)
    return [UInt8](buffer.unsent)
  }

  private func frame(_ block: RegisterBlock, id: UInt16) -> [UInt8] {
    var buffer = SendBuffer(capacity: 512)
    buffer.appendRead(
      id: id, unit: block.unit, function: block.table.readFunction.rawValue, address: block.address,
      count: UInt16(block.count))
    return [UInt8](buffer.unsent)
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The examples of the application protocol specification 1.1b3, sections 6.1 to 6.12.
  @Test("the specification's examples")
  func specificationExamples() throws {
    #expect(
      hex(frame(RegisterBlock(.coil, 19, count: 19), id: 0).suffix(5).map { $0 }) == "0100130013")
    #expect(
      hex(frame(RegisterBlock(.discrete, 196, count: 22), id: 0).suffix(5).map { $0 })
        == "0200c40016")
    #expect(
      hex(frame(RegisterBlock(.holding, 107, count: 3), id: 0).suffix(5).map { $0 }) == "03006b0003"
    )
    #expect(
      hex(frame(RegisterBlock(.input, 8, count: 1), id: 0).suffix(5).map { $0 }) == "0400080001")
    #expect(
      hex(RequestMessage.maskWrite(and: 0xF2, or: 0x25, at: 4, unit: 1).pdu) == "16000400f20025")
    #expect(
      try hex(
        RequestMessage.readWrite(reading: 3..<9, writing: [255, 255, 255], at: 14, unit: 1).pdu)
        == "1700030006000e00030600ff00ff00ff")
    #expect(hex(RequestMessage.writeCoil(true, at: 172, unit: 1).pdu) == "0500acff00")
    #expect(hex(RequestMessage.writeRegister(3, at: 1, unit: 1).pdu) == "0600010003")
    // CD 01: 10 outputs from 20 on.
    let outputs = (0..<10).map { (0x01CD >> $0) & 1 == 1 }
    #expect(try hex(RequestMessage.writeCoils(outputs, at: 19, unit: 1).pdu) == "0f0013000a02cd01")
    #expect(
      try hex(RequestMessage.writeRegisters([10, 258], at: 1, unit: 1).pdu)
        == "100001000204000a0102")
  }

  @Test("what pymodbus writes, byte for byte", .enabled(if: RequestVector.isPresent))
  func vectors() throws {
    let vectors = try RequestVector.all()
    #expect(vectors.count == 40)
    for vector in vectors {
      let bytes: [UInt8]
      switch vector.request {
      case "ReadCoilsRequest", "ReadDiscreteInputsRequest", "ReadHoldingRegistersRequest",
        "ReadInputRegistersRequest":
        let tables: [String: RegisterTable] = [
          "ReadCoilsRequest": .coil, "ReadDiscreteInputsRequest": .discrete,
          "ReadHoldingRegistersRequest": .holding, "ReadInputRegistersRequest": .input,
        ]
        let table = try #require(tables[vector.request])
        bytes = frame(
          RegisterBlock(
            table, vector.address, count: try #require(vector.args.count), unit: vector.unit),
          id: vector.tid)
      case "WriteSingleCoilRequest":
        let value = try #require(vector.args.bits)[0]
        bytes = frame(.writeCoil(value, at: vector.address, unit: vector.unit), id: vector.tid)
      case "WriteSingleRegisterRequest":
        let value = try #require(vector.args.registers)[0]
        bytes = frame(.writeRegister(value, at: vector.address, unit: vector.unit), id: vector.tid)
      case "WriteMultipleCoilsRequest":
        let values = try #require(vector.args.bits)
        bytes = frame(
          try .writeCoils(values, at: vector.address, unit: vector.unit), id: vector.tid)
      case "WriteMultipleRegistersRequest":
        let values = try #require(vector.args.registers)
        bytes = frame(
          try .writeRegisters(values, at: vector.address, unit: vector.unit), id: vector.tid)
      default:
        Issue.record("unknown request \(vector.request)")
        continue
      }
      #expect(hex(bytes) == vector.tcp, "\(vector.testDescription)")
      // The same request on a serial line.
      var serial = SendBuffer(capacity: 512)
      serial.appendRTU(unit: vector.unit, pdu: Array(bytes.dropFirst(7)), withCheck: true)
      #expect(hex([UInt8](serial.unsent)) == vector.rtu, "\(vector.testDescription)")
    }
  }

  @Test("what breaks a limit is refused before it is sent")
  func limits() throws {
    for block in [
      RegisterBlock(.holding, 0, count: 126), RegisterBlock(.input, 0, count: 0),
      RegisterBlock(.coil, 0, count: 2001), RegisterBlock(.discrete, 65535, count: 2),
      RegisterBlock(.holding, 0, count: -1), RegisterBlock(.holding, 0, count: .max),
      RegisterBlock(.holding, 0, count: .min),
    ] {
      let error = #expect(throws: ModbusError.self) { try ReadPlan([block]) }
      #expect(error?.code == .invalidRequest)
    }
    _ = try ReadPlan([
      RegisterBlock(.holding, 65411, count: 125), RegisterBlock(.coil, 63536, count: 2000),
    ])
    #expect(throws: ModbusError.self) { try RequestMessage.writeRegisters([], at: 0, unit: 1) }
    #expect(throws: ModbusError.self) {
      try RequestMessage.writeRegisters(Array(repeating: 0, count: 124), at: 0, unit: 1)
    }
    #expect(throws: ModbusError.self) {
      try RequestMessage.writeCoils(Array(repeating: true, count: 1969), at: 0, unit: 1)
    }
    #expect(throws: ModbusError.self) {
      try RequestMessage.writeRegisters([1, 2], at: 65535, unit: 1)
    }
  }

  @Test("a long range becomes legal requests that do not cut values", arguments: 0..<100)
  func splitting(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let table = try #require(RegisterTable.allCases.randomElement(using: &generator))
    let address = UInt16.random(in: 0...65535, using: &generator)
    let count = Int.random(in: 1...(65536 - Int(address)), using: &generator)
    let registers = Int.random(in: 1...125, using: &generator)
    let bits = Int.random(in: 1...2000, using: &generator)
    let plan = try ReadPlan(
      splitting: [RegisterBlock(table, address, count: count)], maximumRegisters: registers,
      maximumBits: bits)
    var next = Int(address)
    for block in plan.blocks {
      #expect(Int(block.address) == next, "seed \(seed)")
      #expect(block.count >= 1 && block.count <= (table.isBits ? bits : registers), "seed \(seed)")
      if !table.isBits, registers >= 4 {
        #expect((next - Int(address)) % 4 == 0, "seed \(seed)")
      }
      next += block.count
    }
    #expect(next == Int(address) + count, "seed \(seed)")
  }
}
