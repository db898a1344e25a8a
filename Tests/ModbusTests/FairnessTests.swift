import Foundation
import IndustrialModel
import Synchronization
import TestSupport
import Testing

@testable import Modbus

@Suite("Devices share a wire fairly, and a write goes first", .timeLimit(.minutes(15)))
struct FairnessTests {
  /// The engine without a thread of its own, so that the test decides what happens between two of its turns.
  private func engine(_ peer: ScriptedPeer, inFlight: Int = 1) throws -> WireEngine {
    WireEngine(
      .tcp("127.0.0.1", port: peer.port),
      options: .init(inFlight: inFlight, timeout: .seconds(20)), wakeup: try Wakeup())
  }

  @Test("a write goes before the next request of a poll that is under way")
  func writeFirst() throws {
    let order = Mutex<[String]>([])
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        order.withLock { $0.append("\(request.function):\(request.address)") }
        connection.send(request.function == 6 ? request.bytes : request.answer)
      }
    }
    defer { peer.stop() }
    let engine = try engine(peer)
    let plan = Job(try ReadPlan((0..<20).map { RegisterBlock(.holding, $0, count: 1) }))
    engine.submit(plan)
    while plan.remaining > 15 { engine.turn() }
    // In the worst case its next request has just been sent.
    let sent = 20 - plan.remaining + engine.exchange.count
    let write = Job(RequestMessage.writeRegister(7, at: 99, unit: 1))
    engine.submit(write)
    while write.remaining > 0 { engine.turn() }
    while plan.remaining > 0 { engine.turn() }
    let requests = order.withLock { $0 }
    #expect(requests.count == 21)
    #expect(requests.firstIndex(of: "6:99") == sent, "\(requests)")
  }

  @Test("a stream of writes leaves polls their share of the wire")
  func writesWithoutEnd() throws {
    let order = Mutex("")
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        order.withLock { $0 += request.function == 6 ? "w" : "r" }
        connection.send(request.function == 6 ? request.bytes : request.answer)
      }
    }
    defer { peer.stop() }
    let engine = try engine(peer)
    let plan = Job(try ReadPlan((0..<5).map { RegisterBlock(.holding, $0, count: 1) }))
    let writes = (0..<100).map { Job(RequestMessage.writeRegister($0, at: 99, unit: 1)) }
    engine.submit(plan)
    for write in writes { engine.submit(write) }
    while plan.remaining > 0 || writes.contains(where: { $0.remaining > 0 }) { engine.turn() }
    let burst = String(repeating: "w", count: JobQueue.burst)
    let rest = String(repeating: "w", count: 100 - 5 * JobQueue.burst)
    #expect(
      order.withLock { $0 } == String(repeating: burst + "r", count: 5) + rest)
  }

  @Test("requests that are never answered leave the rest of the window to the others")
  func stuckRequests() throws {
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        if request.address >= 5 { connection.send(request.answer) }
      }
    }
    defer { peer.stop() }
    let engine = try engine(peer, inFlight: 8)
    let plan = Job(try ReadPlan((0..<200).map { RegisterBlock(.holding, $0, count: 1) }))
    engine.submit(plan)
    while plan.remaining > 5 { engine.turn() }
    #expect(engine.statistics.timeouts == 0)
    engine.shutDown()
  }

  @Test("each request is sent once, in whatever pieces the answers come", arguments: 1...8)
  func piecesOfAWindow(piece: Int) throws {
    let asked = Mutex<[UInt16]>([])
    let peer = try ScriptedPeer { connection in
      var waiting: [[UInt8]] = []
      var whole = 0
      while let request = connection.request() {
        asked.withLock { $0.append(request.address) }
        whole += 1
        waiting.append(request.answer)
        guard waiting.count >= piece || whole == 200 else { continue }
        connection.send(Array(waiting.joined()))
        waiting = []
      }
    }
    defer { peer.stop() }
    let engine = try engine(peer, inFlight: 8)
    let plan = Job(try ReadPlan((0..<200).map { RegisterBlock(.holding, $0, count: 1) }))
    engine.submit(plan)
    while plan.remaining > 0 { engine.turn() }
    #expect(asked.withLock { $0 } == Array(0..<200))
    #expect(engine.statistics.timeouts == 0)
    #expect(try (0..<200).allSatisfy { try plan.result.registers(ofBlock: $0).first == UInt16($0) })
    engine.shutDown()
  }

  @Test("the next to send, for any mixture of messages and plans")
  func queue() throws {
    var queue = JobQueue()
    func plan(_ count: UInt16, unit: UInt8) throws -> Job {
      Job(
        try ReadPlan((0..<count).map { RegisterBlock(.holding, $0 * 200, count: 1, unit: unit) }))
    }
    func message() -> Job { Job(RequestMessage.writeRegister(1, at: 0, unit: 9)) }
    func units(_ count: Int) -> [UInt8] {
      (0..<count).compactMap { _ in queue.next().map { $0.job.unit(of: $0.block) } }
    }
    func takeAll() -> [Job] { (0..<300).compactMap { _ in queue.next()?.job } }
    // Plans alone take turns, messages alone come in the order in which they were left.
    queue.append(try plan(3, unit: 1))
    queue.append(try plan(2, unit: 2))
    #expect(units(9) == [1, 2, 1, 2, 1])
    #expect(queue.isEmpty)
    let jobs = (0..<200).map { _ in message() }
    for job in jobs { queue.append(job) }
    #expect(takeAll().map(ObjectIdentifier.init) == jobs.map(ObjectIdentifier.init))
    #expect(queue.isEmpty)
    // What was sent while no plan waited is not held against messages later.
    queue.append(try plan(2, unit: 1))
    for _ in 0..<20 { queue.append(message()) }
    let nines = [UInt8](repeating: 9, count: JobQueue.burst)
    #expect(units(30) == nines + [1] + nines + [1] + [9, 9, 9, 9])
    #expect(queue.isEmpty)
    // One that has to be sent once more goes first, and is there only once.
    let (first, second, third) = (message(), message(), message())
    queue.append(first)
    queue.append(second)
    #expect(takeAll().map(ObjectIdentifier.init) == [first, second].map(ObjectIdentifier.init))
    second.again.append(0)
    queue.append(third)
    queue.appendIfAbsent(second)
    queue.appendIfAbsent(second)
    #expect(takeAll().map(ObjectIdentifier.init) == [second, third].map(ObjectIdentifier.init))
    #expect(queue.isEmpty)
    // All can be taken out, each once.
    queue.append(try plan(2, unit: 1))
    for _ in 0..<70 { queue.append(message()) }
    #expect(units(5).count == 5)
    var left = 0
    while queue.removeAny() != nil { left += 1 }
    #expect(left == 66)
    #expect(queue.isEmpty)
    queue.append(message())
    #expect(!queue.isEmpty)
  }

  @Test("plans take turns, a request each, however long one is")
  func turns() throws {
    let order = Mutex<[Int]>([])
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        order.withLock { $0.append(Int(request.unit)) }
        connection.send(request.answer)
      }
    }
    defer { peer.stop() }
    let engine = try engine(peer)
    let long = Job(try ReadPlan((0..<100).map { RegisterBlock(.holding, $0, count: 1, unit: 1) }))
    let short = Job(try ReadPlan((0..<5).map { RegisterBlock(.holding, $0, count: 1, unit: 2) }))
    engine.submit(long)
    engine.submit(short)
    while short.remaining > 0 { engine.turn() }
    #expect(long.remaining >= 93)
    while long.remaining > 0 { engine.turn() }
    #expect(order.withLock { Array($0.prefix(10)) } == [1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
  }

  @Test(
    "a dead device among others costs a round one timeout at most, and soon nothing",
    arguments: [false, true])
  func deadDevice(isSerial: Bool) async throws {
    let isAlive = Atomic(false)
    let peer = try ScriptedPeer { connection in
      if isSerial {
        while let frame = connection.bytes(8) {
          guard frame[0] != 2 || isAlive.load(ordering: .relaxed) else { continue }
          connection.send(
            RTUFrame.adding(checkTo: [frame[0], 3, 2, frame[2], frame[3]]))
        }
      } else {
        while let request = connection.request() {
          if request.unit != 2 || isAlive.load(ordering: .relaxed) {
            connection.send(request.answer)
          }
        }
      }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      isSerial
        ? .rtuOverTCP("127.0.0.1", port: peer.port) : .tcp("127.0.0.1", port: peer.port),
      options: .init(timeout: .milliseconds(700), backoff: .init(maximum: .seconds(2))))
    // The dead one stands in the middle, with several requests.
    let plan = try ReadPlan(
      [1, 2, 2, 2, 2, 3].enumerated().map {
        RegisterBlock(.holding, UInt16($0.offset * 10), count: 1, unit: UInt8($0.element))
      })
    var timeouts: UInt64 = 0
    let start = ContinuousClock.now
    for round in 0..<12 {
      let result = try await client.read(plan)
      for block in [0, 5] { #expect(result.error(ofBlock: block) == nil, "round \(round)") }
      for block in 1..<5 { #expect(result.error(ofBlock: block)?.code == .timeout) }
      #expect(client.statistics.timeouts <= timeouts + 1, "round \(round)")
      timeouts = client.statistics.timeouts
    }
    // Those between its ever rarer tries do not wait for it. If each did, all twelve would time out after 0.7 s.
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    #expect(Double(timeouts) <= 4 + elapsed / 2, "in \(elapsed) s")
    #expect(client.statistics.connections == 1)
    isAlive.store(true, ordering: .relaxed)
    var isBack = false
    for _ in 0..<1000 where !isBack {
      isBack = try await client.read(plan).isComplete
      if !isBack { try await Task.sleep(for: .milliseconds(10)) }
    }
    #expect(isBack)
  }

  @Test("the callers of other devices wait for a dead one's timeout at most once a try")
  func otherCallers() async throws {
    let server = try ModbusServer(port: 0, units: [1, 2])
    server.setFaults([.drop.of(unit: 2)])
    let client = ModbusClient(
      .tcp("127.0.0.1", port: server.port),
      options: .init(timeout: .seconds(1), backoff: .init(maximum: .seconds(5))))
    #expect(try await client.readHoldingRegisters(0..<1, unit: 1) == [0])
    let dead = Task {
      var errors = 0
      while !Task.isCancelled {
        do { _ = try await client.readHoldingRegisters(0..<1, unit: 2) } catch { errors += 1 }
        await Task.yield()
      }
      return errors
    }
    let start = ContinuousClock.now
    for _ in 0..<200 { #expect(try await client.readHoldingRegisters(0..<1, unit: 1) == [0]) }
    dead.cancel()
    _ = await dead.value
    // If each try waited, there would be two a second.
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    #expect(Double(client.statistics.timeouts) <= 4 + elapsed / 2, "in \(elapsed) s")
  }
}

@Suite("Writes are checked before and after, and never repeated", .timeLimit(.minutes(15)))
struct WriteTests {
  @Test("what the device made of a value is read back and compared")
  func readBack() async throws {
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        // It says yes, and holds 100 all the same.
        connection.send(
          request.function == 6 ? request.bytes : request.frame(pdu: [3, 2, 0, 100]))
      }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .tcp("127.0.0.1", port: peer.port), options: .init(timeout: .seconds(20)))
    let error = await #expect(throws: ModbusError.self) {
      try await client.write(.int64(600), to: .holding(4), as: .uint16)
    }
    #expect(error?.code == .notVerified && error?.address == .holding(4))
    #expect(error?.message.contains("holds 100 after 600") == true, "\(error?.message ?? "")")
    try await client.write(.int64(100), to: .holding(4), as: .uint16)
    try await client.write(.int64(600), to: .holding(4), as: .uint16, verify: false)
  }

  @Test("one without an answer is not sent again, and the error says that it may have happened")
  func unanswered() async throws {
    let writes = Mutex(0)
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        if request.function == 3 {
          connection.send(request.answer)
        } else {
          writes.withLock { $0 += 1 }
        }
      }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .tcp("127.0.0.1", port: peer.port), options: .init(timeout: .milliseconds(300)))
    let error = await #expect(throws: ModbusError.self) {
      try await client.write(.int64(1), to: .holding(4), as: .uint16)
    }
    #expect(error?.code == .timeout && error?.isRetriable == true)
    #expect(error?.advice?.contains("may have happened") == true)
    #expect(try await client.readHoldingRegisters(4..<5) == [4])
    #expect(writes.withLock { $0 } == 1)
  }

  @Test(
    "what a type can't hold, or a table does not take, is refused before anything is sent",
    arguments: [
      (RegisterAddress.holding(0), RegisterType.uint16, Value.int64(65_536)),
      (.holding(0), .int16, .int64(32_768)), (.holding(0), .int32, .double(0.5)),
      (.holding(0), .float32, .double(1e300)), (.holding(0), .bcd16, .int64(10_000)),
      (.holding(0), .uint64, .int64(-1)), (.holding(65_535), .uint32, .int64(1)),
      (.input(0), .uint16, .int64(1)), (.discrete(0), .bool, .bool(true)),
      (.coil(0), .bool, .int64(2)),
    ])
  func refused(place: RegisterAddress, type: RegisterType, value: Value) async throws {
    let server = try ModbusServer(port: 0)
    let client = ModbusClient(
      .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
    let error = await #expect(throws: ModbusError.self) {
      try await client.write(value, to: place, as: type)
    }
    #expect(error?.code == .invalidRequest, "\(String(describing: error))")
    #expect(client.statistics.requests == 0)
  }
}
