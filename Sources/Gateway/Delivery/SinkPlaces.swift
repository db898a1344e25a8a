internal import StoreForward
internal import Synchronization

/// How far one sink is in each lane of the buffer.
final class SinkPlaces: Sendable {
  let buffer: GatewayBuffer
  /// Where what the sink does is counted, nil for who does not count.
  let books: LedgerBooks?
  let keeper: LedgerKeeper?
  private let name: String
  /// The sink's number in the books.
  let number: Int
  /// By the lane's number.
  private let cursors: Mutex<[StoreCursor?]>
  /// What the cursors had lost in runs before this one, or before the sink came.
  private let evictedBefore: UInt64

  /// Opens the sink's places in all lanes that there are.
  init(
    _ name: String, in buffer: GatewayBuffer, books: LedgerBooks? = nil,
    keeper: LedgerKeeper? = nil
  ) async throws(StoreError) {
    self.name = name
    self.buffer = buffer
    buffer.expect(sink: name)
    self.books = books
    self.keeper = keeper
    var opened: [StoreCursor?] = BufferLane.allCases.map { _ in nil }
    for lane in buffer.lanes {
      opened[lane.rawValue] = try await buffer.store(of: lane)?.cursor(name)
    }
    number = books?.sink(name, acknowledged: opened.map { $0?.status?.acknowledged }) ?? 0
    // What gave way at this start already, in a buffer that became smaller, is of this run.
    evictedBefore =
      buffer.takeEvictedBefore(of: name)
      ?? opened.reduce(0) { $0 &+ ($1?.status?.evicted ?? 0) }
    cursors = Mutex(opened)
    for lane in buffer.lanes {
      if let cursor = opened[lane.rawValue] { try await begin(cursor, lane) }
    }
  }

  /// Goes on where the books say: what they don't have is delivered again, so that it is counted with what becomes of it.
  private func begin(_ cursor: StoreCursor, _ lane: BufferLane) async throws(StoreError) {
    guard let books else { return }
    let place = books.place(of: number, in: lane)
    try await cursor.rewind(to: .sequence(place.through &+ 1))
    for range in place.beyond { cursor.acknowledge(range) }
  }

  /// Counts what was in the buffer before the sink.
  func countWhatWasThere() async throws(StoreError) {
    guard let books else { return }
    for lane in BufferLane.allCases {
      guard let store = buffer.store(of: lane) else { continue }
      try await books.countWhatWasThere(before: number, in: store, lane)
    }
  }

  /// The place in a lane, opened now if the lane has come into being; nil where there is no lane. For one caller at a time.
  func cursor(in lane: BufferLane) async throws(StoreError) -> StoreCursor? {
    if let cursor = cursors.withLock({ $0[lane.rawValue] }) { return cursor }
    guard let cursor = try await buffer.store(of: lane)?.cursor(name) else { return nil }
    try await begin(cursor, lane)
    cursors.withLock { $0[lane.rawValue] = cursor }
    return cursor
  }

  private var opened: [StoreCursor] { cursors.withLock { $0.compactMap(\.self) } }

  /// How many records the sink has still to get, in some lanes or in all.
  func backlog(in lanes: [BufferLane] = BufferLane.allCases) -> UInt64 {
    let cursors = cursors.withLock { cursors in lanes.compactMap { cursors[$0.rawValue] } }
    return cursors.reduce(0) { $0 &+ ($1.status?.backlog ?? 0) }
  }

  /// How many records gave way since this start before the sink had them, counted when they went.
  var evictedRecords: UInt64 {
    let evicted: UInt64 = opened.reduce(0) { $0 &+ ($1.status?.evicted ?? 0) }
    return evicted > evictedBefore ? evicted - evictedBefore : 0
  }

  /// Whether some of these records have been dealt with: the sink has them, or they are lost.
  func hasSome(of numbers: ClosedRange<UInt64>, in lane: BufferLane) -> Bool {
    if let books { return books.place(of: number, in: lane).intersects(numbers) }
    let acknowledged = cursors.withLock { $0[lane.rawValue]?.status?.acknowledged }
    return acknowledged ?? 0 >= numbers.lowerBound
  }

  /// Begins again behind what was acknowledged.
  func rewind() async throws(StoreError) {
    for cursor in opened { try await cursor.rewind(to: .saved) }
  }

  /// Lets go of the places, so that they can be removed.
  func close() { cursors.withLock { cursors in cursors = cursors.map { _ in nil } } }

  /// Makes the places durable.
  func save() async throws {
    if let keeper { return try await keeper.save() }
    for cursor in opened { try await cursor.save() }
  }
}
