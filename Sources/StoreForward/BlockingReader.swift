/// Reads a store from a place on without keeping a name or a place: for replay and for looking.
public final class BlockingReader {
  private let core: StoreCore<POSIXFileSystem>
  private let storage = BatchStorage()
  private var request: ReadRequest

  init(core: StoreCore<POSIXFileSystem>, next: UInt64) {
    self.core = core
    request = ReadRequest(next: next, hint: nil, maxBytes: ReadWindow.bytes, maxRecords: .max)
  }

  /// The number that the next batch begins with.
  public var nextSequence: UInt64 { request.next }

  /// Hands out the next durable records and gaps.
  ///
  /// - Parameters:
  ///   - maxBytes: About how many bytes to read at most; a larger record comes alone. 4 KiB to 64 MiB.
  ///   - maxRecords: How many records to hand out at most.
  ///   - wait: How long to wait if there is none; nil for ever, `.zero` not at all.
  ///   - body: Is given the batch.
  /// - Returns: What the body returned, or nil if no record came in time.
  /// - Throws: `StoreError` with code `closed` or `inputOutput`, or what the body throws.
  public func next<Result>(
    maxBytes: Int = ReadWindow.bytes, maxRecords: Int = .max, wait: Duration? = .zero,
    _ body: (borrowing StoredBatch) throws -> Result
  ) throws -> Result? {
    let deadline = wait.map(MonotonicClock.deadline(after:)) ?? .max
    request.maxBytes = maxBytes
    request.maxRecords = max(1, maxRecords)
    while true {
      try core.read(into: storage, &request)
      if !storage.records.isEmpty || !storage.gaps.isEmpty { break }
      if wait == .zero { return nil }
      guard try core.waitForRecords(beyond: storage.lastSequence, deadline: deadline) else {
        return nil
      }
    }
    return try body(StoredBatch(storage))
  }
}
