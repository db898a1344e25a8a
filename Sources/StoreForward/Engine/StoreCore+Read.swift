extension StoreCore {
  /// Fills a batch with durable records from `request.next` on, or with the gap that is there. An
  /// empty batch without gaps means that there is nothing yet.
  func read(into batch: BatchStorage, _ request: inout ReadRequest) throws(StoreError) {
    batch.clear(from: request.next)
    while batch.records.isEmpty {
      guard let source = try nextSource(batch, &request) else { break }
      let before = (request, batch.gaps)
      RecordReader.fill(batch, from: source, &request)
      let isStillThere = try lock.locked { () throws(StoreError) -> Bool in
        // Another process may write to the files by now.
        if isClosed { throw closedError }
        return segments.contains { $0.generation == source.segment.generation }
      }
      if !isStillThere, batch.gaps != before.1 {
        // It was given up while it was read: what looks like damage may be the next lap.
        request = before.0
        batch.clear(from: batch.firstSequence)
        batch.gaps = before.1
        if let last = before.1.last { batch.lastSequence = last.last }
        continue
      }
    }
    countDamage(batch)
  }

  private func countDamage(_ batch: BatchStorage) {
    let damaged = batch.gaps.reduce(0) { $1.reason == .damaged ? $0 &+ $1.count : $0 }
    if damaged > 0 { lock.locked { metrics.damagedRecords &+= damaged } }
  }

  /// The segment that holds the next number; numbers that no segment holds become gaps.
  private func nextSource(
    _ batch: BatchStorage, _ request: inout ReadRequest
  ) throws(StoreError) -> ReadableSegment<FS.File>? {
    var chosen: Segment?
    var limit: UInt64 = 0
    lock.locked {
      if isClosed { return }
      let oldest = oldestSequence
      if request.next <= evictedThrough {
        batch.addGap(request.next, evictedThrough, .evicted)
        request.next = evictedThrough &+ 1
      }
      // What lies before the oldest segment was used up to the number that preceded it.
      let missing = min(oldest &- 1, durableThrough)
      batch.skip(
        &request, used: segments.first?.precedingSequence ?? missing, through: missing)
      guard request.next <= durableThrough, !segments.isEmpty else { return }
      var index = segments.count - 1
      while index > 0, segments[index].baseSequence > request.next { index -= 1 }
      // Several segments may begin with the same number; the last of them has it.
      var segment = segments[index]
      while request.next > segment.lastSequence, index + 1 < segments.count {
        let following = segments[index + 1]
        batch.skip(&request, to: following)
        index += 1
        segment = following
      }
      guard request.next <= durableThrough else { return }
      limit =
        index == segments.count - 1
        ? durableThrough : min(segment.lastSequence, durableThrough)
      chosen = segment
    }
    guard let segment = chosen else {
      if lock.locked({ isClosed }) { throw closedError }
      return nil
    }
    do throws(StoreIOError) {
      return ReadableSegment(
        segment: segment, file: try files.file(slot: segment.slot), lastSequence: limit)
    } catch  where error.isMissing {
      batch.addGap(request.next, limit, .damaged)
      request.next = limit &+ 1
      return try nextSource(batch, &request)
    } catch {
      throw storeError(error)
    }
  }
}
