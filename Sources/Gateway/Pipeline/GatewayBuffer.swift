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
  /// Rings when there may be room where there was none, and when nobody waits for room any more.
  let room = Bell()
  /// Names the buffer and nothing else: numbers of samples mean something within one buffer only.
  let identity: StoreIdentity
  private let dataFolder: String
  private let report: @Sendable (GatewayEvent) -> Void
  private let state: Mutex<State>

  private struct State {
    var size: GatewayConfiguration.Buffer
    /// By the lane's number.
    var stores: [RingStore?] = BufferLane.allCases.map { _ in nil }
    /// Who has a place in each lane.
    var sinks: Set<String> = []
    /// What the places had lost when the buffer was opened, until their sinks come.
    var evictedBefore: [String: UInt64] = [:]
    /// A lane has more room than its part, because what is in it may not go.
    var isUneven = false
    var isEnding = false
    var books: LedgerBooks?

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
      for cursor in store.cursors { first.evictedBefore[cursor.name, default: 0] += cursor.evicted }
      if lane == .telemetry { identity = store.identity }
    }
    self.identity = identity ?? StoreIdentity(low: 0, high: 0)
    state = Mutex(first)
  }

  /// Begins to work, with the room that each lane has now. What goes from here on is in the books.
  func begin(_ books: LedgerBooks? = nil) async throws(StoreError) {
    state.withLock { $0.books = books }
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
        segmentSize: lane == .telemetry ? size.segment : nil, overflow: size.whenFull.overflow))
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
    let (size, lanes, sinks) = state.withLock { ($0.size, $0.lanes + [lane], $0.sinks) }
    let store = try await Self.open(lane, in: dataFolder, size, with: lanes, report)
    // From its first sample on, nothing goes that one of them has not had.
    for sink in sinks { _ = try await store.cursor(sink) }
    state.withLock { $0.books }?.adopt(store, as: lane)
    state.withLock { $0.stores[lane.rawValue] = store }
    try await fit()
    return store
  }

  /// A sink has a place in each lane, from the lane's beginning on.
  func expect(sink: String) { state.withLock { _ = $0.sinks.insert(sink) } }

  /// How many records a sink's places had lost before this start; nil if it had none, or came later.
  func takeEvictedBefore(of sink: String) -> UInt64? {
    state.withLock { $0.evictedBefore.removeValue(forKey: sink) }
  }

  /// Whether there is a place of this name in some lane.
  func hasPlace(_ name: String) -> Bool {
    state.withLock { $0.stores }.contains { $0?.cursors.contains { $0.name == name } == true }
  }

  /// Removes places that are not open, in all lanes.
  func removePlaces(of names: [String]) async throws(StoreError) {
    let stores = state.withLock { state in
      state.sinks.subtract(names)
      return state.stores
    }
    for name in names {
      for store in stores { try await store?.removeCursor(name) }
    }
  }

  /// Where a full buffer waits for the sinks: gives up the places of those that are not there, which nobody would move on.
  ///
  /// - Returns: Their names.
  func keepPlaces(onlyOf sinks: [String]) async throws(StoreError) -> [String] {
    let stores = state.withLock { state in
      state.sinks.formIntersection(sinks)
      // Who comes later has lost nothing before that.
      state.evictedBefore = [:]
      return state.size.whenFull == .wait ? state.stores.compactMap(\.self) : []
    }
    var gone: Set<String> = []
    for store in stores {
      for cursor in store.cursors where !sinks.contains(cursor.name) {
        try await store.removeCursor(cursor.name)
        gone.insert(cursor.name)
      }
    }
    room.ring()
    return gone.sorted()
  }

  /// Changes the bound of all lanes together, durably, and what happens when it is reached.
  func change(to size: GatewayConfiguration.Buffer) async throws(StoreError) {
    let before = state.withLock { state in
      defer { state.size = size }
      return state.size
    }
    do throws(StoreError) {
      try await setOverflow(of: size)
      try await fit(mayBeUneven: false)
    } catch {
      state.withLock { $0.size = before }
      try? await setOverflow(of: before)
      try? await fit()
      throw error
    }
    room.ring()
  }

  private func setOverflow(of size: GatewayConfiguration.Buffer) async throws(StoreError) {
    for store in state.withLock({ $0.stores }) {
      try await store?.changeOverflow(to: size.whenFull.overflow)
    }
  }

  /// Whether what does not find room now never will.
  var isEnding: Bool { state.withLock { $0.isEnding } }

  /// From now on nobody waits for room.
  func end() {
    state.withLock { $0.isEnding = true }
    room.ring()
  }

  /// Tries again to give each lane its part, where what was in one could not go.
  func even() async throws(StoreError) {
    if state.withLock({ $0.isUneven }) { try await fit() }
  }

  /// Gives each lane its part of the room. Telemetry comes last when it grows and first when it shrinks, so that the bound
  /// holds in between.
  private func fit(mayBeUneven: Bool = true) async throws(StoreError) {
    let (size, lanes) = state.withLock { ($0.size, $0.lanes) }
    var isUneven = false
    defer { state.withLock { $0.isUneven = isUneven } }
    for lane in lanes.sorted(by: { a, _ in a == .telemetry }) {
      guard let store = store(of: lane) else { continue }
      let wanted = BufferLane.capacity(of: lane, in: size, with: lanes)
      do throws(StoreError) {
        try await store.fit(to: .bytes(wanted))
      } catch {
        guard error.code == .full, mayBeUneven else { throw error }
        isUneven = true
      }
    }
  }

  /// The number that the next record of each lane gets, by the lane's number.
  var nextSequences: [UInt64] {
    state.withLock { $0.stores }.map { $0?.nextSequence ?? 1 }
  }

  /// Makes everything durable and gives the folders free.
  func close() async throws(StoreError) {
    let stores = state.withLock { $0.stores }
    for store in stores { try await store?.close() }
  }
}

extension GatewayConfiguration.Buffer.WhenFull {
  /// The store refuses what has no room, and the lane waits: so it can be told, and ended.
  var overflow: StoreOptions.OverflowPolicy {
    switch self {
    case .shed: .dropOldest
    case .wait: .rejectNewest
    }
  }
}
