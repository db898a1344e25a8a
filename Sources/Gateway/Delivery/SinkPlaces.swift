internal import StoreForward
internal import Synchronization

/// How far one sink is in each lane of the buffer.
final class SinkPlaces: Sendable {
  let buffer: GatewayBuffer
  private let name: String
  /// By the lane's number.
  private let cursors: Mutex<[StoreCursor?]>

  /// Opens the sink's places in all lanes that there are.
  init(_ name: String, in buffer: GatewayBuffer) async throws(StoreError) {
    self.name = name
    self.buffer = buffer
    cursors = Mutex(BufferLane.allCases.map { _ in nil })
    for lane in buffer.lanes { _ = try await cursor(in: lane) }
  }

  /// The place in a lane, opened now if the lane has come into being; nil where there is no lane. For one caller at a time.
  func cursor(in lane: BufferLane) async throws(StoreError) -> StoreCursor? {
    if let cursor = cursors.withLock({ $0[lane.rawValue] }) { return cursor }
    guard let cursor = try await buffer.store(of: lane)?.cursor(name) else { return nil }
    cursors.withLock { $0[lane.rawValue] = cursor }
    return cursor
  }

  private var opened: [StoreCursor] { cursors.withLock { $0.compactMap(\.self) } }

  /// How many records the sink has still to get, in some lanes or in all.
  func backlog(in lanes: [BufferLane] = BufferLane.allCases) -> UInt64 {
    let cursors = cursors.withLock { cursors in lanes.compactMap { cursors[$0.rawValue] } }
    return cursors.reduce(0) { $0 &+ ($1.status?.backlog ?? 0) }
  }

  /// Begins again behind what was acknowledged.
  func rewind() async throws(StoreError) {
    for cursor in opened { try await cursor.rewind(to: .saved) }
  }

  /// Makes the places durable.
  func save() async throws(StoreError) {
    for cursor in opened { try await cursor.save() }
  }
}
