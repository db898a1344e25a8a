extension StoreReader {
  /// Checks every byte that a checksum covers, of the records and of all that says where they are, oldest
  /// first, and begins with a new look at the store.
  ///
  /// What a store in use writes at this moment is no damage, nor is what a crash has torn behind the last
  /// durable record.
  ///
  /// - Parameter report: Is given each finding; what it throws ends the check.
  /// - Throws: `StoreError` if the directory can't be read, and what `report` throws.
  public func verify(_ report: (StoreFinding) throws -> Void) throws -> StoreCheck {
    try refresh()
    var check = StoreCheck()
    func tell(_ findings: [StoreFinding]) throws {
      for finding in findings {
        check.damagedPlaces += 1
        check.damagedRecords &+= finding.records.map { $0.upperBound - $0.lowerBound &+ 1 } ?? 0
        try report(finding)
      }
    }
    try tell(stateFindings())
    if let first = image.segments.first, first.precedingSequence > image.evictedThrough {
      let records = (image.evictedThrough + 1)...first.precedingSequence
      let name = Layout.segmentName(slot: first.slot)
      try tell([
        StoreFinding(
          file: name, offset: 0, reason: "the segment before is missing", records: records)
      ])
    }
    if image.segments.isEmpty, image.lastSequence > image.evictedThrough {
      let records = (image.evictedThrough + 1)...image.lastSequence
      try tell([
        StoreFinding(
          file: Layout.segmentName(slot: 0), offset: 0, reason: "no segment is there",
          records: records)
      ])
    }
    for segment in image.segments {
      var (part, findings) = try self.check(segment)
      // A store in use may have given the segment up, or have begun the next one, since it was looked at.
      if !findings.isEmpty {
        let fresh = try Self.look(fs)
        guard let same = fresh.segments.first(where: { $0.generation == segment.generation }) else {
          continue
        }
        if same.generation != fresh.segments.last?.generation || fresh.report.wasClean {
          (part, findings) = try self.check(same, of: fresh)
        }
      }
      check.records &+= part?.records ?? 0
      check.payloadBytes &+= part?.payloadBytes ?? 0
      try tell(findings)
    }
    return check
  }

  private func check(
    _ segment: Segment, of other: StoreImage<POSIXFileSystem>? = nil
  ) throws(StoreError) -> (SegmentCheck?, [StoreFinding]) {
    let image = other ?? self.image
    let name = Layout.segmentName(slot: segment.slot)
    let isNewest = segment.generation == image.segments.last?.generation
    do throws(StoreIOError) {
      let file = try files.file(slot: segment.slot)
      let (footer, isFooterSound) = footer(of: segment, in: file)
      var knownEnd = footer?.dataEnd
      if isNewest { knownEnd = image.report.wasClean ? image.tail : nil }
      let check = SegmentCheck(
        segment, in: file, provenThrough: isNewest ? image.provenThrough : .max,
        knownEnd: knownEnd)
      var findings = headerFindings(of: segment.slot, in: file) + check.findings
      // The newest segment has none yet; what stands there is from an earlier lap.
      if !isFooterSound, !isNewest {
        findings.append(
          StoreFinding(
            file: name, offset: Layout.footer(segmentSize: segmentSize), reason: "the footer"))
      }
      return (check, findings)
    } catch {
      guard error.isMissing else { throw StoreError(error, in: fs.path) }
      files.forget(slot: segment.slot)
      guard segment.baseSequence <= segment.lastSequence else { return (nil, []) }
      let records = segment.baseSequence...segment.lastSequence
      return (nil, [StoreFinding(file: name, offset: 0, reason: "the file", records: records)])
    }
  }

  /// Damage outside of the segments in use.
  private func stateFindings() -> [StoreFinding] {
    let report = image.report
    var findings = report.rejectedSegments.map {
      StoreFinding(file: $0, offset: 0, reason: "no segment of this store")
    }
    findings += report.unreadableSegments.map {
      StoreFinding(file: $0, offset: 0, reason: "the disk does not give it")
    }
    if report.cursorsLost {
      let reason = "all copies, so that all cursors begin at the oldest record"
      findings.append(StoreFinding(file: Layout.cursorsName, offset: 0, reason: reason))
    }
    findings += image.damagedState.map {
      StoreFinding(file: $0.file, offset: $0.offset, reason: "a copy of it, others cover it")
    }
    for slot in image.freeSlots
    where !report.rejectedSegments.contains(Layout.segmentName(slot: slot)) {
      guard let file = try? files.file(slot: slot) else { continue }
      findings += headerFindings(of: slot, in: file)
    }
    return findings
  }

  /// The damaged copies of a segment's header. Zeros are none: nothing was ever written there.
  private func headerFindings(of slot: Int, in file: POSIXFile) -> [StoreFinding] {
    let places = [0, Layout.secondHeader(segmentSize: segmentSize)]
    var findings: [StoreFinding] = []
    // A store in use may be writing it.
    for _ in 0..<3 {
      let copies = places.map { try? file.bytes(at: $0, count: Layout.segmentHeaderSize) }
      let headers = copies.map { bytes -> SegmentHeader? in
        if case .header(let header) = bytes?.withUnsafeBytes(SegmentHeader.decode) { return header }
        return nil
      }
      let newest = headers.compactMap { $0?.generation }.max()
      let isFree = image.freeSlots.contains(slot)
      findings = []
      for (index, place) in places.enumerated() {
        let isVoid = copies[index]?.allSatisfy { $0 == 0 } ?? false
        if let header = headers[index], isFree || header.generation == newest { continue }
        if headers[index] == nil, isFree, isVoid || newest == nil { continue }
        let what = newest == nil ? "the header" : "a copy of the header, the other covers it"
        findings.append(
          StoreFinding(file: Layout.segmentName(slot: slot), offset: place, reason: what))
      }
      if findings.isEmpty { break }
    }
    return findings
  }

  /// The footer of a finished segment, and whether what stands in its place is one, of this lap or an earlier
  /// one, or nothing.
  private func footer(of segment: Segment, in file: POSIXFile) -> (SegmentFooter?, Bool) {
    let offset = Layout.footer(segmentSize: segmentSize)
    guard let bytes = try? file.bytes(at: offset, count: SegmentFooter.size),
      bytes.count == SegmentFooter.size
    else { return (nil, false) }
    if bytes.allSatisfy({ $0 == 0 }) { return (nil, true) }
    let generation = bytes.withUnsafeBytes { $0.load(UInt64.self, 8) }
    let seed = Checksum.headerSeed(
      segmentSeed: Checksum.segmentSeed(store: image.store, generation: generation),
      offset: offset)
    let footer = SegmentFooter.decode(bytes, seed: seed)
    return (generation == segment.generation ? footer : nil, footer != nil)
  }
}
