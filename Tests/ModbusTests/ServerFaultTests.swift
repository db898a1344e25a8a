import IndustrialModel
import TestSupport
import Testing

@testable import Modbus

@Suite("Whatever a server does wrong, the client keeps or finds its way", .timeLimit(.minutes(15)))
struct ServerFaultTests {
  private func server(_ faults: ModbusFault...) throws -> ModbusServer {
    let server = try ModbusServer(port: 0, units: [1, 2])
    for unit in [UInt8(1), 2] {
      server.withBank(unit: unit) { bank in
        for offset in 0..<1000 { bank[holding: offset] = UInt16(offset) }
      }
    }
    server.setFaults(faults)
    return server
  }

  private func client(
    _ server: ModbusServer, timeout: Duration = .seconds(20), inFlight: Int = 1
  ) -> ModbusClient {
    ModbusClient(
      .tcp("127.0.0.1", port: server.port),
      options: .init(
        inFlight: inFlight, timeout: timeout,
        backoff: .init(initial: .milliseconds(1), maximum: .milliseconds(10))))
  }

  @Test(
    "a third of the answers twice, and a fifth after a hang-up: all is read", arguments: [1, 8])
  func duplicatesAndHangUps(inFlight: Int) async throws {
    let server = try server(.duplicate.every(3), .hangUp.every(50))
    let client = client(server, inFlight: inFlight)
    for start in 0..<200 {
      #expect(
        try await client.readHoldingRegisters(start..<(start + 2)) == [
          UInt16(start), UInt16(start + 1),
        ])
    }
    #expect(client.statistics.strayAnswers > 40)
    #expect(client.statistics.connections > 3)
  }

  @Test("cut answers are asked for again")
  func truncated() async throws {
    let server = try server(.truncate(to: 5).every(4))
    let client = client(server)
    for start in 0..<40 {
      #expect(try await client.readHoldingRegisters(start..<(start + 1)) == [UInt16(start)])
    }
  }

  @Test(
    "functions that the server does not have are refused, and not passed over in silence",
    arguments: [7, 65] as [UInt8])
  func unknownFunctions(code: UInt8) async throws {
    let server = try server()
    let client = client(server)
    let error = await #expect(throws: ModbusError.self) {
      try await client.send(FunctionCode(rawValue: code), data: [])
    }
    #expect(error?.exception == .illegalFunction)
    #expect(try await client.readHoldingRegisters(3..<4) == [3])
  }

  @Test("an answer of another unit is counted once, and is no late one")
  func otherUnits() async throws {
    let server = try server(.wrongUnit(9).of(unit: 2))
    let client = client(server)
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(0..<1, unit: 2)
    }
    #expect(error?.code == .malformedReply)
    #expect(try await client.readHoldingRegisters(0..<1) == [0])
    #expect(client.statistics.malformedAnswers == 1)
    #expect(client.statistics.strayAnswers == 0 && client.statistics.lateAnswers == 0)
  }

  @Test("refusals of one unit leave the other alone")
  func exceptions() async throws {
    let server = try server(.exception(.serverDeviceBusy).of(unit: 2))
    let client = client(server)
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(0..<1, unit: 2)
    }
    #expect(error?.exception == .serverDeviceBusy && error?.isRetriable == true)
    #expect(try await client.readHoldingRegisters(3..<4, unit: 1) == [3])
    server.setFaults([])
    #expect(try await client.readHoldingRegisters(3..<4, unit: 2) == [3])
  }

  @Test("wrong ids and dropped answers are timeouts, and others pass them by")
  func lostAnswers() async throws {
    let server = try server(.wrongTransaction(by: 7).of(unit: 2))
    let client = client(server, timeout: .seconds(3), inFlight: 4)
    let plan = try ReadPlan([
      RegisterBlock(.holding, 5, count: 1, unit: 2), RegisterBlock(.holding, 6, count: 1),
      RegisterBlock(.holding, 7, count: 1),
    ])
    let result = try await client.read(plan)
    #expect(result.error(ofBlock: 0)?.code == .timeout)
    #expect(try Array(result.registers(ofBlock: 1)) == [6])
    #expect(try Array(result.registers(ofBlock: 2)) == [7])
    server.setFaults([.delay(.milliseconds(300)).of(unit: 2)])
    let late = try await client.read(plan)
    #expect(late.isComplete)
    #expect(try #require(late.time(ofBlock: 0)) >= (try #require(late.time(ofBlock: 1))))
  }

  @Test("polling goes on through failures, as samples of bad quality")
  func poll() async throws {
    let server = try server(.exception(.serverDeviceFailure).every(2))
    let tags = TagRegistry()
    let readings = RegisterReading.places(
      of: RegisterBlock(.holding, 10, count: 3, unit: 1), tags: tags)
    var rounds: [SampleBatch] = []
    let plan = try RegisterSampler(readings)
    for try await batch in client(server).poll(plan, every: .milliseconds(1)) {
      rounds.append(batch)
      if rounds.count == 4 { break }
    }
    #expect(
      rounds.map { $0.map(\.value) } == [
        [.uint64(10), .uint64(11), .uint64(12)], [.none, .none, .none],
        [.uint64(10), .uint64(11), .uint64(12)], [.none, .none, .none],
      ])
    #expect(rounds[1].map(\.quality) == [.badDeviceFailure, .badDeviceFailure, .badDeviceFailure])
    let polling = Task {
      for try await _ in try client(server).poll(readings, every: .seconds(600)) {}
    }
    polling.cancel()
    try await polling.value
  }

  @Test(
    "places are read as people write them",
    arguments: [
      ("holding/20", RegisterAddress.holding(20)), ("coil/0", .coil(0)),
      ("modicon/40001", .holding(0)), ("modicon/400001", .holding(0)), ("modicon/30010", .input(9)),
      ("modicon/10001", .discrete(0)), ("modicon/1", .coil(0)), ("modicon/00007", .coil(6)),
      ("modicon/465536", .holding(65535)), ("input/65535", .input(65535)),
    ])
  func places(text: String, place: RegisterAddress) throws {
    #expect(try RegisterAddress(text) == place)
  }

  @Test(
    "and what is none is refused with advice",
    arguments: [
      "40001", "holding", "holding/", "holding/-1", "holding/65536", "register/1", "modicon/0",
      "modicon/40000", "modicon/20001", "modicon/465537", "modicon/4000001", "holding/1/2", "",
    ])
  func noPlaces(text: String) {
    let error = #expect(throws: ModbusError.self) { try RegisterAddress(text) }
    #expect(error?.code == .invalidRequest && error?.advice != nil)
  }

  @Test("an address that looks like a manual's number draws a warning")
  func warnings() {
    #expect(RegisterAddress.holding(40001).warning?.contains("holding/0") == true)
    #expect(RegisterAddress.input(30010).warning?.contains("input/9") == true)
    #expect(RegisterAddress.holding(20).warning == nil)
    #expect(RegisterAddress.coil(40001).warning == nil)
  }

  @Test("the right type, order and scale come first", arguments: UInt64(0)..<40)
  func guesses(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let value = Double.random(in: 20...2000, using: &generator)
    let order = try #require(ByteOrder.of32Bits.randomElement(using: &generator))
    let registers = try RegisterType.float32.encode(.double(value), order: order)
    let best = RegisterGuess.rank(registers, expecting: value).prefix(3)
    #expect(
      best.contains { $0.type == .float32 && $0.order == order && $0.scale == 1 }, "seed \(seed)")
  }

  @Test("a plan's cost on a line is that of its bits and silences")
  func cost() throws {
    let plan = try ReadPlan([
      RegisterBlock(.holding, 0, count: 10), RegisterBlock(.coil, 0, count: 9),
    ])
    let serial = PlanCost(plan, on: .rtu(SerialLine("/dev/x", baud: 9600)))
    #expect(serial.requests == 2 && serial.bytesSent == 16 && serial.bytesReceived == 25 + 7)
    // 48 characters of 11 bits and four silences of 3.5 characters.
    let seconds = (48 + 4 * 3.5) * 11 / 9600
    #expect(abs(try #require(serial.lineTime) / .seconds(1) - seconds) < 2e-6)
    #expect(PlanCost(plan, on: .tcp("h")).lineTime == nil)
    #expect(PlanCost(plan, on: .tcp("h")).bytesSent == 24)
  }
}
