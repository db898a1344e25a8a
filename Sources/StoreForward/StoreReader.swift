/// A store opened for looking at it, by any number of processes, while another one writes to it.
///
/// Nothing is locked and nothing is written. What it shows of the newest segment is what was written,
/// which may be a moment ahead of what is durable.
///
/// ```swift
/// let reader = try StoreReader(directory: "data/wal", from: .oldest)
/// while try reader.next({ batch in batch.forEach { sequence, time, payload in … } }) != nil {}
/// ```
public final class StoreReader {
  let fs: POSIXFileSystem
  private(set) var image: StoreImage<POSIXFileSystem>
  private var request: ReadRequest
  private let storage = BatchStorage()
  private(set) var files: FileCache<POSIXFileSystem>

  /// Looks at the store in a directory.
  ///
  /// - Throws: `StoreError` with code `notFound` if there is no store, `newerFormat`,
  ///   `permissionDenied` or `inputOutput`.
  public init(directory: String, from start: CursorStart = .oldest) throws(StoreError) {
    fs = try POSIXFileSystem.open(directory, readOnly: true)
    image = try Self.look(fs)
    if image.report.isNew {
      throw StoreError(
        .notFound, "there is no store in this directory", path: directory, advice: "check the path")
    }
    files = FileCache(fs: fs)
    request = ReadRequest(next: 1, hint: nil, maxBytes: ReadWindow.bytes, maxRecords: .max)
    try seek(to: start)
  }

  /// The store's name.
  public var identity: StoreIdentity { image.store }
  /// What was found on looking; a store in use is never "clean".
  public var recovery: RecoveryReport { image.report }
  /// Where the saved cursors stand.
  public var cursors: [CursorStatus] {
    image.cursors.map {
      CursorStatus(
        name: $0.name, acknowledged: $0.acknowledged,
        backlog: $0.backlog(
          in: image.segments, from: oldestSequence, through: image.lastSequence),
        delivered: $0.delivered,
        evicted: $0.evicted, damaged: $0.damaged)
    }
  }
  /// The oldest number that may still be there.
  public var oldestSequence: UInt64 {
    max(
      image.evictedThrough.saturatingNext,
      image.segments.first.map(\.baseSequence) ?? image.nextSequence)
  }
  /// Every number up to here was given up because the ring was full.
  public var evictedThrough: UInt64 { image.evictedThrough }
  /// The last number that was seen.
  public var lastSequence: UInt64 { image.lastSequence }
  /// Bytes of a segment.
  public var segmentSize: Int { image.segmentSize }
  /// How many segment files there are.
  public var segmentFiles: Int { image.slots.count }
  /// The most segments that the store may have.
  public var segmentLimit: Int { image.slotLimit }

  /// Moves to another place.
  public func seek(to start: CursorStart) throws(StoreError) {
    request.hint = nil
    switch start {
    case .saved, .oldest: request.next = oldestSequence
    case .newest: request.next = image.lastSequence.saturatingNext
    case .sequence(let sequence): request.next = max(1, sequence)
    case .time(let time): request.next = try firstSequence(notBefore: time)
    }
  }

  private func firstSequence(notBefore time: Int64) throws(StoreError) -> UInt64 {
    do throws(StoreIOError) {
      let found = try SegmentScan.first(
        notBefore: time, in: image.segments, of: files, segmentSize: image.segmentSize,
        through: image.lastSequence)
      return found ?? image.lastSequence.saturatingNext
    } catch {
      throw StoreError(error, in: fs.path)
    }
  }

  /// Looks again for what was written meanwhile.
  public func refresh() throws(StoreError) { goOn(with: try Self.look(fs)) }

  /// A ring that was made smaller and larger again has other files under the names that are open.
  private func goOn(with fresh: StoreImage<POSIXFileSystem>) {
    image = fresh
    files = FileCache(fs: fs)
  }

  /// Reads the files while another process may be changing them: once more when a segment was begun or
  /// a state file was written in between, so that no half-seen change is taken for damage.
  static func look(
    _ fs: POSIXFileSystem
  ) throws(StoreError) -> StoreImage<POSIXFileSystem> {
    var attempts = 0
    while true {
      attempts += 1
      let image = try StoreImage(reading: fs, options: nil)
      let hasDamagedState = image.report.repairedStateCopies > 0
      if attempts == (hasDamagedState ? 3 : 16) { return image }
      let looked = try StoreImage.generations(in: fs)
      if !hasDamagedState, looked == image.looked { return image }
    }
  }

  /// Hands out the next records or gaps, nil at the end of what the last look found.
  public func next<Result>(
    maxBytes: Int = ReadWindow.bytes, maxRecords: Int = .max,
    _ body: (borrowing StoredBatch) throws -> Result
  ) throws -> Result? {
    storage.clear(from: request.next)
    request.maxBytes = maxBytes
    request.maxRecords = max(1, maxRecords)
    try advance()
    if storage.records.isEmpty, storage.gaps.isEmpty { return nil }
    return try body(StoredBatch(storage))
  }

  private func advance() throws(StoreError) {
    if request.next < oldestSequence { skipToOldest() }
    while storage.records.isEmpty, request.next <= image.lastSequence {
      guard
        let index = image.segments.lastIndex(where: { $0.baseSequence <= request.next })
      else {
        storage.addGap(request.next, image.lastSequence, .damaged)
        request.next = image.lastSequence.saturatingNext
        return
      }
      let segment = image.segments[index]
      if request.next > segment.lastSequence {
        guard index + 1 < image.segments.count else { return }
        storage.skip(&request, to: image.segments[index + 1])
        continue
      }
      if try !fill(from: segment) { continue }
    }
  }

  /// Reads from one segment; false if the writer gave it up meanwhile, so that nothing was taken.
  private func fill(from segment: Segment) throws(StoreError) -> Bool {
    let before = request
    let known = storage.gaps
    do throws(StoreIOError) {
      let source = ReadableSegment(
        segment: segment, file: try files.file(slot: segment.slot),
        lastSequence: segment.lastSequence)
      RecordReader.fill(storage, from: source, &request)
    } catch {
      guard error.isMissing else { throw StoreError(error, in: fs.path) }
      files.forget(slot: segment.slot)
      storage.addGap(request.next, segment.lastSequence, .damaged)
      request.next = segment.lastSequence.saturatingNext
    }
    guard storage.gaps != known, try isGone(segment) else { return true }
    // What looked like damage is the next lap.
    request = before
    request.hint = nil
    storage.clear(from: storage.firstSequence)
    for gap in known { storage.addGap(gap.first, gap.last, gap.reason) }
    if request.next < oldestSequence { skipToOldest() }
    return false
  }

  /// Looks again whether a segment is still in use; if not, goes on with the new state.
  private func isGone(_ segment: Segment) throws(StoreError) -> Bool {
    let fresh = try Self.look(fs)
    if fresh.segments.contains(where: { $0.generation == segment.generation }) { return false }
    goOn(with: fresh)
    return true
  }

  private func skipToOldest() {
    let oldest = oldestSequence
    let evicted = min(image.evictedThrough, oldest - 1)
    storage.addGap(request.next, evicted, .evicted)
    request.next = max(request.next, evicted.saturatingNext)
    // What lies before the oldest segment was used up to the number that preceded it.
    storage.skip(
      &request, used: image.segments.first?.precedingSequence ?? oldest - 1, through: oldest - 1)
    request.next = oldest
  }
}
