extension StoreImage {
  /// Takes the lock, reads the store and makes it fit for appending. May be interrupted anywhere and
  /// done again.
  static func recover(fs: FS, options: StoreOptions) throws(StoreError) -> StoreImage {
    let start = fs.monotonicClock()
    _ = try options.geometry()
    do throws(StoreIOError) {
      try fs.lock(Layout.lockName)
    } catch {
      throw StoreError(error, in: fs.path)
    }
    do {
      var image = try StoreImage(reading: fs, options: options)
      try image.repair(fs: fs)
      image.report.nanoseconds = fs.monotonicClock() &- start
      return image
    } catch {
      fs.unlock()
      throw error
    }
  }

  /// What the files show may be in the page cache alone. A process that was killed leaves writes that are
  /// pending; one whose sync has failed leaves pages that the kernel takes for clean, so that another sync
  /// succeeds without writing them. So before anything is shown or built upon, what is not known to be
  /// durable is written again.
  private mutating func repair(fs: FS) throws(StoreError) {
    do throws(StoreIOError) {
      for name in [Layout.cursorsName, Layout.ledgerName] {
        do throws(StoreIOError) {
          try fs.unlink(name + ".new")
          // The name may be needed again at once.
          try fs.syncDirectory()
        } catch  where error.isMissing {}
      }
      try cursorFile.prove(in: fs)
      try ledgerFile.prove(in: fs)
      if let newestFile {
        if newestIsShort {
          try newestFile.fillZeros(from: try newestFile.size(), to: segmentSize)
        }
        if let unprovenTail { try rewrite(unprovenTail, of: newestFile) }
        let isRepaired = repairHeader(of: segments.last, in: newestFile)
        if newestIsShort || unprovenTail != nil || isRepaired { try newestFile.dataSync() }
      }
      clearTorn(fs: fs)
      try proveFoundAgain(fs: fs)
      proveEmpty(fs: fs)
      repairHeaders(fs: fs)
      try removeSurplus(fs: fs)
      try fs.syncDirectory()
      try cursorFile.save(
        state(isClean: false).encode(), store: store, in: fs)
      // An eviction on a full disk must not need a new file first.
      if ledgerFile.isMissing {
        do throws(StoreIOError) {
          try ledgerFile.save(ledger.encode(), store: store, in: fs)
        } catch  where error.isLackOfSpace {}
      }
    } catch {
      throw StoreError(error, in: fs.path)
    }
  }

  /// Writes again what is shown of a segment's end and of its headers.
  private func rewrite(_ tail: Range<Int>, of file: FS.File) throws(StoreIOError) {
    if PlantedBug.trustPageCache.isPlanted { return }
    let header = 0..<Layout.segmentHeaderSize
    let second = Layout.secondHeader(segmentSize: segmentSize)..<segmentSize
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    for range in [header, second, tail] {
      var offset = range.lowerBound
      // Block by block where the disk does not give all; what it does not give stays as it is.
      var isCareful = false
      while offset < range.upperBound {
        let most = isCareful ? Layout.block - offset % Layout.block : buffer.count
        let part = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(most, range.upperBound - offset)])
        if let count = try? file.readAll(into: part, at: offset) {
          try file.writeAll(UnsafeRawBufferPointer(rebasing: part[..<count]), at: offset)
        } else if !isCareful {
          isCareful = true
          continue
        }
        offset += part.count
      }
    }
  }

  /// Makes free what is taken for free: a header that the disk had before its place was half overwritten
  /// would come back with a power cut, as that of the newest segment.
  private mutating func clearTorn(fs: FS) {
    for slot in tornSlots {
      do throws(StoreIOError) {
        let file = try fs.open(Layout.segmentName(slot: slot), create: false)
        let size = try file.size()
        try file.fillZeros(from: 0, to: min(size, Layout.segmentHeaderSize))
        try file.fillZeros(from: max(0, size - Layout.segmentHeaderSize), to: size)
        try file.dataSync()
      } catch {
        freeSlots.removeAll { $0 == slot }
        badSlots.append(slot)
      }
    }
  }

  /// A segment that the disk did not give at an earlier opening, and gives now: others were begun behind it
  /// without its end having been synced. The generation jumped then. If that can't be made up for, nothing is opened: whoever reads
  /// would be told that records are lost which are there.
  private mutating func proveFoundAgain(fs: FS) throws(StoreIOError) {
    for index in segments.indices.dropLast() {
      let segment = segments[index]
      let distance = segments[index + 1].generation &- segment.generation
      guard distance >= Self.rebootReserve else { continue }
      let file = try fs.open(Layout.segmentName(slot: segment.slot), create: false)
      let scan = SegmentScan.run(
        file, seed: segment.seed, generation: segment.generation, base: segment.baseSequence,
        preceding: segment.precedingSequence, from: Layout.dataStart, areaEnd: segment.end)
      try rewrite(scan.durableEnd..<max(scan.durableEnd, scan.end), of: file)
      try file.dataSync()
    }
  }

  /// A segment whose beginning failed, so that the next one was begun in its place: its header may be in the page cache alone, and the
  /// disk have the records of an earlier lap there. What is hidden now must not come up again with a power cut. Where the disk does not
  /// take it, it is as likely to give nothing.
  private func proveEmpty(fs: FS) {
    for index in segments.indices.dropLast() {
      let segment = segments[index]
      guard segments[index + 1].precedingSequence < segment.baseSequence,
        let file = try? fs.open(Layout.segmentName(slot: segment.slot), create: false)
      else { continue }
      // One copy is enough.
      for offset in [0, Layout.secondHeader(segmentSize: segmentSize)] {
        guard let bytes = try? file.bytes(at: offset, count: Layout.segmentHeaderSize) else {
          continue
        }
        bytes.withUnsafeBytes { _ = try? file.writeAll($0, at: offset) }
      }
      try? file.dataSync()
    }
  }

  /// Writes both copies of a header anew where one was damaged or lost, so that the next damage finds
  /// two again. A failure leaves things as they were.
  private func repairHeader(of segment: Segment?, in file: FS.File) -> Bool {
    guard let header = headerRepairs.first(where: { $0.slot == segment?.slot }) else {
      return false
    }
    var bytes = [UInt8](repeating: 0, count: Layout.segmentHeaderSize)
    return bytes.withUnsafeMutableBytes { raw -> Bool in
      guard let base = raw.baseAddress else { return false }
      header.encode(into: base)
      for offset in [0, Layout.secondHeader(segmentSize: segmentSize)] {
        guard (try? file.writeAll(UnsafeRawBufferPointer(raw), at: offset)) != nil else {
          return false
        }
      }
      return true
    }
  }

  /// The same for the older segments.
  private func repairHeaders(fs: FS) {
    for segment in segments.dropLast()
    where headerRepairs.contains(where: { $0.slot == segment.slot }) {
      guard
        let file = try? fs.open(Layout.segmentName(slot: segment.slot), create: false)
      else { continue }
      if repairHeader(of: segment, in: file) { try? file.dataSync() }
    }
  }

  /// Removes files that a crash while the ring was made smaller has left.
  private mutating func removeSurplus(fs: FS) throws(StoreIOError) {
    while slots.count > slotLimit, let slot = freeSlots.popLast() {
      try fs.unlink(Layout.segmentName(slot: slot))
      slots.remove(slot)
    }
  }

  private func state(isClean: Bool) -> StateFile {
    var state = StateFile()
    state.segmentSize = segmentSize
    state.slotLimit = slotLimit
    state.isClean = isClean
    state.boot = boot
    state.nextSequence = nextSequence
    state.newestGeneration = segments.last?.generation ?? 0
    state.highestGeneration = lastGeneration
    state.evictedThrough = evictedThrough
    state.tail = tail
    state.lastSequence = certainSequence ?? lastSequence
    state.summary = tailSummary
    state.cursors = cursors
    return state
  }
}
