import Synchronization
import Testing

@testable import Modbus

@Suite("What has to wait is sent in the order in which it came", .timeLimit(.minutes(15)))
struct SendingOrderTests {
  @Test("writes to a unit that is left alone for a while")
  func writes() throws {
    let arrived = Mutex<[UInt8]>([])
    let peer = try ScriptedPeer { connection in
      while let frame = connection.bytes(8) {
        let isFirst = arrived.withLock { values in
          values.append(frame[5])
          return values.count == 1
        }
        if !isFirst { connection.send(frame) }
      }
    }
    defer { peer.stop() }
    let engine = WireEngine(
      .rtuOverTCP("127.0.0.1", port: peer.port), options: .init(timeout: .seconds(2)),
      wakeup: try Wakeup())
    func write(_ value: UInt16) -> Job {
      Job(RequestMessage.writeRegister(value, at: 7, unit: 4))
    }
    let unanswered = write(0)
    engine.submit(unanswered)
    while unanswered.remaining > 0 { engine.turn() }
    // The unit is paused now.
    let writes = (1...4).map { write($0) }
    for write in writes { engine.submit(write) }
    while writes.contains(where: { $0.remaining > 0 }) { engine.turn() }
    #expect(arrived.withLock { $0 } == [0, 1, 2, 3, 4])
    engine.shutDown()
  }

  @Test("the requests of a plan whose connection was cut")
  func plan() throws {
    let asked = Mutex<[[UInt16]]>([])
    let peer = try ScriptedPeer { connection in
      asked.withLock { $0.append([]) }
      while let request = connection.request() {
        let count = asked.withLock { asked in
          asked[connection.number].append(request.address)
          return asked[connection.number].count
        }
        if connection.number > 0 {
          connection.send(request.answer)
        } else if count == 4 {
          return
        }
      }
    }
    defer { peer.stop() }
    let engine = WireEngine(
      .tcp("127.0.0.1", port: peer.port),
      options: .init(
        inFlight: 4, timeout: .seconds(20),
        backoff: .init(initial: .milliseconds(1), maximum: .milliseconds(20))),
      wakeup: try Wakeup())
    let plan = Job(try ReadPlan((0..<8).map { RegisterBlock(.holding, $0, count: 1) }))
    engine.submit(plan)
    while plan.remaining > 0 { engine.turn() }
    #expect(asked.withLock { $0 } == [[0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7]])
    #expect(plan.result.isComplete)
    engine.shutDown()
  }

  @Test("whatever is put back goes before what waits, and plans take turns as they did")
  func queue() throws {
    func message() -> Job { Job(RequestMessage.writeRegister(1, at: 0, unit: 9)) }
    func plan(_ unit: UInt8) throws -> Job {
      Job(try ReadPlan((0..<3).map { RegisterBlock(.holding, $0, count: 1, unit: unit) }))
    }
    var queue = JobQueue()
    let (first, second, third) = (message(), message(), message())
    let (one, two) = (try plan(1), try plan(2))
    for job in [first, second, one, two] { queue.append(job) }
    var taken: [WireEngine.Assignment] = []
    while let (job, block) = queue.next() {
      taken.append(WireEngine.Assignment(job: job, block: block))
    }
    let order = taken.map { ObjectIdentifier($0.job) }
    #expect(taken.count == 8)
    queue.append(third)
    queue.putBack(taken)
    var again: [WireEngine.Assignment] = []
    while let (job, block) = queue.next() {
      again.append(WireEngine.Assignment(job: job, block: block))
    }
    #expect(
      again.map { ObjectIdentifier($0.job) }
        == [order[0], order[1], ObjectIdentifier(third)] + order[2...])
    #expect(again.filter { $0.job === one }.map(\.block) == [0, 1, 2])
    #expect(again.filter { $0.job === two }.map(\.block) == [0, 1, 2])
  }
}
