import Foundation
import IndustrialModel
import Synchronization
import TestSupport
import Testing

@testable import Modbus

private let socat = PeerProcess.find("socat")
private let mbpoll = PeerProcess.find("mbpoll")

private let hasPymodbus =
  (try? Tool("/usr/bin/python3", ["-c", "import pymodbus.server, serial_asyncio"]))?.status == 0

/// Two pseudo terminals that are one line, by socat.
private final class LinePair: Sendable {
  let folder: TemporaryFolder
  let near: String
  let far: String
  private let process: PeerProcess

  init() async throws {
    folder = try TemporaryFolder()
    near = folder.file("near")
    far = folder.file("far")
    process = try PeerProcess(
      try #require(socat),
      ["pty,raw,echo=0,link=\(near)", "pty,raw,echo=0,link=\(far)"])
    for _ in 0..<600
    where ![near, far].allSatisfy({ FileManager.default.fileExists(atPath: $0) }) {
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

/// What `Fixtures/modbus/peers/pymodbus_server.py` holds.
@Suite(
  "pymodbus as the device", .enabled(if: hasPymodbus, "python3-pymodbus is not installed"),
  .timeLimit(.minutes(15)))
struct PymodbusTests {
  private func start(_ kind: String, _ place: String, port: UInt16 = 0) throws -> PeerProcess {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/modbus/peers/pymodbus_server.py").standardizedFileURL
    return try PeerProcess("/usr/bin/python3", [script.path, kind, place], port: port)
  }

  private func exercise(_ client: ModbusClient) async throws {
    #expect(try await client.readHoldingRegisters(0..<125) == (0..<125).map { 17 + $0 })
    #expect(try await client.readInputRegisters(199..<200) == [216])
    #expect(try await client.readCoils(0..<11) == (0..<11).map { $0 % 2 == 1 })
    #expect(try await client.readDiscreteInputs(1..<200) == (1..<200).map { $0 % 2 == 1 })
    try await client.writeRegister(0xBEEF, at: 0)
    try await client.writeRegisters([1, 2, 3], at: 100)
    try await client.writeCoil(true, at: 0)
    try await client.writeCoils([true, true, false, true, true, true, true, true, true], at: 8)
    #expect(try await client.readHoldingRegisters(0..<2) == [0xBEEF, 18])
    #expect(try await client.readHoldingRegisters(99..<104) == [116, 1, 2, 3, 120])
    #expect(
      try await client.readCoils(7..<18)
        == [true, true, true, false, true, true, true, true, true, true, true])
    try await client.writeBits(0x000F, mask: 0x00FF, at: 0)
    #expect(try await client.readHoldingRegisters(0..<1) == [0xBE0F])
    #expect(
      try await client.readWriteRegisters(reading: 50..<53, writing: [9], at: 51) == [67, 9, 69])
    try await client.write(.double(-1.5), to: .holding(150), as: .float64, order: .cdab)
    #expect(try await client.read(.holding(150), as: Double.self, order: .cdab) == -1.5)
    let identity = try await client.identify()
    #expect(
      identity.vendor == "ACME" && identity.productCode == "P1" && identity.revision == "2.11")
    let error = await #expect(throws: ModbusError.self) {
      try await client.readHoldingRegisters(190..<210)
    }
    #expect(error?.exception == .illegalDataAddress)
    #expect(client.statistics.connections == 1 && client.statistics.timeouts == 0)
  }

  private static let patient = ModbusOptions(timeout: .seconds(20))

  @Test(
    "over TCP, and RTU over TCP",
    arguments: ["tcp", "rtutcp"])
  func network(kind: String) async throws {
    let port = try Loopback.freePort()
    let peer = try start(kind, "\(port)", port: port)
    try #require(try await peer.isListening())
    try await exercise(
      ModbusClient(
        kind == "tcp" ? .tcp("127.0.0.1", port: port) : .rtuOverTCP("127.0.0.1", port: port),
        options: Self.patient))
  }

  @Test(
    "over a serial line", .enabled(if: socat != nil, "socat is not installed"))
  func serial() async throws {
    let line = try await LinePair()
    let peer = try start("rtu", line.far)
    let endpoint = ModbusEndpoint.rtu(SerialLine(line.near, baud: 115_200, parity: .none))
    // It says nothing when it is ready: ask until it answers.
    let knock = ModbusClient(
      endpoint, options: .init(timeout: .milliseconds(300), backoff: .init(maximum: .seconds(1))))
    var isReady = false
    for _ in 0..<600 where !isReady && peer.isRunning {
      isReady = (try? await knock.readCoils(0..<1)) != nil
      if !isReady { try await Task.sleep(for: .milliseconds(50)) }
    }
    try #require(isReady)
    knock.close()
    try await exercise(ModbusClient(endpoint, options: Self.patient))
  }
}

@Suite(
  "mbpoll as the client of our server", .enabled(if: mbpoll != nil, "mbpoll is not installed"),
  .timeLimit(.minutes(15)))
struct MbpollTests {
  private func mbpoll(_ server: ModbusServer, _ arguments: String...) async throws -> Tool {
    try await Tool(
      try #require(PeerProcess.find("mbpoll")),
      ["-m", "tcp", "-p", "\(server.port)", "-0", "-1", "-o", "10"] + arguments)
  }

  @Test("reads all four tables and writes")
  func session() async throws {
    let server = try ModbusServer(port: 0, units: [1, 7])
    server.withBank(unit: 7) { bank in
      bank[holding: 3] = 42
      bank[input: 4] = 43
      bank[coil: 5] = true
      bank[discrete: 6] = true
    }
    for (table, place, value) in [
      ("4", "3", "42"), ("3", "4", "43"), ("0", "5", "1"), ("1", "6", "1"),
    ] {
      let read = try await mbpoll(
        server, "-a", "7", "-t", table, "-r", place, "-c", "2", "127.0.0.1")
      #expect(read.status == 0, "\(read.errors)")
      #expect(read.output.contains("[\(place)]: \t\(value)\n"), "\(read.output)")
    }
    let one = try await mbpoll(server, "-a", "7", "-r", "10", "127.0.0.1", "1000")
    #expect(one.output.contains("Written 1 references"), "\(one.output)\(one.errors)")
    let more = try await mbpoll(server, "-a", "7", "-r", "20", "127.0.0.1", "1", "2", "3")
    #expect(more.output.contains("Written 3 references"), "\(more.output)\(more.errors)")
    let coils = try await mbpoll(
      server, "-a", "7", "-t", "0", "-r", "30", "127.0.0.1", "1", "0", "1")
    #expect(coils.output.contains("Written 3 references"), "\(coils.output)\(coils.errors)")
    server.withBank(unit: 7) { bank in
      #expect(bank[holding: 10] == 1000)
      #expect((20..<23).map { bank[holding: $0] } == [1, 2, 3])
      #expect((30..<33).map { bank[coil: $0] } == [true, false, true])
    }
    let outside = try await mbpoll(server, "-a", "7", "-r", "9999", "-c", "2", "127.0.0.1")
    #expect(outside.errors.contains("Illegal data address"), "\(outside.errors)")
    let nobody = try await mbpoll(server, "-a", "9", "-r", "1", "127.0.0.1")
    #expect(nobody.errors.contains("Target device failed to respond"), "\(nobody.errors)")
  }
}

@Suite("Devices that are not ours", .timeLimit(.minutes(15)))
struct OtherDeviceTests {
  @Test(
    "libmodbus's server, with several requests on their way",
    .enabled(if: LibmodbusPeer.isThere, "needs a C compiler"), arguments: [1, 16])
  func libmodbus(inFlight: Int) async throws {
    let server = try await LibmodbusPeer.tcp()
    let client = ModbusClient(
      .tcp("127.0.0.1", port: server.port),
      options: .init(inFlight: inFlight, timeout: .seconds(20)))
    let plan = try ReadPlan((0..<200).map { RegisterBlock(.holding, UInt16($0), count: 100) })
    let result = try await client.read(plan)
    for block in 0..<200 {
      #expect(
        try Array(result.registers(ofBlock: block))
          == (block..<(block + 100)).map { 500 + UInt16($0) })
    }
    try await client.write(.int64(-7), to: .holding(10), as: .int32)
    #expect(try await client.read(.holding(10), as: Int32.self) == -7)
    #expect(client.statistics.connections == 1)
    withExtendedLifetime(server) {}
  }

  private static let lateServer: String = {
    let corpus =
      ProcessInfo.processInfo.environment["IIOT_CORPUS"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../shared/corpus").standardizedFileURL
    return corpus.deletingLastPathComponent()
      .appendingPathComponent("bench/protocols/modbus_late_server.py").path
  }()

  @Test(
    "a server that answers one request late costs that request and no connection",
    .enabled(
      if: FileManager.default.fileExists(atPath: lateServer),
      "IIOT_CORPUS: no bench/protocols/modbus_late_server.py beside it"))
  func late() async throws {
    let port = try Loopback.freePort()
    let peer = try PeerProcess(
      "/usr/bin/python3", [Self.lateServer, "\(port)", "6", "1.5"], port: port)
    // A connection of its own for each look: the one that counts comes after them.
    try #require(try await peer.isListening())
    let client = ModbusClient(.tcp("127.0.0.1", port: port), options: .init(timeout: .seconds(1)))
    var failed: [Int] = []
    for number in 1...31 {
      do {
        let start = number * 3
        #expect(
          try await client.readHoldingRegisters(start..<(start + 2))
            == [UInt16(start), UInt16(start + 1)])
      } catch let error as ModbusError {
        #expect(error.code == .timeout)
        failed.append(number)
      }
    }
    #expect(failed == [6])
    #expect(client.statistics.connections == 1 && client.statistics.lateAnswers == 1)
  }
}

/// A device on a serial line that answers late, twice, in pieces and amid noise.
private final class NoisyDevice: Sendable {
  private let descriptor: Int32
  let answered = Atomic(0)

  init(_ path: String, seed: UInt64) throws {
    let descriptor = open(path, O_RDWR | O_NOCTTY)
    try #require(descriptor >= 0)
    self.descriptor = descriptor
    Thread.detachNewThread { [self] in serve(SeededGenerator(seed: seed)) }
  }

  private func send(_ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  private func serve(_ generator: SeededGenerator) {
    var generator = generator
    var buffer: [UInt8] = []
    while true {
      var chunk = [UInt8](repeating: 0, count: 256)
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return }
      buffer += chunk[..<count]
      while buffer.count >= 8 {
        let request = Array(buffer[..<8])
        guard RTUFrame.isSound(request), request[1] == 3 else {
          buffer.removeFirst()
          continue
        }
        buffer.removeFirst(8)
        let first = UInt16(request[2]) << 8 | UInt16(request[3])
        var body: [UInt8] = [request[0], 3, 2 * request[5]]
        for offset in 0..<UInt16(request[5]) {
          let value = (first &+ offset) &* 40_503
          body += [UInt8(value >> 8), UInt8(value & 255)]
        }
        var frame = RTUFrame.adding(checkTo: body)
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: break
        case 1:
          // After the client's patience and before it asks again.
          usleep(350_000)
          send(frame)
        case 2:
          frame[Int.random(in: 0..<frame.count, using: &generator)] ^=
            1 << UInt8.random(in: 0..<8, using: &generator)
          send(frame)
        case 3..<8:
          send(
            (0..<Int.random(in: 1...9, using: &generator)).map { _ in
              UInt8.random(in: 0...255, using: &generator)
            })
          send(frame)
        case 8..<12:
          for byte in frame { send([byte]) }
        case 12: send(request + frame)  // the echo of a two-wire line
        default: send(frame)
        }
        answered.add(1, ordering: .relaxed)
      }
    }
  }
}

@Suite(
  "A serial line with noise and late answers",
  .enabled(if: socat != nil, "socat is not installed"), .timeLimit(.minutes(15)))
struct NoisyLineTests {
  @Test("never a wrong value, and always on again", arguments: [UInt64(11), 12])
  func noise(seed: UInt64) async throws {
    let count = Soak.isOn ? 3000 : 60
    let line = try await LinePair()
    let device = try NoisyDevice(line.far, seed: seed)
    let client = ModbusClient(
      .rtu(SerialLine(line.near, baud: 115_200, parity: .none)),
      options: .init(timeout: .milliseconds(250), backoff: .init(maximum: .milliseconds(500))))
    var generator = SeededGenerator(seed: seed &* 7)
    var good = 0
    for number in 0..<count {
      let start = Int.random(in: 0..<60_000, using: &generator)
      // Never the length of the request before: on a machine that is busy for half a second an answer may come even
      // later than the silence after a timeout, and nothing else could tell it from the next one's.
      let length = Int.random(in: 1...20, using: &generator) + number % 2 * 20
      do {
        let values = try await client.readHoldingRegisters(start..<(start + length), unit: 5)
        #expect(
          values == (start..<(start + length)).map { UInt16($0) &* 40_503 }, "seed \(seed)")
        good += 1
      } catch let error as ModbusError {
        #expect(error.code == .timeout || error.code == .malformedReply, "\(error)")
        // Longer than the unit is left alone after a silence: what is asked meanwhile fails at once.
        if error.code == .timeout { try await Task.sleep(for: .milliseconds(500)) }
      }
    }
    #expect(good > count / 2, "seed \(seed): \(client.statistics)")
    #expect(device.answered.load(ordering: .relaxed) >= good)
    #expect(client.statistics.connections == 1)
  }
}
