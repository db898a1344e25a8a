internal import Synchronization

/// A named, persistent place in a `RingStore` from which one consumer reads.
///
/// A record counts as delivered when it is acknowledged. After a crash, everything behind the last
/// saved acknowledgement comes again; nothing is left out without a gap that says why.
public final class StoreCursor: Sendable {
  private let store: RingStore
  /// The cursor's name.
  public let name: String
  private let storage = BatchStorage()
  private let isBusy = Atomic(false)

  init(store: RingStore, name: String) {
    self.store = store
    self.name = name
  }

  deinit { store.core.closeCursor(name) }

  /// Hands out the records after those handed out before.
  ///
  /// - Parameters:
  ///   - maxBytes: About how many bytes to read at most; a larger record comes alone. 4 KiB to 64 MiB.
  ///   - maxRecords: How many records to hand out at most.
  ///   - wait: How long to wait if there is none; nil for ever, `.zero` not at all.
  ///   - body: Is given the batch, which is valid until it returns. Throwing does not move the cursor
  ///     back; `rewind(to: .saved)` does.
  /// - Returns: What the body returned, or nil if no record came in time or the task was cancelled.
  /// - Throws: `StoreError` with code `closed`, `cursorInUse` (two calls at once) or `inputOutput`, or
  ///   what the body throws.
  public func next<Result>(
    maxBytes: Int = ReadWindow.bytes, maxRecords: Int = .max, wait: Duration? = .zero,
    _ body: (borrowing StoredBatch) async throws -> Result
  ) async throws -> Result? {
    guard !isBusy.exchange(true, ordering: .acquiring) else {
      throw StoreError(.cursorInUse, "the cursor \"\(name)\" is read by another task already")
    }
    defer { isBusy.store(false, ordering: .releasing) }
    let (core, name) = (store.core, name)
    let isThere = try await store.fill(storage, wait: wait) { storage throws(StoreError) in
      try core.next(name, into: storage, maxBytes: maxBytes, maxRecords: maxRecords)
    }
    guard isThere else { return nil }
    return try await body(StoredBatch(storage))
  }

  /// Every record up to a number is dealt with and need not come again. Saved lazily; see
  /// `StoreOptions.cursorSaveInterval`. Has no effect on a closed store: the records come again.
  public func acknowledge(through sequence: UInt64) {
    store.core.acknowledge(name, nil, through: sequence)
  }

  /// These records are dealt with, whatever became of earlier ones.
  public func acknowledge(_ range: ClosedRange<UInt64>) {
    store.core.acknowledge(name, range, through: nil)
  }

  /// Makes the acknowledgements durable now.
  public func save() async throws(StoreError) {
    let core = store.core
    try await store.io.run { Result { () throws(StoreError) in try core.saveCursorsNow() } }.get()
  }

  /// Goes back or forth: the next record is the one at `start`, and everything before it counts as
  /// acknowledged. `.saved` begins again behind the last acknowledgement.
  public func rewind(to start: CursorStart) async throws(StoreError) {
    let (core, name) = (store.core, name)
    try await store.io.run {
      Result { () throws(StoreError) in try core.rewind(name, to: start) }
    }.get()
  }

  /// Where the cursor stands.
  public var status: CursorStatus? { store.core.cursorStatus().first { $0.name == name } }
}
