extension SegmentScan {
  /// The number of the first record of a segment that is not older than a time.
  static func first<File: StoreFile>(
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
