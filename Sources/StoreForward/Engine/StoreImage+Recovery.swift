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
        if newestIsShort || !report.wasClean { try newestFile.dataSync() }
      }
      try fs.syncDirectory()
      try cursorFile.save(
        state(isClean: false).encode(), store: store, in: fs)
    } catch {
      throw StoreError(error, in: fs.path)
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
