internal import Synchronization

/// Reads a `RingStore` from a place on without keeping a name or a place: for looking on, and for those who need nothing
/// after a restart.
///
/// It holds nothing back from being given up: who is slower than the ring is told the gap.
public final class RingReader: Sendable {
  private let store: RingStore
  private let storage = BatchStorage()
  private let request: Mutex<ReadRequest>
  private let isBusy = Atomic(false)

  init(store: RingStore, next: UInt64) {
    self.store = store
    request = Mutex(
      ReadRequest(next: next, hint: nil, maxBytes: ReadWindow.bytes, maxRecords: .max))
  }

  /// The number that the next batch begins with.
  public var nextSequence: UInt64 { request.withLock { $0.next } }

  /// Hands out the next durable records and gaps.
  ///
  /// - Parameters:
  ///   - maxBytes: About how many bytes to read at most; a larger record comes alone. 4 KiB to 64 MiB.
  ///   - maxRecords: How many records to hand out at most.
  ///   - wait: How long to wait if there is none; nil for ever, `.zero` not at all.
  ///   - body: Is given the batch, which is valid until it returns.
  /// - Returns: What the body returned, or nil if no record came in time or the task was cancelled.
  /// - Throws: `StoreError` with code `closed`, `cursorInUse` (two calls at once) or `inputOutput`, or
  ///   what the body throws.
  public func next<Result>(
    maxBytes: Int = ReadWindow.bytes, maxRecords: Int = .max, wait: Duration? = .zero,
    _ body: (borrowing StoredBatch) async throws -> Result
  ) async throws -> Result? {
    guard !isBusy.exchange(true, ordering: .acquiring) else {
      throw StoreError(.cursorInUse, "the reader is read by another task already")
    }
    defer { isBusy.store(false, ordering: .releasing) }
    let core = store.core
    let isThere = try await store.fill(storage, wait: wait) { [self] storage throws(StoreError) in
      var wanted = request.withLock { $0 }
      wanted.maxBytes = maxBytes
      wanted.maxRecords = max(1, maxRecords)
      try core.read(into: storage, &wanted)
      request.withLock { $0 = wanted }
    }
    guard isThere else { return nil }
    return try await body(StoredBatch(storage))
  }
}
