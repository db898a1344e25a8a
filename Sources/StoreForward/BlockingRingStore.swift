/// A ring of records on disk for callers that own their thread: every call does its work on the
/// calling thread and returns when it is done.
///
/// Several threads may append at once; those that come while one is writing share the next sync.
///
/// ```swift
/// let store = try BlockingRingStore(directory: "data/log")
/// var batch = RecordBatch()
/// try batch.append([1, 2, 3], time: 0)
/// let receipt = try store.append(batch)      // on the disk for good
/// try store.close()
/// ```
///
/// Never call it from a task of the cooperative pool: disk calls block. `RingStore` is for those.
public final class BlockingRingStore: Sendable {
  let core: StoreCore<POSIXFileSystem>

  /// Opens the store in a directory, and creates both where they do not exist.
  ///
  /// - Throws: `StoreError` with code `locked`, `permissionDenied`, `newerFormat`, `diskFull`,
  ///   `invalidOption` or `inputOutput`. Damaged files are no reason; see `recovery`.
  public init(directory: String, options: StoreOptions = StoreOptions()) throws(StoreError) {
    core = try StoreCore(fileSystem: try POSIXFileSystem.open(directory), options: options)
    try core.startSyncer()
  }

  deinit { try? close() }

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

  /// A reader without a name: it keeps no place, so nothing has to be acknowledged, and it holds
  /// nothing back from being given up. `.saved` begins at the oldest record.
  public func reader(from start: CursorStart = .oldest) throws(StoreError) -> BlockingReader {
    BlockingReader(core: core, next: try core.position(of: start) ?? core.firstAvailable)
  }

  /// Appends all records of a batch, in order.
  ///
  /// Under `SyncPolicy.everyCommit` they are on the disk for good when this returns. If it throws,
  /// nothing was promised, though some of the records may turn out to be stored.
  ///
  /// - Returns: The numbers that the records got.
  /// - Throws: `StoreError` with code `full`, `diskFull`, `readOnly`, `recordTooLarge`,
  ///   `batchTooLarge` or `closed`.
  @discardableResult
  public func append(_ batch: borrowing RecordBatch) throws(StoreError) -> Receipt {
    try core.append(batch)
  }

  /// Makes everything durable that was appended before.
  public func sync() throws(StoreError) { try core.sync() }

  /// Opens the persistent cursor of a name.
  ///
  /// - Throws: `StoreError` with code `invalidCursor`, `cursorInUse` or `inputOutput`.
  public func cursor(
    _ name: String, from start: CursorStart = .saved
  ) throws(StoreError) -> BlockingCursor {
    try core.openCursor(name, start: start)
    return BlockingCursor(core: core, name: name)
  }

  /// Removes a cursor that is not open; records that only it had not read may then be given up
  /// without being counted.
  public func removeCursor(_ name: String) throws(StoreError) { try core.removeCursor(name) }

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
  public func resize(to capacity: StoreOptions.Capacity) throws(StoreError) {
    try core.resize(to: capacity)
  }

  /// Makes everything durable, saves the cursors and gives the directory free. Waiting calls of other
  /// threads end with code `closed`. Closing twice is fine.
  public func close() throws(StoreError) {
    try core.close()
  }
}

extension POSIXFileSystem {
  static func open(_ directory: String, readOnly: Bool = false) throws(StoreError)
    -> POSIXFileSystem
  {
    do throws(StoreIOError) {
      return try POSIXFileSystem(directory: directory, readOnly: readOnly)
    } catch {
      throw StoreError(error, in: directory)
    }
  }
}
