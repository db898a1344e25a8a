import Testing

@testable import Modbus

@Suite("A server does wrong exactly what it is told to", .timeLimit(.minutes(15)))
struct ServerMischiefTests {
  private func pair(_ faults: String...) throws -> (ModbusServer, ModbusClient) {
    let server = try ModbusServer(port: 0, units: [1, 2])
    for unit in [UInt8(1), 2] {
      server.withBank(unit: unit) { bank in
        for place in 0..<300 { bank[holding: place] = UInt16(place) }
      }
    }
    server.setFaults(try faults.map { try ModbusFault($0) })
    return (
      server,
      ModbusClient(
        .tcp("127.0.0.1", port: server.port),
        options: .init(timeout: .seconds(20), backoff: .init(initial: .milliseconds(1))))
    )
  }

  @Test("an answer in two pieces is one answer")
  func split() async throws {
    for byteCount in [1, 6, 7, 8, 9, 12] {
      let (server, client) = try pair("split=\(byteCount)")
      for start in 0..<3 {
        #expect(
          try await client.readHoldingRegisters(start..<(start + 2))
            == [UInt16(start), UInt16(start + 1)])
      }
      #expect(client.statistics.connections == 1 && client.statistics.skippedBytes == 0)
      server.close()
    }
  }

  @Test("a reset costs reads nothing, and writes an error")
  func reset() async throws {
    let (server, client) = try pair("reset,every=3")
    for start in 0..<12 {
      #expect(try await client.readHoldingRegisters(start..<(start + 1)) == [UInt16(start)])
    }
    #expect(client.statistics.connections >= 5)
    server.setFaults([.reset])
    let error = await #expect(throws: ModbusError.self) { try await client.writeRegister(1, at: 1) }
    #expect(error?.code == .connectionLost)
  }

  @Test("a refused write is not carried out")
  func refusal() async throws {
    let (server, client) = try pair("exception=6,unit=2", "hole=holding/10:2", "limit=60")
    let busy = await #expect(throws: ModbusError.self) {
      try await client.writeRegister(9, at: 5, unit: 2)
    }
    #expect(busy?.exception == .serverDeviceBusy)
    server.withBank(unit: 2) { #expect($0[holding: 5] == 5) }
    let hole = await #expect(throws: ModbusError.self) {
      try await client.writeRegisters([9, 9], at: 9)
    }
    #expect(hole?.exception == .illegalDataAddress)
    server.withBank { #expect($0[holding: 9] == 9) }
    let limit = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(100..<161)
    }
    #expect(limit?.exception == .illegalDataValue)
    #expect(try await client.readHoldingRegisters(100..<160).count == 60)
    #expect(try await client.readHoldingRegisters(8..<10) == [8, 9])
    #expect(try await client.readCoils(0..<2000).count == 2000)
  }

  @Test("others pass a late answer by, and a unit is meant alone")
  func delay() async throws {
    let (server, client) = try pair("delay=300ms,unit=2,every=2", "duplicate,unit=1")
    _ = try await client.readHoldingRegisters(0..<1, unit: 2)
    async let late = client.readHoldingRegisters(1..<2, unit: 2)
    #expect(try await client.readHoldingRegisters(1..<2) == [1])
    #expect(try await late == [1])
    #expect(try await client.readHoldingRegisters(2..<3) == [2])
    #expect(client.statistics.strayAnswers >= 1)
    server.close()
  }

  @Test(
    "faults are read as people write them",
    arguments: [
      ("delay=700ms", ModbusFault.delay(.milliseconds(700))), ("drop,every=3", .drop.every(3)),
      ("wrong-id", .wrongTransaction()), ("wrong-id=7", .wrongTransaction(by: 7)),
      ("wrong-unit=9,unit=2", .wrongUnit(9).of(unit: 2)), ("truncate=5", .truncate(to: 5)),
      ("split=5", .split(after: 5)), ("duplicate", .duplicate),
      ("exception=4,every=2,unit=0", .exception(.serverDeviceFailure).every(2).of(unit: 0)),
      ("hole=holding/10:2", .hole(.holding(10), count: 2)), ("hole=coil/3", .hole(.coil(3))),
      ("hole=modicon/40001:3", .hole(.holding(0), count: 3)), ("limit=60", .registerLimit(60)),
      ("hang-up", .hangUp), ("reset", .reset),
    ])
  func texts(text: String, fault: ModbusFault) throws {
    #expect(try ModbusFault(text) == fault)
  }

  @Test(
    "and what is none is refused with advice",
    arguments: [
      "", "drop=1", "delay", "delay=5", "delay=-1s", "exception=0", "exception=256", "hole",
      "hole=40001", "hole=holding/1:0", "hole=holding/1:2:3", "limit=0", "limit=126",
      "drop,unit=256",
      "drop,every=0", "drop,often", "drop,every", "drop,,", "wrong-id=0", "Drop", "split=0",
    ])
  func noFaults(text: String) {
    let error = #expect(throws: ModbusError.self) { try ModbusFault(text) }
    #expect(error?.code == .invalidRequest && error?.advice != nil)
  }
}
