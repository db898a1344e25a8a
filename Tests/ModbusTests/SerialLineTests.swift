import IndustrialModel
import Testing

@testable import Modbus

@Suite("A serial port", .timeLimit(.minutes(15)))
struct SerialLineTests {
  @Test("runs at each rate that its address may have", arguments: SerialLine.rates.map(\.baud))
  func rate(baud: Int) throws {
    let port = try PseudoTerminal()
    let url = try ModbusURL("modbus+rtu://\(port.path)?baud=\(baud)")
    guard case .serial(let line) = url.endpoint.transport else {
      Issue.record("\(url) is no serial line")
      return
    }
    let context = try LibmodbusContext.opening(line, bus: "bus")
    var other = line
    other.baud = baud == 9600 ? 19_200 : 9600
    let (isSet, isOther) = (
      line.isSet(on: context.descriptor), other.isSet(on: context.descriptor)
    )
    #expect(isSet && !isOther)
  }

  @Test(
    "is not opened at a rate that libmodbus would turn into 9600",
    arguments: [
      50, 75, 134, 150, 200, 1800, 14_400, 28_800, 31_250, 56_000, 76_800, 128_000, 250_000,
      256_000, 2_000_000, 4_000_001, 0, -9600,
    ])
  func noRate(baud: Int) throws {
    let port = try PseudoTerminal()
    var error = #expect(throws: ModbusError.self) {
      try ModbusURL("modbus+rtu://\(port.path)?baud=\(baud)")
    }
    #expect(error?.code == .invalidURL)
    error = #expect(throws: ModbusError.self) {
      _ = try LibmodbusContext.opening(SerialLine(port.path, baud: baud), bus: "bus")
    }
    #expect(error?.code == .connectFailed)
    #expect(error?.message == "the port can't be set to \(baud) baud")
    #expect(error?.advice?.isEmpty == false)
  }

  /// The engine without a thread of its own, so that the test decides what comes between two of its turns.
  private func engine(_ port: PseudoTerminal) throws -> WireEngine {
    WireEngine(
      .rtu(SerialLine(port.path, baud: 115_200, parity: .none)),
      options: .init(timeout: .milliseconds(200)), wakeup: try Wakeup())
  }

  @Test("that is never silent ends each call that waits for it, and works when it is silent again")
  func neverSilent() async throws {
    func write(at address: UInt16) -> Job {
      Job(RequestMessage.writeRegister(1, at: address, unit: 5))
    }
    let gone = write(at: 9)
    let caller = Task { try await gone.wait {} }
    caller.cancel()
    _ = await caller.result
    let port = try PseudoTerminal()
    let engine = try engine(port)
    let plan = Job(
      try ReadPlan((0..<3).map { RegisterBlock(.holding, $0 * 10, count: 1, unit: 5) }))
    let waiting = write(at: 7)
    for job in [plan, waiting, gone] { engine.submit(job) }
    // Without an end of the waiting there would be none of the test.
    let end = ContinuousClock.now + .seconds(60)
    while plan.remaining + waiting.remaining > 0, ContinuousClock.now < end {
      try port.send([0x55])
      engine.turn()
    }
    #expect(engine.statistics.requests == 0)
    #expect(engine.queue.isEmpty)
    for block in 0..<3 {
      let error = plan.result.error(ofBlock: block)
      #expect(error?.code == .timeout && error?.address == .holding(UInt16(block) * 10))
      #expect(error?.message.contains("never falls silent") == true)
    }
    guard case .failure(let error)? = waiting.answer else {
      Issue.record("the write has not failed: \(String(describing: waiting.answer))")
      return
    }
    #expect(error.code == .timeout && error.message.contains("nothing was sent"), "\(error)")

    let later = Job(try ReadPlan(.holding, 0..<1, unit: 5))
    engine.submit(later)
    // Not a whole turn, which would wait for the answer.
    while engine.statistics.requests == 0, ContinuousClock.now < end {
      engine.sendRequests(MonotonicClock.now())
    }
    #expect(try port.bytes(8) == RTUFrame.adding(checkTo: [5, 3, 0, 0, 0, 1]))
    try port.send(RTUFrame.adding(checkTo: [5, 3, 2, 0, 42]))
    while later.remaining > 0, ContinuousClock.now < end { engine.turn() }
    #expect(try later.result.registers(ofBlock: 0) == [42])
    engine.shutDown()
  }
}
