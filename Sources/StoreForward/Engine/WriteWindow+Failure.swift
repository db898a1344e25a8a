// What the window does when the disk fails.
extension WriteWindow {
  /// Adds zeros behind the last group up to where a failed write may have left something, so that
  /// nothing of it can be taken for a record later.
  ///
  /// - Returns: How many bytes of the window to write.
  mutating func coverDirtyTail(limit: Int) -> Int {
    let cover = min(dirtyEnd, limit) - end
    guard cover > 0 else { return used }
    reserve(cover)
    (base + used).initializeMemory(as: UInt8.self, repeating: 0, count: cover)
    return used + cover
  }

  /// Takes back what was put in from a place on; it may have reached the file in part.
  mutating func discard(from place: Int) {
    dirtyEnd = max(dirtyEnd, end)
    openGroup = nil
    if place == 0 {
      clear()
      return
    }
    used = place
    written = min(written, place)
    lastSequence = lastSequenceOfGroups()
  }

  /// The last number that the closed groups hold.
  private func lastSequenceOfGroups() -> UInt64 {
    var last: UInt64 = 0
    var place = 0
    while place + Layout.groupHeaderSize <= used {
      let group = UnsafeRawPointer(base + place)
      last = group.load(UInt64.self, 16) &+ UInt64(group.load(UInt32.self, 12)) &- 1
      place += max(Int(group.load(UInt32.self, 8)), Layout.groupHeaderSize)
    }
    return last
  }

  /// What the closed groups hold.
  func summary() -> TailSummary {
    var summary = TailSummary()
    var place = 0
    while place + Layout.groupHeaderSize <= used {
      let group = UnsafeRawPointer(base + place)
      let length = max(Int(group.load(UInt32.self, 8)), Layout.groupHeaderSize)
      let count = Int(group.load(UInt32.self, 12))
      summary.count &+= UInt64(count)
      summary.payloadBytes &+= UInt64(
        max(0, length - Layout.groupHeaderSize - count * Layout.recordHeaderSize))
      summary.minTime = min(summary.minTime, group.load(Int64.self, 40))
      summary.maxTime = max(summary.maxTime, group.load(Int64.self, 48))
      let end = min(place + length, used)
      var record = place + Layout.groupHeaderSize
      while record + Layout.recordHeaderSize <= end, !summary.hasLabels {
        let header = UnsafeRawPointer(base + record)
        summary.hasLabels = RecordHeader.kind(header) == Layout.labelsKind
        record += RecordHeader.byteLength(payload: RecordHeader.length(header))
      }
      place += length
    }
    return summary
  }

  /// Gives the closed groups new checksums for a place at the beginning of another segment.
  mutating func reseal(segmentSeed: UInt32, generation: UInt64, durableThrough: UInt64) {
    start = Layout.dataStart
    written = 0
    var place = 0
    while place + Layout.groupHeaderSize <= used {
      let header = base + place
      let raw = UnsafeRawPointer(header)
      let length = max(Int(raw.load(UInt32.self, 8)), Layout.groupHeaderSize)
      let group = GroupHeader(
        byteLength: length, count: Int(raw.load(UInt32.self, 12)),
        firstSequence: raw.load(UInt64.self, 16), precedingSequence: raw.load(UInt64.self, 24),
        durableThrough: durableThrough, minTime: raw.load(Int64.self, 40),
        maxTime: raw.load(Int64.self, 48), generation: generation)
      group.encode(
        into: header,
        seed: Checksum.headerSeed(segmentSeed: segmentSeed, offset: start + place))
      let records = UnsafeMutableRawBufferPointer(
        start: header + Layout.groupHeaderSize, count: length - Layout.groupHeaderSize)
      _ = Self.seal(
        records, at: start + place + Layout.groupHeaderSize, from: group.firstSequence,
        segmentSeed: segmentSeed)
      place += length
    }
  }
}
