import CANCore
import DBC
import Foundation
import IndustrialModel
import Modbus
import TestSupport
import Testing

@testable import PlantSimulator

@Suite("The simulated plant is repeatable and behaves like one")
struct PlantTests {
  @Test("the same seed gives the same plant, however the time is cut")
  func repeatable() {
    var whole = Plant(seed: 42)
    whole.advance(by: .seconds(300))
    var pieces = Plant(seed: 42)
    for _ in 0..<100_000 { pieces.advance(by: .milliseconds(3)) }
    #expect(whole == pieces)
    var other = Plant(seed: 43)
    other.advance(by: .seconds(300))
    #expect(whole != other)
  }

  @Test(
    "twenty minutes of it stay within what is possible, and things happen", arguments: UInt64(0)..<3
  )
  func twentyMinutes(seed: UInt64) throws {
    var plant = Plant(seed: seed)
    var trips = 0
    var levels: [Double] = []
    var wasTripped = false
    for _ in 0..<1200 {
      plant.advance(by: .seconds(1))
      let isTripped = plant.breakers.contains { $0.isTripped }
      if isTripped && !wasTripped { trips += 1 }
      wasTripped = isTripped
      levels.append(plant.tanks[1].percent)
      for pump in plant.pumps {
        #expect((0...1500).contains(pump.speed) && (0...130).contains(pump.flow), "seed \(seed)")
        #expect(
          (0...6).contains(pump.pressure) && (0...200).contains(pump.temperature), "seed \(seed)")
      }
      for breaker in plant.breakers {
        #expect(
          (0...410).contains(breaker.voltage) && (0...200).contains(breaker.current), "seed \(seed)"
        )
      }
      #expect(plant.tanks[0].percent > 5 && plant.tanks[0].percent < 100, "seed \(seed)")
    }
    #expect(trips > 1 && trips < 30, "seed \(seed): \(trips) trips")
    let late = levels.suffix(900)
    let mean = late.reduce(0, +) / Double(late.count)
    #expect(abs(mean - 60) < 12, "seed \(seed): mean level \(mean)")
    #expect(plant.breakers[0].energy > 2)
    #expect(plant.pumps[0].runTime + plant.pumps[1].runTime > 900)
  }

  @Test("commands count in manual mode")
  func manual() {
    var plant = Plant(seed: 2)
    plant.advance(by: .seconds(10))
    #expect(plant.pumps[0].isRunning)
    plant.setPump(0, on: false)
    #expect(plant.pumps[0].isOn)
    plant.isAutomatic = false
    plant.setPump(0, on: false)
    plant.setPump(1, on: true)
    plant.setSpeed(ofPump: 1, to: 50)
    plant.advance(by: .seconds(20))
    #expect(!plant.pumps[0].isRunning)
    #expect(abs(plant.pumps[1].speed - 740) < 1)
    plant.setBreaker(2, closed: false)
    plant.advance(by: .seconds(20))
    #expect(!plant.pumps[1].isRunning)
  }

  @Test("no two values share a place, and all lie within the tables")
  func registerMap() {
    var places: Set<RegisterAddress> = []
    var names: Set<String> = []
    for register in PlantRegisters.all {
      #expect(names.insert(register.name).inserted, "\(register.name)")
      for index in 0..<register.type.registerCount {
        let place = RegisterAddress(register.address.table, register.address.offset + UInt16(index))
        #expect(places.insert(place).inserted, "\(register.name)")
      }
    }
    #expect(places.contains(.holding(0)) && places.contains(.holding(9)))
  }
}

@Suite("The plant answers over Modbus", .timeLimit(.minutes(15)))
struct PlantServerTests {
  @Test("every value is read as the map says")
  func readEverything() async throws {
    let server = try PlantServer(port: 0, seed: 5)
    for _ in 0..<60 { server.advance(by: .seconds(1)) }
    let plant = server.plant
    let client = ModbusClient(.tcp("127.0.0.1", port: server.port))
    for register in PlantRegisters.all {
      let plan = try ReadPlan([
        RegisterBlock(
          register.address.table, register.address.offset, count: register.type.registerCount)
      ])
      let result = try await client.read(plan)
      let value = register.type.decode(try result.registers(ofBlock: 0), order: register.order)
      switch register.read(plant) {
      case .double(let expected):
        let actual = try #require(value.doubleValue, "\(register.name)") * register.scale
        #expect(
          abs(actual - expected) <= register.scale * 0.501 + abs(expected) * 1e-6,
          "\(register.name)")
      case let expected:
        #expect(value == expected, "\(register.name)")
      }
    }
    // The first thing a user types.
    #expect(try await client.readHoldingRegisters(0..<10).count == 10)
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(12..<14)
    }
    #expect(error?.exception == .illegalDataAddress)
  }

  @Test("commands are carried out and shown")
  func commands() async throws {
    let server = try PlantServer(port: 0, seed: 5)
    let client = ModbusClient(.tcp("127.0.0.1", port: server.port))
    server.advance(by: .seconds(5))
    try await client.writeRegister(400, at: 42)
    try await client.writeCoil(false, at: 2)
    server.advance(by: .milliseconds(100))
    #expect(server.plant.levelSetpoint == 40)
    #expect(!server.plant.isAutomatic)
    try await client.writeCoil(true, at: 1)
    try await client.writeRegister(1000, at: 41)
    server.advance(by: .seconds(30))
    #expect(server.plant.pumps[1].speed == Pump.nominalSpeed)
    #expect(try await client.readCoils(0..<3) == [true, true, false])
    #expect(try await client.readDiscreteInputs(1..<2) == [true])
    // What only the plant sets falls back.
    try await client.writeRegister(1, at: 0)
    try await client.writeCoil(true, at: 7)
    server.advance(by: .milliseconds(100))
    #expect(try await client.readHoldingRegisters(0..<1) != [1])
    #expect(try await client.readCoils(7..<8) == [false])
  }

  @Test("commands of one step are carried out, whichever stands first in the map")
  func oneStep() async throws {
    let server = try PlantServer(port: 0, seed: 5)
    let client = ModbusClient(.tcp("127.0.0.1", port: server.port))
    server.advance(by: .seconds(5))
    let isOn = server.plant.pumps[1].isOn
    try await client.writeCoil(false, at: 2)
    try await client.writeCoil(!isOn, at: 1)
    try await client.writeRegister(333, at: 41)
    server.advance(by: .zero)
    #expect(!server.plant.isAutomatic)
    #expect(server.plant.pumps[1].isOn == !isOn)
    #expect(abs(server.plant.pumps[1].speedSetpoint - 33.3) < 0.01)
  }
}

@Suite("The plant's CAN bus says what the plant does")
struct PlantBusTests {
  @Test("frames decode to the plant's values by our own DBC")
  func decode() throws {
    let database = try Database(parsing: PlantBus.databaseText)
    #expect(database.findings.isEmpty, "\(database.findings)")
    var plant = Plant(seed: 3)
    var bus = try PlantBus()
    var batch = CANFrameBatch(channels: ["can0"])
    try plant.advance(by: .seconds(30), bus: &bus, start: 1_700_000_000_000_000_000, to: &batch)
    // 100 status, 20 tank and breaker, 8 diagnostic and 2 power frames a second.
    #expect(batch.count == 30 * 130)
    #expect(zip(batch, batch.dropFirst()).allSatisfy { $0.time < $1.time })
    let decoder = database.decoder()
    var last: [String: Double] = [:]
    for frame in batch {
      let message = try decoder.decode(frame.identifier, frame.payload)
      for signal in message.signals {
        last["\(message.message.name).\(signal.name)"] = signal.value
      }
    }
    #expect(abs(try #require(last["PumpDrive1_Status.Speed"]) - plant.pumps[0].speed) < 0.06)
    #expect(abs(try #require(last["Tanks.Level2"]) - plant.tanks[1].level) < 0.001)
    #expect(abs(try #require(last["Power.ActivePower"]) - plant.breakers[0].power) < 1e-3)
    #expect(last["PumpDrive1_Diagnostics.RunTime"] == plant.pumps[0].runTime.rounded(.down))
  }

  @Test("no value of a long run is out of its signal's range")
  func longRun() throws {
    var plant = Plant(seed: 9)
    var bus = try PlantBus()
    let minutes = Soak.cases(5, full: 500)
    for _ in 0..<minutes {
      var batch = CANFrameBatch()
      try plant.advance(by: .seconds(60), bus: &bus, start: 0, to: &batch)
      #expect(batch.count == 60 * 130)
    }
  }
}

@Suite("The documentation tells the truth")
struct PlantDocumentationTests {
  @Test("the register map in the documentation is the one that is served")
  func table() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/PlantSimulator/PlantSimulator.docc/PlantSimulator.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("|") }.map(String.init)
    #expect(rows == PlantRegisters.table)
  }
}
