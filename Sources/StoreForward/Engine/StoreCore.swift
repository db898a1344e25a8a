/// The engine under both faces: one ring, driven by whichever thread calls it.
///
/// What changes is guarded in one of three ways, and each property says which:
/// - *lock*: held for moments, never across a disk call.
/// - *writer*: at any time at most one thread has the writer's role (`isCommitting` under the lock);
///   it alone writes segments and owns the window.
/// - *state lock*: held by the one thread that saves the cursor or ledger file.
///
/// Sendable by these guards: no property is touched but under the one it is listed at.
package final class StoreCore<FS: StoreFileSystem>: @unchecked Sendable {
  let fs: FS
  let options: StoreOptions
  let store: StoreIdentity
  let segmentSize: Int
  let boot: StoreIdentity
  package let recovery: RecoveryReport

  let lock = Monitor()
  /// A commit ended: its appenders look for their outcome.
  let committed = Monitor.Condition()
  /// Something to write, to sync or to end for.
  let work = Monitor.Condition()
  /// New durable records, or the end.
  let published = Monitor.Condition()
  /// A cursor moved, so that a segment may have become free.
  let freed = Monitor.Condition()

  // Guarded by the lock.
  /// Oldest first; the last one is written to. Only the writer changes it.
  var segments: [Segment]
  /// Slots whose file exists, but holds nothing of use.
  var freeSlots: [Int]
  /// Slots whose file the disk could not write or read; not used again before the store is reopened.
  var badSlots: [Int]
  /// Slots that have a file.
  var slots: Set<Int>
  /// All below have a file.
  var lowestNewSlot = 0
  var slotLimit: Int
  /// What happens when the ring is full. Changed with the writer's role as well, so that a turn has one policy.
  var overflow: StoreOptions.OverflowPolicy
  /// No segment to come may have this generation or a lower one.
  var highestGeneration: UInt64
  var nextSequence: UInt64
  var writtenThrough: UInt64
  var durableThrough: UInt64
  /// The last number that was known to be in use when the store was opened, and the last one that may have been, where the disk did
  /// not give all.
  private let fearedLoss: (certain: UInt64, last: UInt64)?
  /// Numbers up to here are gone for good.
  var evictedThrough: UInt64
  /// Numbers up to here were acknowledged by all when an append was let in that needs their space: they
  /// go, even if a cursor is moved back meanwhile.
  var grantedThrough: UInt64 = 0
  var pending: [PendingAppend] = []
  var isCommitting = false
  var isClosing = false
  var isClosed = false
  /// Closed, and the directory given back.
  var isReleased = false
  var failure: StoreError?
  var isDiskFull = false
  var metrics = StoreMetrics()
  var cursors: [CursorState]
  var cursorsChanged = false
  var lastCursorSave: UInt64
  var waiters: [DataWaiter] = []
  var nextWaiter: UInt64 = 0
  /// A thread is making the next slot; the writer waits for it instead of making it as well.
  var isPreparing = false
  var wantsPreparation = true
  /// When the newest segment was synced last.
  var publishedSync: UInt64
  let prepared = Monitor.Condition()
  /// Called with the lock held when the background has something to do.
  var background: (@Sendable () -> Void)?
  let files: FileCache<FS>
  var witness: (any EvictionWitness)?

  // Owned by the writer.
  var window = WriteWindow()
  var newest: FS.File?
  /// The next group must go to a new segment: this one's descriptor has failed, or the disk may hold the
  /// header of a later one.
  var isFenced: Bool
  /// What of the newest segment is durable, and what of it is in the window.
  var tailScan = TailSummary()
  var windowScan = TailSummary()
  var lastSync: UInt64 = 0
  var lastGeneration: UInt64

  // Guarded by the state lock.
  let stateLock = Monitor()
  var cursorFile: SlotFile<FS>
  var ledgerFile: SlotFile<FS>
  /// Also read under the lock; changed with both held.
  var ledger: Ledger

  package init(fileSystem: FS, options: StoreOptions) throws(StoreError) {
    let image = try StoreImage.recover(fs: fileSystem, options: options)
    fs = fileSystem
    self.options = options
    overflow = options.overflow
    store = image.store
    segmentSize = image.segmentSize
    boot = image.boot
    recovery = image.report
    segments = image.segments
    freeSlots = image.freeSlots
    badSlots = image.badSlots
    slots = image.slots
    slotLimit = image.slotLimit
    highestGeneration = image.lastGeneration
    nextSequence = image.nextSequence
    writtenThrough = image.lastSequence
    durableThrough = image.lastSequence
    fearedLoss = image.certainSequence.map { ($0, image.lastSequence) }
    evictedThrough = image.evictedThrough
    cursors = image.cursors
    cursorFile = image.cursorFile
    ledgerFile = image.ledgerFile
    ledger = image.ledger
    files = FileCache(fs: fileSystem)
    lastCursorSave = fileSystem.monotonicClock()
    lastSync = lastCursorSave
    publishedSync = lastCursorSave
    // What the disk did not give may be newer than what is known, and come back; nothing may be added to
    // a segment that is older then.
    isFenced = image.isTailUncertain || image.isNewestFinished || !image.badSlots.isEmpty
    lastGeneration = image.lastGeneration
    window.start = image.tail
    newest = image.newestFile
    tailScan = image.tailSummary
    if options.reserve == .full { try reserveAll() }
  }

  /// The last number that is known to be in use, where no number after those that may have been was given out yet.
  func certainSequence(through last: UInt64) -> UInt64? {
    fearedLoss.flatMap { $0.last == last ? $0.certain : nil }
  }

  /// How many slots have a file.
  var slotCount: Int { slots.count }

  /// Bytes that a payload may have.
  package var largestPayload: Int { Layout.largestPayload(segmentSize: segmentSize) }

  func storeError(_ error: StoreIOError) -> StoreError { StoreError(error, in: fs.path) }

  var closedError: StoreError {
    StoreError(.closed, "the store is closed", path: fs.path)
  }

  /// Counters and state now.
  package func currentMetrics() -> StoreMetrics {
    lock.locked {
      var result = metrics
      result.oldestSequence = oldestSequence
      result.lastSequence = writtenThrough
      result.durableSequence = durableThrough
      result.segments = segments.count
      result.segmentLimit = slotLimit
      result.segmentSize = segmentSize
      result.evictedRecords = ledger.evictedRecords
      result.badSegments = badSlots.count
      result.state =
        isClosed ? .closed : failure != nil ? .readOnly : isDiskFull ? .diskFull : .ok
      return result
    }
  }

  /// The same for those who do not have the lock.
  var firstAvailable: UInt64 { lock.locked { oldestSequence } }

  /// The first number that a reader may ask for. With the lock held.
  var oldestSequence: UInt64 {
    max(evictedThrough.saturatingNext, segments.first.map(\.baseSequence) ?? nextSequence)
  }

  /// Label counts of what was evicted unread: of a cursor, or of the store for an empty name.
  package func evictedLabels(cursor: String) -> [UInt32: UInt64] {
    lock.locked { ledger.labels[cursor] ?? [:] }
  }
}

/// What the footer of the newest segment will say. Owned by the writer.
struct TailSummary: Equatable {
  var count: UInt64 = 0
  var minTime = Int64.max
  var maxTime = Int64.min
  var payloadBytes: UInt64 = 0
  var hasLabels = false
}
