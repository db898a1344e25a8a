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

  private mutating func repair(fs: FS) throws(StoreError) {
    do throws(StoreIOError) {
      for name in [Layout.cursorsName, Layout.ledgerName] {
        do throws(StoreIOError) {
          try fs.unlink(name + ".new")
        } catch  where error.isMissing {}
      }
      if let newestFile {
        if newestIsShort {
          try newestFile.fillZeros(from: try newestFile.size(), to: segmentSize)
        }
        // What a kill left in the page cache must not be shown before it is on the disk.
        try rewriteUnproven(newestFile)
        let isRepaired = repairHeader(of: segments.last, in: newestFile)
        if newestIsShort || !report.wasClean || isRepaired { try newestFile.dataSync() }
      }
      repairHeaders(fs: fs)
      try removeSurplus(fs: fs)
      try fs.syncDirectory()
      try cursorFile.save(
        state(isClean: false).encode(), store: store, in: fs)
    } catch {
      throw StoreError(error, in: fs.path)
    }
  }

  /// Writes again what the page cache shows of the newest segment's end and of its header. Where a sync has
  /// failed the kernel takes these pages for clean, so that another sync succeeds without writing them.
  private func rewriteUnproven(_ file: FS.File) throws(StoreIOError) {
    guard let unprovenTail else { return }
    let header = 0..<Layout.segmentHeaderSize
    let second = Layout.secondHeader(segmentSize: segmentSize)..<segmentSize
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    for range in [header, second, unprovenTail] {
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: buffer.count) {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(buffer.count, range.upperBound - offset)])
        // An unreadable part stays as it is.
        guard let count = try? file.readAll(into: part, at: offset) else { continue }
        try file.writeAll(UnsafeRawBufferPointer(rebasing: part[..<count]), at: offset)
      }
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
    state.tail = tail
    state.lastSequence = lastSequence
    state.summary = tailSummary
    state.cursors = cursors
    return state
  }
}
