import Glibc
import TestSupport

@testable import StoreForward

/// A run of a store on a simulated disk that appends, reads, acknowledges, rolls over, evicts, saves
/// cursors, closes and reopens, and remembers the disk after each change.
struct CrashWorkload {
  struct Snapshot {
    var disk: SimulatedDisk
    var model: CrashModel
  }

  var options = StoreOptions.small(segments: 3)
  var seed: UInt64
  var rounds = 30
  /// Records have up to so many bytes.
  var largest = 1800
  /// Makes a sync fail, of any file or of the directory, one in so many.
  var failSyncOneIn: Int?

  /// Makes any call fail, one in so many, with or without its effect.
  var failCallOneIn: Int?
  /// Whether reads fail too: what they do not give may be missing from what is counted.
  var readsFail = false
  private var isFailing: Bool { failSyncOneIn != nil || failCallOneIn != nil }

  /// Runs it and gives a snapshot for each change of the disk.
  func run(from disk: SimulatedDisk = SimulatedDisk()) throws -> [Snapshot] {
    let fs = SimulatedFileSystem(disk)
    var snapshots: [Snapshot] = []
    var generator = SeededGenerator(seed: seed)
    var failures = SeededGenerator(seed: seed ^ 0xFA11)
    var model = CrashModel(
      slots: options.capacity.bytes / (options.segmentSize ?? 1),
      mayEvict: options.overflow == .dropOldest)
    fs.afterChange = { [unowned fs] in
      snapshots.append(Snapshot(disk: fs.disk, model: model))
    }
    if let failSyncOneIn {
      fs.failedSyncs = CrashChoice(.random(torn: false), seed: seed)
      fs.beforeChange = { (operation) throws(StoreIOError) in
        guard operation.isSync, Int.random(in: 0..<failSyncOneIn, using: &failures) == 0 else {
          return
        }
        throw StoreIOError(errno: EIO, operation: "syncing", name: "\(operation)")
      }
    }
    if let failCallOneIn {
      fs.failedSyncs = CrashChoice(.random(torn: false), seed: seed)
      fs.halfDone = SeededGenerator(seed: seed ^ 0xBAD)
      model.countsMayLag = readsFail
      fs.beforeChange = { (operation) throws(StoreIOError) in
        if case .read = operation, !readsFail { return }
        guard Int.random(in: 0..<failCallOneIn, using: &failures) == 0 else { return }
        let number = Int.random(in: 0..<4, using: &failures) == 0 ? ENOSPC : EIO
        throw StoreIOError(errno: number, operation: "doing", name: "\(operation)")
      }
    }
    var incarnation: UInt8 = 0
    var current: StoreCore<SimulatedFileSystem>?
    let storage = BatchStorage()
    for round in 0..<rounds {
      if current == nil {
        incarnation += 1
        fs.disk.time += 10_000_000_000
        current = try open(fs)
      }
      guard let core = current else { break }
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<6:
        var batch = RecordBatch()
        let count = Int.random(in: 1...12, using: &generator)
        let first = core.nextSequence
        for number in first..<(first + UInt64(count)) {
          let size = Int.random(in: 0...largest, using: &generator)
          let bytes = payload(number &* 256 &+ UInt64(incarnation), size: size)
          model.willAppend(number, bytes, isLabelled: round % 3 == 0)
          try batch.append(
            bytes, time: Int64(number),
            labels: round % 3 == 0 ? [LabelCount(label: 1, count: 1)] : [])
        }
        model.updateEvictable(core, adding: batch.byteCount, onFailures: isFailing)
        do throws(StoreError) {
          let receipt = try core.append(batch)
          for number in receipt.firstSequence...receipt.lastSequence {
            model.acknowledged.insert(number)
          }
        } catch {
          // Not promised; the numbers are burnt. A supervisor starts a store anew that gave up.
          if core.currentMetrics().state == .readOnly {
            if Bool.random(using: &generator) { try? core.close() }
            current = nil
          }
        }
      case 6..<8:
        guard
          try failing({
            try core.next("sink", into: storage, maxBytes: 1 << 16, maxRecords: 20)
          })
        else { continue }
        for record in storage.records { model.seen.insert(record.sequence) }
        if !storage.records.isEmpty || !storage.gaps.isEmpty {
          // The consumer is done with them before it says so.
          fs.did()
          model.consumed = max(model.consumed, storage.lastSequence)
          core.acknowledge("sink", nil, through: storage.lastSequence)
        }
      case 8:
        fs.disk.time += 2_000_000_000
        try failing { try core.saveCursorsIfDue() }
        if !core.cursorsChanged { model.saved = core.cursorStatus()[0].acknowledged }
      default:
        if Bool.random(using: &generator) {
          let place = core.cursorStatus()[0].acknowledged
          if try failing({ try core.close() }) { model.saved = place }
        }
        current = nil
      }
    }
    return snapshots
  }

  /// Opens the store and its cursor as often as a failing sync asks for.
  private func open(_ fs: SimulatedFileSystem) throws -> StoreCore<SimulatedFileSystem> {
    for _ in 0..<100 {
      var core: StoreCore<SimulatedFileSystem>?
      let isOpen = try failing {
        core = try StoreCore(fileSystem: fs, options: options)
        try core?.openCursor("sink", start: .saved)
      }
      if isOpen, let core { return core }
    }
    // So bad that nobody can use it; then the disk is well again.
    let failures = fs.beforeChange
    fs.beforeChange = nil
    defer { fs.beforeChange = failures }
    let core = try StoreCore(fileSystem: fs, options: options)
    try core.openCursor("sink", start: .saved)
    return core
  }

  /// Whether something succeeds; may only fail where syncs do.
  @discardableResult
  private func failing(_ body: () throws -> Void) throws -> Bool {
    do {
      try body()
      return true
    } catch let error as StoreError {
      guard isFailing, [EIO, ENOSPC].contains(error.errno) || error.code == .readOnly else {
        throw error
      }
      return false
    }
  }

  /// Kills the process instead, and cuts the power when the next one has shown what there is: what was
  /// seen is there still, however the first one's syncs had ended.
  static func checkKill(
    _ disk: SimulatedDisk, _ before: CrashModel, options: StoreOptions, seed: UInt64
  ) -> [String] {
    var model = before
    let fs = SimulatedFileSystem(disk.killed())
    do throws(StoreError) {
      let core = try StoreCore(fileSystem: fs, options: options)
      var found = model.violations(in: core, fs: fs).map { "after a kill: \($0)" }
      guard found.isEmpty else { return found }
      model.see(core)
      if let cursor = core.cursorStatus().first { model.saved = cursor.acknowledged }
      for choice in [CrashChoice(.nothing), CrashChoice(.random(torn: true), seed: seed)] {
        let second = SimulatedFileSystem(fs.disk.crashed(choice))
        let again = try StoreCore(fileSystem: second, options: options)
        found += model.violations(in: again, fs: second)
          .map { "after a kill, a look and a crash: \($0)" }
      }
      return found
    } catch {
      return ["opening failed: \(error)"]
    }
  }

  /// Recovers what a crash left and checks it; then appends, crashes again and checks that what was
  /// seen is there still.
  static func check(
    _ disk: SimulatedDisk, _ before: CrashModel, options: StoreOptions, seed: UInt64
  ) -> [String] {
    var model = before
    var found: [String] = []
    let fs = SimulatedFileSystem(disk)
    do throws(StoreError) {
      let core = try StoreCore(fileSystem: fs, options: options)
      found += model.violations(in: core, fs: fs)
      guard found.isEmpty else { return found }
      model.see(core)
      var batch = RecordBatch()
      let first = core.nextSequence
      for number in first..<(first + 3) {
        let bytes = payload(number &* 256 &+ 255, size: 700)
        model.willAppend(number, bytes)
        try batch.append(bytes, time: 0)
      }
      model.updateEvictable(core, adding: batch.byteCount)
      do throws(StoreError) {
        let receipt = try core.append(batch)
        for number in receipt.firstSequence...receipt.lastSequence {
          model.acknowledged.insert(number)
        }
      } catch  where error.code == .full {}
      let second = SimulatedFileSystem(
        fs.disk.crashed(CrashChoice(.random(torn: false), seed: seed)))
      let again = try StoreCore(fileSystem: second, options: options)
      found += model.violations(in: again, fs: second).map { "after a second crash: \($0)" }
    } catch {
      found.append("opening failed: \(error)")
    }
    return found
  }

  /// Dies at every change that recovery makes, by a power cut or a kill, and recovers again: the second
  /// recovery gives what the first one gives, less what had not been made durable yet.
  static func checkRecovery(
    _ disk: SimulatedDisk, _ before: CrashModel, options: StoreOptions, seed: UInt64
  ) -> [String] {
    let fs = SimulatedFileSystem(disk)
    let wasDurable =
      disk.pendingCount == 0 && disk.files.values.allSatisfy { $0.cached == $0.durable }
    var snapshots: [SimulatedDisk] = []
    fs.afterChange = { [unowned fs] in snapshots.append(fs.disk) }
    var whole = before
    do throws(StoreError) {
      whole.see(try StoreCore(fileSystem: fs, options: options))
      for (index, snapshot) in snapshots.enumerated() {
        let random = CrashChoice(.random(torn: true), seed: seed &+ UInt64(index))
        let disks = [
          snapshot.killed(), snapshot.crashed(CrashChoice(.nothing)),
          snapshot.crashed(CrashChoice(.everything)), snapshot.crashed(random),
        ]
        for disk in disks {
          var model = before
          let second = SimulatedFileSystem(disk)
          let core = try StoreCore(fileSystem: second, options: options)
          let found = model.violations(in: core, fs: second)
          if let first = found.first { return ["recovery cut at \(index): \(first)"] }
          model.see(core)
          // Otherwise some of it was pending, or what a failed sync left undone came to light.
          let isKnown = disk.boot == fs.disk.boot || wasDurable
          if isKnown, model.seen != whole.seen {
            return ["recovery cut at \(index): \(model.seen.count) records, \(whole.seen.count)"]
          }
        }
      }
    } catch {
      return ["opening failed: \(error)"]
    }
    return []
  }

  /// The choices that are tried at each crash point: nothing, everything, each pending change alone and
  /// all but each as long as there are at most `singles`, all subsets of at most `exhaustive`, and random
  /// ones.
  static func choices(
    pending: Int, singles: Int = 6, exhaustive: Int = 0, random: Int, seed: UInt64
  ) -> [CrashChoice] {
    if pending <= exhaustive {
      return (0..<(UInt64(1) << UInt64(pending))).map { CrashChoice(.subset($0)) }
    }
    var all = [CrashChoice(.nothing), CrashChoice(.everything)]
    if pending > 0, pending <= singles {
      for index in 0..<pending {
        all.append(CrashChoice(.onlyOne(index)))
        all.append(CrashChoice(.allButOne(index)))
      }
    }
    for index in 0..<random {
      all.append(
        CrashChoice(.random(torn: index % 2 == 1), seed: seed &+ UInt64(index) &* 7919))
    }
    return all
  }
}

extension CrashModel {
  /// Everything that a reader is shown now.
  mutating func see(_ core: StoreCore<SimulatedFileSystem>) {
    let batch = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 16, maxRecords: .max)
    while (try? core.read(into: batch, &request)) != nil,
      !batch.records.isEmpty || !batch.gaps.isEmpty
    {
      for record in batch.records { seen.insert(record.sequence) }
    }
    // What is not there now must never come up again.
    appended = appended.filter { seen.contains($0.key) || acknowledged.contains($0.key) }
  }

  /// An append may make the ring give up as many of the oldest segments as it needs new ones; where
  /// segments can't be begun, even its own first records.
  mutating func updateEvictable(
    _ core: StoreCore<SimulatedFileSystem>, adding bytes: Int, onFailures: Bool = false
  ) {
    if onFailures { evictable = max(evictable, given.max() ?? 0) }
    let needed = bytes / (core.segmentSize - 8192 - 8192) + 2
    let free = core.slotLimit - core.segments.count
    let gone = max(0, needed - free)
    if gone > 0 {
      let victims = core.segments.prefix(gone)
      evictable = max(evictable, victims.last?.lastSequence ?? 0)
    }
    evictable = max(evictable, core.evictedThrough)
  }
}
