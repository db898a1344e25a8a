internal import Glibc
internal import StoreForward
internal import Synchronization

/// The stores of the lanes, under one bound of disk space.
///
/// Telemetry has a store from the beginning. The other lanes get theirs with the first sample that belongs there, and take
/// their room from telemetry's.
final class GatewayBuffer: Sendable {
  /// Rings when something was stored, and when nothing more will be.
  let bell = Bell()
  /// Names the buffer and nothing else: numbers of samples mean something within one buffer only.
  let identity: StoreIdentity
  private let dataFolder: String
  private let report: @Sendable (GatewayEvent) -> Void
  private let state: Mutex<State>

  private struct State {
    var size: GatewayConfiguration.Buffer
    /// By the lane's number.
    var stores: [RingStore?] = BufferLane.allCases.map { _ in nil }

    var lanes: [BufferLane] { BufferLane.allCases.filter { stores[$0.rawValue] != nil } }
  }

  /// Opens what is there, and telemetry's store in any case.
  init(
    dataFolder: String, size: GatewayConfiguration.Buffer,
    report: @escaping @Sendable (GatewayEvent) -> Void
  ) async throws(StoreError) {
    self.dataFolder = dataFolder
    self.report = report
    var first = State(size: size)
    let lanes = BufferLane.allCases.filter {
      $0 == .telemetry || access("\(dataFolder)/\($0.folder)", F_OK) == 0
    }
    var identity: StoreIdentity?
    for lane in lanes {
      let store = try await Self.open(lane, in: dataFolder, size, with: lanes, report)
      first.stores[lane.rawValue] = store
      if lane == .telemetry { identity = store.identity }
    }
    self.identity = identity ?? StoreIdentity(low: 0, high: 0)
    state = Mutex(first)
    try await fit()
  }

  private static func open(
    _ lane: BufferLane, in dataFolder: String, _ size: GatewayConfiguration.Buffer,
    with lanes: [BufferLane], _ report: @Sendable (GatewayEvent) -> Void
  ) async throws(StoreError) -> RingStore {
    let store = try await RingStore(
      directory: "\(dataFolder)/\(lane.folder)",
      options: StoreOptions(
        capacity: .bytes(BufferLane.capacity(of: lane, in: size, with: lanes)),
        segmentSize: lane == .telemetry ? size.segment : nil))
    let recovery = store.recovery
    if recovery.tornBytes > 0 || !recovery.damaged.isEmpty {
      report(
        GatewayEvent(
          .warning, source: lane == .telemetry ? "buffer" : "buffer, \(lane)",
          "recovered: \(recovery.tornBytes) bytes of an unfinished write, "
            + "\(recovery.damaged.count) damaged places"))
    }
    return store
  }

  /// The folders of all lanes, whether there is something in them or not.
  static func folders(in dataFolder: String) -> [String] {
    BufferLane.allCases.map { "\(dataFolder)/\($0.folder)" }
  }

  /// The lanes that have a store, the most urgent first.
  var lanes: [BufferLane] { state.withLock { $0.lanes } }

  /// The store of a lane, if it has one.
  func store(of lane: BufferLane) -> RingStore? { state.withLock { $0.stores[lane.rawValue] } }

  /// The store of a lane, made now if there is none. For one caller at a time.
  func open(_ lane: BufferLane) async throws(StoreError) -> RingStore {
    if let store = store(of: lane) { return store }
    let (size, lanes) = state.withLock { ($0.size, $0.lanes + [lane]) }
    let store = try await Self.open(lane, in: dataFolder, size, with: lanes, report)
    state.withLock { $0.stores[lane.rawValue] = store }
    try await fit()
    return store
  }

  /// Changes the bound of all lanes together, durably.
  func resize(to capacity: Int) async throws(StoreError) {
    let before = state.withLock { state in
      defer { state.size.capacity = capacity }
      return state.size.capacity
    }
    do throws(StoreError) {
      try await fit()
    } catch {
      state.withLock { $0.size.capacity = before }
      try? await fit()
      throw error
    }
  }

  /// Gives each lane its part of the room. Telemetry comes last when it grows and first when it shrinks, so that the bound
  /// holds in between.
  private func fit() async throws(StoreError) {
    let (size, lanes) = state.withLock { ($0.size, $0.lanes) }
    for lane in lanes.sorted(by: { a, _ in a == .telemetry }) {
      guard let store = store(of: lane) else { continue }
      let metrics = store.metrics
      let wanted = BufferLane.capacity(of: lane, in: size, with: lanes)
      // A lane's files stay as large as they were made, and there are two of them at least.
      let limit = lane == .telemetry ? wanted : max(wanted, 2 * metrics.segmentSize)
      guard limit / metrics.segmentSize != metrics.segmentLimit else { continue }
      try await store.resize(to: .bytes(limit))
    }
  }

  /// The number that the next record of each lane gets, by the lane's number.
  var nextSequences: [UInt64] {
    state.withLock { $0.stores }.map { $0?.nextSequence ?? 1 }
  }

  /// How many samples were evicted before a sink had them, by the labels of their devices, in all lanes.
  func evictedLabels(of sink: String) -> [UInt32: UInt64] {
    state.withLock { $0.stores }.compactMap { $0?.evictedLabels(cursor: sink) }
      .reduce(into: [:]) { sum, counts in sum.merge(counts, uniquingKeysWith: +) }
  }

  /// Makes everything durable and gives the folders free.
  func close() async throws(StoreError) {
    let stores = state.withLock { $0.stores }
    for store in stores { try await store?.close() }
  }
}
