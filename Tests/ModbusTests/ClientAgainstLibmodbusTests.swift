import IndustrialModel
import Testing

@testable import Modbus

@Suite("The client and libmodbus understand each other", .timeLimit(.minutes(15)))
struct ClientAgainstLibmodbusTests {
  private let server: ModbusServer
  private let client: ModbusClient

  init() throws {
    server = try ModbusServer(
      port: 0, units: [1, 2], size: .init(coils: 3000, discretes: 3000, inputs: 300, holdings: 300))
    for unit in [UInt8(1), 2] {
      server.withBank(unit: unit) { bank in
        for offset in 0..<300 {
          bank[holding: offset] = UInt16(offset) + UInt16(unit) * 1000
          bank[input: offset] = UInt16(offset) ^ 0xFFFF
        }
        for offset in 0..<3000 {
          bank[coil: offset] = offset % 3 == 0
          bank[discrete: offset] = offset % 5 == 0
        }
      }
    }
    client = ModbusClient(
      .tcp("127.0.0.1", port: server.port),
      options: .init(inFlight: 4, timeout: .seconds(20)))
  }

  @Test("all four tables are read, at every count")
  func reads() async throws {
    #expect(try await client.readHoldingRegisters(0..<10) == (0..<10).map { 1000 + $0 })
    #expect(
      try await client.readHoldingRegisters(175..<300, unit: 2) == (175..<300).map { 2000 + $0 })
    #expect(try await client.readInputRegisters(5..<6) == [0xFFFA])
    for count in [1, 7, 8, 9, 15, 16, 17, 2000] {
      #expect(try await client.readCoils(1..<(1 + count)) == (1..<(1 + count)).map { $0 % 3 == 0 })
      #expect(
        try await client.readDiscreteInputs(4..<(4 + count))
          == (4..<(4 + count)).map { $0 % 5 == 0 })
    }
  }

  @Test("writes arrive")
  func writes() async throws {
    try await client.writeRegister(0xBEEF, at: 3)
    try await client.writeRegisters([1, 2, 0xFFFF], at: 10, unit: 2)
    try await client.writeCoil(true, at: 1)
    try await client.writeCoil(false, at: 0)
    try await client.writeCoils([true, false, true, true, false, false, true, true, true], at: 100)
    server.withBank(unit: 1) { bank in
      #expect(bank[holding: 3] == 0xBEEF)
      #expect(bank[coil: 1] && !bank[coil: 0])
      #expect(
        (100..<109).map { bank[coil: $0] }
          == [true, false, true, true, false, false, true, true, true])
    }
    server.withBank(unit: 2) { bank in
      #expect((10..<13).map { bank[holding: $0] } == [1, 2, 0xFFFF])
      #expect(bank[holding: 3] == 2003)
    }
  }

  @Test("a refusal names the device, the place and the reason")
  func exceptions() async throws {
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(295..<305, unit: 2)
    }
    #expect(error?.code == .exception)
    #expect(error?.exception == .illegalDataAddress)
    #expect(error?.unit == 2)
    #expect(error?.address == .holding(295))
    #expect(error?.count == 10)
    #expect(error?.bus == "modbus://127.0.0.1:\(server.port)")
    #expect(error?.description.contains("illegal data address (2)") == true)
    let unknown = await #expect(throws: ModbusError.self) {
      try await client.readCoils(0..<1, unit: 9)
    }
    #expect(unknown?.exception == .gatewayTargetFailedToRespond)
    let write = await #expect(throws: ModbusError.self) {
      try await client.writeRegister(1, at: 300)
    }
    #expect(write?.exception == .illegalDataAddress)
    // And the client is as good as before.
    #expect(try await client.readHoldingRegisters(0..<1) == [1000])
    #expect(client.statistics.connections == 1)
    #expect(client.statistics.exceptions == 3)
  }

  @Test("a plan's blocks fail each for itself")
  func plan() async throws {
    let plan = try ReadPlan([
      RegisterBlock(.holding, 0, count: 125), RegisterBlock(.holding, 299, count: 2),
      RegisterBlock(.coil, 0, count: 17), RegisterBlock(.input, 1, count: 2, unit: 2),
      RegisterBlock(.input, 1, count: 2, unit: 3),
    ])
    let result = try await client.read(plan)
    #expect(!result.isComplete)
    #expect(try Array(result.registers(ofBlock: 0)) == (0..<125).map { 1000 + $0 })
    #expect(result.error(ofBlock: 1)?.exception == .illegalDataAddress)
    #expect(try result.bits(ofBlock: 2) == (0..<17).map { $0 % 3 == 0 })
    #expect(try Array(result.registers(ofBlock: 3)) == [0xFFFE, 0xFFFD])
    #expect(result.error(ofBlock: 4)?.exception == .gatewayTargetFailedToRespond)
    #expect(result.time(ofBlock: 0) != nil && result.time(ofBlock: 1) == nil)
    #expect(throws: ModbusError.self) { try result.registers(ofBlock: 1) }
  }

  @Test("many callers share one wire", arguments: [1, 8, 64])
  func concurrentCallers(inFlight: Int) async throws {
    let client = ModbusClient(
      .tcp("127.0.0.1", port: server.port),
      options: .init(inFlight: inFlight, timeout: .seconds(20)))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          for round in 0..<10 {
            let start = (task * 3 + round) % 200
            let values = try await client.readHoldingRegisters(start..<(start + 5))
            #expect(values == (start..<(start + 5)).map { 1000 + UInt16($0) })
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(client.statistics.answers == 640)
    #expect(client.statistics.connections == 1)
  }

  @Test("the blocking engine reads the same, again and again into the same result")
  func blockingEngine() throws {
    let engine = try ModbusEngine(
      .tcp("127.0.0.1", port: server.port), options: .init(inFlight: 8, timeout: .seconds(20)))
    let plan = try ReadPlan(
      splitting: [RegisterBlock(.holding, 0, count: 300), RegisterBlock(.coil, 3, count: 2500)])
    #expect(plan.blocks.count == 5)
    var result = ReadResult(for: plan)
    #expect(result.error(ofBlock: 0)?.code == .closed)
    for round in 0..<100 {
      server.withBank { $0[holding: 299] = UInt16(round) }
      engine.read(plan, into: &result)
      #expect(result.isComplete)
      #expect(try result.registers(ofBlock: 2).last == UInt16(round))
      #expect(try result.bits(ofBlock: 4).count == 500)
    }
    try engine.writeRegister(77, at: 0)
    #expect(try engine.readHoldingRegisters(0..<2) == [77, 1001])
    #expect(try engine.readCoils(0..<3) == [true, false, false])
    #expect(engine.statistics.connections == 1)
  }

  @Test("an empty plan is read at once")
  func emptyPlan() async throws {
    let result = try await client.read(try ReadPlan([]))
    #expect(result.isComplete)
  }

  @Test("masks, read and write in one, and what the device does not know")
  func otherFunctions() async throws {
    try await client.writeRegister(0x12, at: 4)
    // The specification's example: (0x12 AND 0xF2) OR (0x25 AND NOT 0xF2) = 0x17.
    try await client.writeBits(0x05, mask: 0x0D, at: 4)
    #expect(try await client.readHoldingRegisters(4..<5) == [0x17])
    let read = try await client.readWriteRegisters(reading: 20..<24, writing: [7, 8], at: 21)
    #expect(read == [1020, 7, 8, 1023])
    let error = await #expect(throws: ModbusError.self) { try await client.identify() }
    #expect(error?.exception == .illegalFunction)
    let raw = try await client.send(.readHoldingRegisters, data: [0, 21, 0, 2])
    #expect(raw == [4, 0, 7, 0, 8])
  }

  @Test("values are written in their type and order and read back")
  func typedValues() async throws {
    try await client.write(.double(21.5), to: .holding(100), as: .float32, order: .cdab)
    #expect(try await client.read(.holding(100), as: Float.self, order: .cdab) == 21.5)
    #expect(try await client.readHoldingRegisters(100..<102) == [0, 0x41AC])
    try await client.write(.int64(-2), to: .holding(110), as: .int64, order: .dcba)
    #expect(try await client.read(.holding(110), as: Int64.self, order: .dcba) == -2)
    try await client.write(.bool(true), to: .coil(7), as: .bool)
    #expect(try await client.read(.coil(7), as: .bool) == .bool(true))
    try await client.write(.uint64(9), to: .holding(120), as: .uint16)
    #expect(try await client.read(.holding(120), as: UInt16.self) == 9)
    for (place, value) in [
      (RegisterAddress.input(1), Value.uint64(1)), (.discrete(1), .bool(true)),
      (.holding(1), .int64(-1)),
    ] {
      let error = await #expect(throws: ModbusError.self) {
        try await client.write(value, to: place, as: .uint16)
      }
      #expect(error?.code == .invalidRequest)
      #expect(error?.address == place)
    }
  }
}
