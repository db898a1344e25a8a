internal import IndustrialModel
internal import StoreForward
internal import Synchronization

/// Writes the journal: what happened to the gateway, in the order in which the lane went through it.
///
/// It never holds up the lane. Entries wait in memory for a task of their own; what finds no room there, or can't be written, is
/// left out, and an entry says so at its place.
final class Journal: Sendable {
  private struct State {
    var pending: [(bytes: [UInt8], time: Int64)] = []
    var size = 0
    /// Entries are lost while it is not.
    var isAccepting = true
    var hasGap = false
    var sizeSinceMark = 0
    var configuration = JournaledConfiguration(version: 0)
    var isFinished = false
  }

  private let options: JournalOptions
  private let folder: String
  private let report: @Sendable (GatewayEvent) -> Void
  private let bell = Bell()
  private let state = Mutex(State())

  /// So many bytes may wait for the disk.
  private static let pendingLimit = 16 << 20

  init(
    _ options: JournalOptions, dataFolder: String,
    report: @escaping @Sendable (GatewayEvent) -> Void
  ) {
    self.options = options
    folder = Self.folder(in: dataFolder)
    self.report = report
  }

  static func folder(in dataFolder: String) -> String { "\(dataFolder)/journal" }

  /// Adds what moments are made of.
  ///
  /// - Parameter sequence: The number of the next sample before them.
  func note(_ moments: Moments, before sequence: UInt64) {
    let entry: [UInt8]
    if let wire = moments.wire {
      entry = wire
    } else if let reload = moments.reload {
      entry = JournalEntry.change(reload, moments.time).encoded()
    } else if moments.isTick {
      entry = JournalEntry.tick(moments.time).encoded()
    } else {
      return
    }
    let time = moments.time.gateway.nanoseconds
    let isFirst = state.withLock { state in
      let wasEmpty = state.pending.isEmpty
      if state.isAccepting { markIfDue(&state, sequence, time) }
      if let reload = moments.reload { state.configuration = reload.configuration }
      add(entry, time, to: &state)
      return wasEmpty && !state.pending.isEmpty
    }
    if isFirst { bell.ring() }
  }

  /// Adds an entry.
  ///
  /// - Parameter sequence: The number of the next sample before it.
  func note(_ entry: JournalEntry, before sequence: UInt64, at time: WireTime = .now()) {
    let bytes = entry.encoded()
    let isFirst = state.withLock { state in
      let wasEmpty = state.pending.isEmpty
      if case .start(let start) = entry {
        state.configuration = start.configuration
      } else if state.isAccepting {
        markIfDue(&state, sequence, time.gateway.nanoseconds)
      }
      add(bytes, time.gateway.nanoseconds, to: &state)
      return wasEmpty && !state.pending.isEmpty
    }
    if isFirst { bell.ring() }
  }

  private func markIfDue(_ state: inout State, _ sequence: UInt64, _ time: Int64) {
    let interval = max(options.capacity / 16, 4 * (state.configuration.text?.utf8.count ?? 0))
    guard state.hasGap || state.sizeSinceMark >= interval else { return }
    if state.hasGap { add(JournalEntry.gap.encoded(), time, to: &state) }
    (state.hasGap, state.sizeSinceMark) = (false, 0)
    let mark = JournalState(configuration: state.configuration, nextSequence: sequence)
    add(JournalEntry.mark(mark).encoded(), time, to: &state)
  }

  private func add(_ entry: [UInt8], _ time: Int64, to state: inout State) {
    guard state.isAccepting else { return }
    guard state.size + entry.count <= Self.pendingLimit || state.pending.isEmpty else {
      (state.isAccepting, state.hasGap) = (false, true)
      return
    }
    state.pending.append((entry, time))
    state.size += entry.count
    state.sizeSinceMark += entry.count
  }

  /// Nothing more will be added.
  func finish() {
    state.withLock { $0.isFinished = true }
    bell.ring()
  }

  /// So long the end of a gateway waits for a disk that does not answer.
  static let patience: Duration = .seconds(5)

  /// Waits until everything is written after `finish`. A disk that hangs does not hold up the end: the last entries are given up then, and
  /// that is told.
  func waitForEnd(of writing: Task<Void, Never>, atMost limit: Duration = patience) async {
    let outcome = Intake.Outcome()
    let waiting = Task {
      await writing.value
      outcome.set(true)
    }
    let giveUp = Task { await outcome.giveUp(after: limit) }
    let isWritten = await outcome.value
    giveUp.cancel()
    waiting.cancel()
    guard !isWritten else { return }
    report(
      GatewayEvent(
        .error, source: "journal",
        "its last entries can't be written: the disk has not answered for \(limit). They are given up; see to the disk [\(folder)]"
      ))
  }

  /// Writes what is added, until `finish`.
  func run() async {
    var condition = ConditionReporter(source: "journal", report: report)
    var pause = Pause()
    var store: RingStore?
    let listener = bell.listen()
    while true {
      let (entries, isAccepting, isFinished) = take()
      if entries.isEmpty {
        if isFinished { break }
        _ = await listener.wait()
        continue
      }
      do throws(StoreError) {
        let open: RingStore
        if let store { open = store } else { open = try await self.open() }
        store = open
        try await write(entries, to: open)
        if isAccepting {
          condition.recovered()
        } else {
          condition.failed("the disk can't keep up: entries are left out")
        }
        pause = Pause()
      } catch {
        lose()
        condition.failed(
          "can't be written, the gateway goes on without it: \(error.message). \(error.advice)")
        if error.code == .closed || error.code == .readOnly {
          try? await store?.close()
          store = nil
        }
        await pause.wait(unless: bell) { state.withLock { $0.isFinished } }
        state.withLock { $0.isAccepting = true }
      }
    }
    try? await store?.close()
  }

  private func take() -> (entries: [(bytes: [UInt8], time: Int64)], Bool, Bool) {
    state.withLock { state in
      let before = state.isAccepting
      let pending = state.pending
      (state.pending, state.size, state.isAccepting) = ([], 0, true)
      return (pending, before, state.isFinished)
    }
  }

  /// What was not written is lost, and what came meanwhile with it: it would stand behind a gap that nothing tells.
  private func lose() {
    state.withLock { state in
      (state.pending, state.size) = ([], 0)
      (state.isAccepting, state.hasGap) = (false, true)
    }
  }

  private func open() async throws(StoreError) -> RingStore {
    let capacity = max(options.capacity, JournalOptions.smallestCapacity)
    let store = try await RingStore(
      directory: folder,
      options: StoreOptions(
        capacity: .bytes(capacity), sync: .interval(.seconds(1)), overflow: .dropOldest))
    do throws(StoreError) {
      // One of before gets the capacity of now.
      try await store.fit(to: .bytes(capacity))
    } catch {
      // Or the next attempt might find the folder still taken.
      try? await store.close()
      throw error
    }
    return store
  }

  private func write(
    _ entries: [(bytes: [UInt8], time: Int64)], to store: RingStore
  ) async throws(StoreError) {
    var records = RecordBatch(reservingBytes: 1 << 16)
    let limit = store.largestPayload
    for (bytes, time) in entries {
      var start = 0
      repeat {
        let end = min(bytes.count, start + limit - JournalCodec.headSize)
        var flags: UInt8 = start > 0 ? JournalCodec.continues : 0
        if end < bytes.count { flags |= JournalCodec.goesOn }
        let payload = [JournalCodec.mark, JournalCodec.version, flags] + bytes[start..<end]
        if !records.isEmpty, records.payloadByteCount + 24 * records.count + payload.count > limit {
          try await store.append(records)
          records.removeAll()
        }
        try records.append(payload, time: time)
        start = end
      } while start < bytes.count
    }
    if !records.isEmpty { try await store.append(records) }
  }
}
