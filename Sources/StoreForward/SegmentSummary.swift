/// One segment of a store, as `StoreReader` finds it.
public struct SegmentSummary: Sendable, Equatable {
  /// The name of its file.
  public var file: String
  /// How many segments were begun up to it, over the store's life.
  public var generation: UInt64
  /// No record in it has a lower number.
  public var firstSequence: UInt64
  /// The last number in it; below the first while it has no record.
  public var lastSequence: UInt64
  /// Records in it that are intact.
  public var records: UInt64
  /// Bytes from its beginning to the end of its groups.
  public var usedBytes: Int
  /// The lowest time in it, nil without records.
  public var oldest: Int64?
  /// The highest time in it, nil without records.
  public var newest: Int64?
}

extension StoreReader {
  /// What the segments hold, oldest first. Reads the summaries of finished segments, and the whole of
  /// the newest and of those whose summary is damaged.
  public func segments() throws(StoreError) -> [SegmentSummary] {
    var result: [SegmentSummary] = []
    for segment in image.segments {
      do throws(StoreIOError) {
        result.append(try summary(of: segment))
      } catch {
        if !error.isMissing { throw StoreError(error, in: fs.path) }
      }
    }
    return result
  }

  private func summary(of segment: Segment) throws(StoreIOError) -> SegmentSummary {
    let file = try files.file(slot: segment.slot)
    var summary = SegmentSummary(
      file: Layout.segmentName(slot: segment.slot), generation: segment.generation,
      firstSequence: segment.baseSequence, lastSequence: segment.lastSequence, records: 0,
      usedBytes: 0)
    let isNewest = segment.generation == image.segments.last?.generation
    let offset = Layout.footer(segmentSize: image.segmentSize)
    let bytes = try file.bytes(at: offset, count: SegmentFooter.size)
    let seed = Checksum.headerSeed(segmentSeed: segment.seed, offset: offset)
    let times: (Int64, Int64)
    if !isNewest, let footer = SegmentFooter.decode(bytes, seed: seed),
      footer.generation == segment.generation
    {
      summary.records = footer.count
      summary.usedBytes = footer.dataEnd
      times = (footer.minTime, footer.maxTime)
    } else {
      let scan = SegmentScan.run(
        file, seed: segment.seed, generation: segment.generation, base: segment.baseSequence,
        preceding: segment.precedingSequence, from: Layout.dataStart, areaEnd: segment.end)
      summary.records = scan.count
      summary.usedBytes = scan.end
      times = (scan.minTime, scan.maxTime)
    }
    if times.0 <= times.1 { (summary.oldest, summary.newest) = times }
    return summary
  }
}
