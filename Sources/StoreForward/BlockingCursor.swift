/// A named, persistent place in a store from which one consumer reads.
///
/// A record counts as delivered when it is acknowledged. After a crash, everything behind the last
/// saved acknowledgement comes again; nothing is left out without a gap that says why.
public final class BlockingCursor: @unchecked Sendable {  // `storage` is guarded by `turn`
  private let core: StoreCore<POSIXFileSystem>
  /// The cursor's name.
  public let name: String
  private let turn = Monitor()
  private let storage = BatchStorage()

  init(core: StoreCore<POSIXFileSystem>, name: String) {
    self.core = core
    self.name = name
  }

  deinit { core.closeCursor(name) }

  /// Hands out the records after those handed out before.
  ///
  /// - Parameters:
  ///   - maxBytes: About how many bytes to read at most; a larger record comes alone. 4 KiB to 64 MiB.
  ///   - maxRecords: How many records to hand out at most.
  ///   - wait: How long to wait if there is none; nil for ever, `.zero` not at all.
  ///   - body: Is given the batch; it must not call `next` of the same cursor.
  /// - Returns: What the body returned, or nil if no record came in time.
  /// - Throws: `StoreError` with code `closed` or `inputOutput`, or what the body throws.
  public func next<Result>(
    maxBytes: Int = ReadWindow.bytes, maxRecords: Int = .max, wait: Duration? = .zero,
    _ body: (borrowing StoredBatch) throws -> Result
  ) throws -> Result? {
    turn.lock()
    defer { turn.unlock() }
    let deadline = wait.map(MonotonicClock.deadline(after:)) ?? .max
    while true {
      try core.next(name, into: storage, maxBytes: maxBytes, maxRecords: maxRecords)
      if !storage.records.isEmpty || !storage.gaps.isEmpty { break }
      if wait == .zero { return nil }
      guard try core.waitForRecords(beyond: storage.lastSequence, deadline: deadline) else {
        return nil
      }
    }
    return try body(StoredBatch(storage))
  }

  /// Every record up to a number is dealt with and need not come again. Saved lazily; see
  /// `StoreOptions.cursorSaveInterval`.
  ///
  /// - Throws: `StoreError` with code `closed` or, from saving, `inputOutput`.
  public func acknowledge(through sequence: UInt64) throws(StoreError) {
    guard core.acknowledge(name, nil, through: sequence) else { throw core.closedError }
    try core.saveCursorsIfDue()
  }

  /// These records are dealt with, whatever became of earlier ones.
  public func acknowledge(_ range: ClosedRange<UInt64>) throws(StoreError) {
    guard core.acknowledge(name, range, through: nil) else { throw core.closedError }
    try core.saveCursorsIfDue()
  }

  /// Makes the acknowledgements durable now.
  public func save() throws(StoreError) { try core.saveCursorsNow() }

  /// Goes back or forth: the next record is the one at `start`, and everything before it counts as
  /// acknowledged. `.saved` begins again behind the last acknowledgement.
  public func rewind(to start: CursorStart) throws(StoreError) {
    try core.rewind(name, to: start)
  }

  /// Where the cursor stands.
  public var status: CursorStatus? { core.cursorStatus().first { $0.name == name } }
}
