import IndustrialModel
import Sinks
import StoreForward
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("A backlog drains without keeping new samples from their sink", .timeLimit(.minutes(15)))
struct BacklogTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()

  init() throws { folder = try TemporaryFolder() }

  @Test("new samples wait for one old batch, old ones get every other turn, each comes once")
  func liveFirst() async throws {
    let (buffer, sink) = try await drain(isLiveFirst: true, events: 0)
    let deliveries = sink.deliveries
    #expect(deliveries.flatMap(\.numbers).sorted() == Array(1...sink.lastNumber))
    // New samples come with every batch, and go at once or with the next.
    let live = sink.live
    #expect(live.count > 20)
    #expect(live.allSatisfy { $0.waited <= 2 }, "\(live.map(\.waited))")
    // While there is a backlog, at least every other delivery is of it.
    let old = deliveries.map { $0.numbers.allSatisfy { $0 <= Self.backlog } }
    let end = try #require(old.lastIndex(of: true))
    let turns = old[...end]
    #expect(turns.count(where: { $0 }) * 2 >= turns.count - 1)
    // Each of the two in its own order.
    for isOld in [true, false] {
      let numbers = deliveries.flatMap(\.numbers).filter { ($0 <= Self.backlog) == isOld }
      #expect(numbers == numbers.sorted())
    }
    try await buffer.close()
  }

  @Test("a sink that wants the order gets the order")
  func inOrder() async throws {
    let (buffer, sink) = try await drain(isLiveFirst: false, events: 0)
    #expect(sink.deliveries.flatMap(\.numbers) == Array(1...sink.lastNumber))
    try await buffer.close()
  }

  @Test("an event overtakes all telemetry", arguments: [false, true])
  func events(isLiveFirst: Bool) async throws {
    let (buffer, sink) = try await drain(isLiveFirst: isLiveFirst, events: 5)
    let events = sink.events
    #expect(events.count == 5)
    #expect(events.allSatisfy { $0.waited <= 2 }, "\(events.map(\.waited))")
    #expect(sink.deliveries.flatMap(\.numbers).sorted() == Array(1...sink.lastNumber))
    try await buffer.close()
  }

  @Test("what went ahead is not sent again by the next run")
  func restart() async throws {
    let (buffer, sink) = try await drain(isLiveFirst: true, events: 0, stopAfter: 12)
    try await buffer.close()
    #expect(sink.deliveries.count == 12)
    let again = RecordingSink(tags, nil)
    let reopened = try await openBuffer()
    try await run(again, on: reopened, isLiveFirst: true)
    let numbers = sink.deliveries.flatMap(\.numbers) + again.deliveries.flatMap(\.numbers)
    #expect(numbers.sorted() == Array(1...sink.lastNumber))
    try await reopened.close()
  }

  @Test("no lane waits for ever, and the urgent one has most turns")
  func turns() {
    var turns = LaneTurns()
    var first: [BufferLane: Int] = [:]
    for _ in 0..<800 {
      #expect(Set(turns.order) == Set(BufferLane.allCases))
      first[turns.order[0], default: 0] += 1
      turns.next()
    }
    #expect(first == [.events: 600, .telemetry: 100, .log: 100])
  }

  // MARK: -

  private static let backlog: UInt64 = 1500

  private func openBuffer() async throws -> GatewayBuffer {
    try await GatewayBuffer(
      dataFolder: folder.path, size: .init(capacity: 64 << 20, segment: 1 << 20)
    ) { _ in }
  }

  /// A backlog of some megabytes goes to a sink that stores a new sample, and now and then an event, at each delivery.
  private func drain(
    isLiveFirst: Bool, events: Int, stopAfter: Int = .max
  ) async throws -> (GatewayBuffer, RecordingSink) {
    let buffer = try await openBuffer()
    let feed = Feed(buffer, tags)
    for number in 1...Self.backlog { try await feed.store(number, .telemetry) }
    let sink = RecordingSink(tags, feed, stopAfter: stopAfter, events: events)
    try await run(sink, on: buffer, isLiveFirst: isLiveFirst)
    return (buffer, sink)
  }

  private func run(
    _ sink: RecordingSink, on buffer: GatewayBuffer, isLiveFirst: Bool
  ) async throws {
    let board = StatusBoard()
    let runner = SinkRunner(
      index: board.addSink("s"), name: "s", sink: sink,
      deadLetters: DeadLetterFile(path: folder.file("dead"), sink: "s", tags: tags),
      places: try await SinkPlaces("s", in: buffer), isLiveFirst: isLiveFirst, inFlight: nil,
      tags: tags, board: board, report: { _ in })
    let running = Task { await runner.run(isLast: Atomic(true)) }
    sink.stop.withLock { $0 = { running.cancel() } }
    await running.value
  }
}

/// Puts samples into the lanes, a record each.
private actor Feed {
  private let buffer: GatewayBuffer
  private let tags: TagRegistry
  private let text = String(repeating: "x", count: 4000)

  init(_ buffer: GatewayBuffer, _ tags: TagRegistry) {
    self.buffer = buffer
    self.tags = tags
  }

  func store(_ number: UInt64, _ sampleClass: SampleClass) async throws {
    var batch = SampleBatch()
    batch.append(
      Sample(
        tag: tags.intern("d/t"), value: .string(text), sequence: number, sampleClass: sampleClass))
    var block: [UInt8] = []
    SampleCodec.encode(batch, names: tags.names, into: &block)
    var records = RecordBatch()
    try records.append(block, time: 0)
    try await buffer.open(BufferLane(sampleClass)).append(records)
    buffer.bell.ring()
  }
}

/// Remembers what it was given, and stores new samples while it is given old ones.
private final class RecordingSink: Sink {
  struct Delivery { var numbers: [UInt64] }

  /// A sample that was stored during a delivery, and how many deliveries later it came.
  struct Fresh {
    var number: UInt64
    var stored: Int
    var waited: Int
  }

  private struct State {
    var deliveries: [Delivery] = []
    var last: UInt64 = 1500
    var fresh: [Fresh] = []
    var events: [Fresh] = []
    var eventsLeft: Int
  }

  let stop = Mutex<(@Sendable () -> Void)?>(nil)
  private let state: Mutex<State>
  private let feed: Feed?
  private let stopAfter: Int

  init(_ tags: TagRegistry, _ feed: Feed?, stopAfter: Int = .max, events: Int = 0) {
    self.feed = feed
    self.stopAfter = stopAfter
    state = Mutex(State(eventsLeft: events))
  }

  var deliveries: [Delivery] { state.withLock { $0.deliveries } }
  var lastNumber: UInt64 { state.withLock { $0.last } }
  var live: [Fresh] { state.withLock { $0.fresh.filter { $0.waited > 0 } } }
  var events: [Fresh] { state.withLock { $0.events } }

  func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport {
    let numbers = batch.map(\.sequence)
    let (count, next, isEvent) = state.withLock { state in
      state.deliveries.append(Delivery(numbers: numbers))
      let count = state.deliveries.count
      for index in state.fresh.indices where numbers.contains(state.fresh[index].number) {
        state.fresh[index].waited = count - state.fresh[index].stored
      }
      for index in state.events.indices where numbers.contains(state.events[index].number) {
        state.events[index].waited = count - state.events[index].stored
      }
      // As long as old ones come, and not before it shows that they are many.
      guard feed != nil, count > 1, numbers.contains(where: { $0 < 1500 }) else {
        return (count, nil as UInt64?, false)
      }
      state.last += 1
      let isEvent = state.eventsLeft > 0
      let fresh = Fresh(number: state.last, stored: count, waited: isEvent ? .max : 0)
      if isEvent {
        state.eventsLeft -= 1
        state.events.append(fresh)
      } else {
        state.fresh.append(fresh)
      }
      return (count, state.last, isEvent)
    }
    if let next { try? await feed?.store(next, isEvent ? .event : .telemetry) }
    if count >= stopAfter { stop.withLock { $0 }?() }
    return DeliveryReport()
  }

  func close() async {}
}
