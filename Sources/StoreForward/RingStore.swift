/// A ring of records on disk for async code: what was appended is never lost, whatever happens to the
/// process, the power or the disk, and what had to be shed is accounted for.
///
/// ```swift
/// let store = try await RingStore(directory: "data/wal", options: .init(capacity: .gibibytes(8)))
/// let receipt = try await store.append(batch)      // durable when it returns
/// let sink = try await store.cursor("influx")
/// try await sink.next(wait: nil) { batch in
///   try await deliver(batch)
///   sink.acknowledge(through: batch.lastSequence)
/// }
/// try await store.close()
/// ```
///
/// All disk calls run on two threads of the store's own: one writes, one reads. Appends of many tasks
/// share a sync.
public final class RingStore: Sendable {
  let core: StoreCore<POSIXFileSystem>
  let io: JobThread

  /// Opens the store in a directory, and creates both where they do not exist.
  ///
  /// - Throws: `StoreError` with code `locked`, `permissionDenied`, `newerFormat`, `diskFull`,
  ///   `invalidOption` or `inputOutput`. Damaged files are no reason; see `recovery`.
  public init(directory: String, options: StoreOptions = StoreOptions()) async throws(StoreError) {
    let opened: Result<StoreCore<POSIXFileSystem>, StoreError> = await withUnsafeContinuation {
      continuation in
      do throws(StoreError) {
        try WorkThread.start {
          continuation.resume(
            returning: Result { () throws(StoreError) in
              try StoreCore(fileSystem: try POSIXFileSystem.open(directory), options: options)
            })
        }
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
    let core = try opened.get()
    io = try RingStore.startThreads(of: core)
    self.core = core
  }

  /// Starts the threads of a store that was opened; closes it where there are none to be had.
  private static func startThreads(
    of core: StoreCore<POSIXFileSystem>
  ) throws(StoreError) -> JobThread {
    var started: JobThread?
    do throws(StoreError) {
      let io = try JobThread.start { core.tick() }
      started = io
      core.lock.locked { core.background = { [weak io] in io?.poke() } }
      try WorkThread.start { core.runWriter() }
      return io
    } catch {
      try? core.close()
      started?.end()
      throw error
    }
  }

  deinit {
    // Never blocks: the rest happens on the store's own thread.
    core.beginClosing()
    let core = core
    io.end { try? core.close() }
  }

  /// What opening found and did.
  public var recovery: RecoveryReport { core.recovery }
  /// The store's name, drawn at creation.
  public var identity: StoreIdentity { core.store }
  /// The largest payload that this store takes, in bytes.
  public var largestPayload: Int { core.largestPayload }
  /// Counters and state.
  public var metrics: StoreMetrics { core.currentMetrics() }
  /// Where the cursors stand.
  public var cursors: [CursorStatus] { core.cursorStatus() }

  /// The number that the next record will get if nothing else appends before.
  public var nextSequence: UInt64 { core.lock.locked { core.nextSequence } }

  /// Appends all records of a batch, in order.
  ///
  /// Under `SyncPolicy.everyCommit` they are on the disk for good when this returns. If it throws,
  /// nothing was promised, though some of the records may turn out to be stored. A cancelled task that
  /// still waits in the queue gets `cancelled` and nothing of its batch is stored; one whose batch is
  /// being written gets its receipt.
  ///
  /// - Returns: The numbers that the records got.
  /// - Throws: `StoreError` with code `full`, `diskFull`, `readOnly`, `recordTooLarge`,
  ///   `batchTooLarge`, `cancelled` or `closed`.
  @discardableResult
  public func append(_ batch: borrowing RecordBatch) async throws(StoreError) -> Receipt {
    try core.check(batch)
    let entry = PendingAppend(batch)
    let core = core
    let outcome = await withTaskCancellationHandler {
      await withUnsafeContinuation { core.enqueue(entry, $0) }
    } onCancel: {
      core.cancel(entry)
    }
    return try outcome.get()
  }

  /// Makes everything durable that was appended before.
  public func sync() async throws(StoreError) {
    let core = core
    try await io.run { Result { () throws(StoreError) in try core.sync() } }.get()
  }

  /// Opens the persistent cursor of a name.
  ///
  /// - Throws: `StoreError` with code `invalidCursor`, `cursorInUse` or `inputOutput`.
  public func cursor(
    _ name: String, from start: CursorStart = .saved
  ) async throws(StoreError) -> StoreCursor {
    let core = core
    try await io.run {
      Result { () throws(StoreError) in try core.openCursor(name, start: start) }
    }.get()
    return StoreCursor(store: self, name: name)
  }

  /// A reader without a name: it keeps no place, so nothing has to be acknowledged, and it holds
  /// nothing back from being given up. `.saved` begins at the oldest record.
  ///
  /// - Throws: `StoreError` with code `closed` or `inputOutput`.
  public func reader(
    from start: CursorStart = .oldest
  ) async throws(StoreError) -> RingReader {
    let core = core
    let next = try await io.run {
      Result { () throws(StoreError) in
        if core.lock.locked({ core.isClosed }) { throw core.closedError }
        return try core.position(of: start) ?? core.firstAvailable
      }
    }.get()
    return RingReader(store: self, next: next)
  }

  /// Removes a cursor that is not open; records that only it had not read may then be given up
  /// without being counted.
  public func removeCursor(_ name: String) async throws(StoreError) {
    let core = core
    try await io.run { Result { () throws(StoreError) in try core.removeCursor(name) } }.get()
  }

  /// Label counts of records that were evicted before they were acknowledged: by one cursor, or
  /// without a name by any, over the store's whole life.
  public func evictedLabels(cursor: String? = nil) -> [UInt32: UInt64] {
    core.evictedLabels(cursor: cursor ?? "")
  }

  /// Changes the capacity of the store, durably. To shrink, the oldest segments go: counted as evicted
  /// under `OverflowPolicy.dropOldest`, else only if every cursor has acknowledged them. An append that waits for room and
  /// can't fit any more throws `batchTooLarge`.
  ///
  /// - Throws: `StoreError` with code `full` (what would have to go is not acknowledged; nothing
  ///   changed), `invalidOption`, `closed` or `inputOutput`.
  public func resize(to capacity: StoreOptions.Capacity) async throws(StoreError) {
    let core = core
    try await io.run { Result { () throws(StoreError) in try core.resize(to: capacity) } }.get()
  }

  /// Gives the store a capacity as `resize(to:)` does, as far as its files allow it: they stay as large as they were made, and there
  /// are two of them at least, and 1,048,575 at most. Does nothing where that is what it has.
  ///
  /// - Throws: `StoreError` with code `full` (what would have to go is not acknowledged; nothing
  ///   changed), `closed` or `inputOutput`.
  package func fit(to capacity: StoreOptions.Capacity) async throws(StoreError) {
    let segments = Layout.segments(in: capacity, of: core.segmentSize)
    guard segments != metrics.segmentLimit else { return }
    try await resize(to: .bytes(segments * core.segmentSize))
  }

  /// Changes what happens when the ring is full, from the next append on; appends that wait are looked at again. Not kept:
  /// the options say it anew when the store is opened.
  ///
  /// - Throws: `StoreError` with code `closed` or `readOnly`.
  public func changeOverflow(to policy: StoreOptions.OverflowPolicy) async throws(StoreError) {
    let core = core
    try await io.run {
      Result { () throws(StoreError) in try core.changeOverflow(to: policy) }
    }.get()
  }

  /// Has `read` fill a batch on the store's thread, again and again until there is something in it.
  ///
  /// - Returns: false if nothing came in time or the task was cancelled.
  func fill(
    _ storage: BatchStorage, wait: Duration?,
    _ read: @escaping @Sendable (BatchStorage) throws(StoreError) -> Void
  ) async throws(StoreError) -> Bool {
    let deadline = wait.map(MonotonicClock.deadline(after:)) ?? .max
    while true {
      try await io.run { Result { () throws(StoreError) in try read(storage) } }.get()
      if !storage.records.isEmpty || !storage.gaps.isEmpty { return true }
      if wait == .zero || Task.isCancelled { return false }
      let isThere = await core.waitForRecords(
        beyond: storage.lastSequence, deadline: deadline, timer: io)
      if !isThere {
        if core.lock.locked({ core.isClosing }) { throw core.closedError }
        return false
      }
    }
  }

  /// Makes everything durable, saves the cursors and gives the directory free. Waiting calls end with
  /// code `closed`. Closing twice is fine.
  public func close() async throws(StoreError) {
    core.beginClosing()
    let core = core
    let outcome = await io.run { Result { () throws(StoreError) in try core.close() } }
    io.end()
    try outcome.get()
  }
}
