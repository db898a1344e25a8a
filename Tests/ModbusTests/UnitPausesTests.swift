import IndustrialModel
import Testing

@testable import Modbus

@Suite("A unit is left alone while it may owe an answer that could be taken for a newer one's")
struct UnitPausesTests {
  private let second: Int64 = 1_000_000_000

  @Test("after a lost connection for as long as the timeout, from the next connection on, and once")
  func lostConnection() {
    var pauses = UnitPauses(isRTU: true, timeout: second, longest: 30 * second)
    #expect(pauses.isEmpty && !pauses.mayOwe(5))
    pauses.didLoseRequest(5, now: 0)
    #expect(pauses.end(of: 5, now: 1) == second)
    #expect(pauses.isCutOff(5) && pauses.mayOwe(5) && pauses.timeouts(of: 5) == 0)
    #expect(pauses.end(of: 6, now: 1) == nil && !pauses.mayOwe(6))
    // Connecting took longer than the pause.
    pauses.connectionDidStart(now: 10 * second)
    #expect(pauses.end(of: 5, now: 10 * second) == 11 * second)
    // That one was cut before anything was asked: the unit is not put off for ever.
    pauses.connectionDidStart(now: 20 * second)
    #expect(pauses.end(of: 5, now: 20 * second) == nil)
    // However often it happens, the pause does not grow.
    for _ in 0..<10 { pauses.didLoseRequest(5, now: 30 * second) }
    #expect(pauses.end(of: 5, now: 30 * second) == 31 * second)
    pauses.didAnswer(5)
    #expect(pauses.isEmpty && !pauses.mayOwe(5) && !pauses.isCutOff(5))
    pauses.connectionDidStart(now: 40 * second)
    #expect(pauses.end(of: 5, now: 40 * second) == nil)
  }

  @Test("after a timeout longer each time, and at least as long from the next connection on")
  func timeouts() {
    var pauses = UnitPauses(isRTU: true, timeout: second, longest: 30 * second)
    pauses.didLoseRequest(5, now: 0)
    pauses.didTimeOut(5, isShared: false, now: second)
    #expect(pauses.end(of: 5, now: second) == 2 * second)
    // It has been silent since.
    #expect(!pauses.isCutOff(5) && pauses.mayOwe(5))
    pauses.didTimeOut(5, isShared: false, now: 2 * second)
    #expect(pauses.end(of: 5, now: 2 * second) == 4 * second)
    pauses.connectionDidStart(now: 2 * second)
    #expect(pauses.end(of: 5, now: 2 * second) == 4 * second)
  }

  @Test("a unit whose pause was over before the connection ended is asked on the next one")
  func pauseThatIsOver() {
    var pauses = UnitPauses(isRTU: true, timeout: second, longest: 30 * second)
    pauses.didTimeOut(5, isShared: true, now: 0)
    pauses.connectionDidEnd(now: 100 * second)
    pauses.connectionDidStart(now: 100 * second)
    #expect(pauses.end(of: 5, now: 100 * second) == nil)
    // Where the connection ended in mid-pause the unit is put off, and its next reading waits instead of failing.
    pauses.didTimeOut(5, isShared: true, now: 200 * second)
    pauses.connectionDidEnd(now: 201 * second)
    pauses.connectionDidStart(now: 300 * second)
    #expect(pauses.end(of: 5, now: 300 * second) == 301 * second)
    #expect(pauses.isCutOff(5))
    pauses.didTimeOut(5, isShared: true, now: 302 * second)
    #expect(!pauses.isCutOff(5))
  }

  /// The pauses are so long that a machine which stands still changes nothing.
  @Test("on a shared wire a reading is asked after a reconnection, if need be later")
  func sharedReading() throws {
    let hour = 3600 * second
    let engine = WireEngine(
      .rtuOverTCP("127.0.0.1", port: 1), options: .init(timeout: .seconds(3600)),
      wakeup: try Wakeup())
    engine.askedUnitCount = 2
    let reading = Job(try ReadPlan([RegisterBlock(.holding, 0, count: 1, unit: 5)]))
    let now = MonotonicClock.now()
    engine.pauses.didTimeOut(5, isShared: true, now: now - 100 * hour)
    engine.connectionLost("the test ended it")
    engine.pauses.connectionDidStart(now: now)
    #expect(!engine.isPaused(reading, 0, now))
    engine.pauses.didAnswer(5)
    engine.pauses.didTimeOut(5, isShared: true, now: now)
    engine.connectionLost("the test ended it")
    engine.pauses.connectionDidStart(now: now + 100 * hour)
    #expect(engine.isPaused(reading, 0, now + 100 * hour))
    #expect(engine.held.count == 1 && reading.remaining == 1)
    #expect(!engine.isPaused(reading, 0, now + 102 * hour))
    engine.shutDown()
  }

  @Test("on a network a new connection is nothing to wait for: answers have ids there")
  func network() {
    var pauses = UnitPauses(isRTU: false, timeout: second, longest: 30 * second)
    for _ in 0..<4 { pauses.didTimeOut(5, isShared: false, now: 0) }
    #expect(pauses.end(of: 5, now: 0) == second)
    pauses.connectionDidStart(now: 2 * second)
    #expect(pauses.end(of: 5, now: 2 * second) == nil)
  }
}
