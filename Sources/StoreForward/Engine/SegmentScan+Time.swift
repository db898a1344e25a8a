extension SegmentScan {
  /// The number of the first record that is not older than a time, nil where there is none.
  ///
  /// - Parameters:
  ///   - segments: Where to look, oldest first.
  ///   - last: No record behind this number counts.
  static func first<FS: StoreFileSystem>(
    notBefore time: Int64, in segments: [Segment], of files: FileCache<FS>, segmentSize: Int,
    through last: UInt64
  ) throws(StoreIOError) -> UInt64? {
    for (index, segment) in segments.enumerated() {
      do throws(StoreIOError) {
        let file = try files.file(slot: segment.slot)
        // The newest one has no footer yet; what stands there is from an earlier lap.
        if index + 1 < segments.count,
          let footer = SegmentFooter.read(of: segment, in: file, segmentSize: segmentSize),
          footer.maxTime < time
        {
          continue
        }
        let found = first(
          notBefore: time, in: file, segment, lastSequence: min(segment.lastSequence, last))
        if let found { return found }
      } catch  where error.isMissing {}
    }
    return nil
  }

  /// The same in one segment, by reading it.
  private static func first<File: StoreFile>(
    notBefore time: Int64, in file: File, _ segment: Segment, lastSequence: UInt64
  ) -> UInt64? {
    let batch = BatchStorage()
    var request = ReadRequest(
      next: segment.baseSequence, hint: nil, maxBytes: ReadWindow.bytes, maxRecords: .max)
    let source = ReadableSegment(segment: segment, file: file, lastSequence: lastSequence)
    while request.next <= lastSequence {
      batch.clear(from: request.next)
      let isAtEnd = RecordReader.fill(batch, from: source, &request)
      if let found = batch.records.first(where: { $0.time >= time }) { return found.sequence }
      if isAtEnd { break }
    }
    return nil
  }
}

extension SegmentFooter {
  /// The footer of a finished segment, nil where it can't be read or is not of this generation.
  static func read<File: StoreFile>(
    of segment: Segment, in file: File, segmentSize: Int
  ) -> SegmentFooter? {
    let offset = Layout.footer(segmentSize: segmentSize)
    guard let bytes = try? file.bytes(at: offset, count: size),
      let footer = decode(
        bytes, seed: Checksum.headerSeed(segmentSeed: segment.seed, offset: offset)),
      footer.generation == segment.generation
    else { return nil }
    return footer
  }
}
