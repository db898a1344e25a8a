import Glibc
import TestSupport
import Testing

@testable import StoreForward

/// What a failed sync leaves: pages that reads show and that no later sync writes. The next process on
/// the same machine must not take them for what is on the disk.
@Suite("After a failed sync, the next process shows nothing that a power cut takes away")
struct RestartTests {
  private typealias Core = StoreCore<SimulatedFileSystem>
  private static let options = StoreOptions.small(segments: 3)

  /// Makes each sync of the named files (or of the directory, by an empty name) fail until it is undone.
  private func failSyncs(of names: [String], in fs: SimulatedFileSystem) {
    fs.beforeChange = { (operation) throws(StoreIOError) in
      let name: String? =
        switch operation {
        case .sync(let name): name
        case .syncDirectory: ""
        default: nil
        }
      if let name, names.contains(name) {
        throw StoreIOError(errno: EIO, operation: "syncing", name: name)
      }
    }
  }

  private func numbers(_ core: Core) -> Set<UInt64> {
    var model = CrashModel(slots: 3, mayEvict: true)
    model.see(core)
    return model.seen
  }

  @Test("records of the newest segment")
  func records() throws {
    let fs = SimulatedFileSystem()
    let first = try Core(fileSystem: fs, options: Self.options)
    try first.append(try batch(from: 1, count: 10))
    failSyncs(of: ["seg-0000", "seg-0001", "seg-0002", "seg-0003"], in: fs)
    #expect(throws: StoreError.self) { try first.append(try batch(from: 11, count: 10)) }
    fs.beforeChange = nil
    let second = try Core(
      fileSystem: SimulatedFileSystem(fs.disk.killed()), options: Self.options)
    let shown = numbers(second)
    #expect(shown.isSuperset(of: 1...10))
    let after = second.fs.disk.crashed(CrashChoice(.nothing))
    #expect(
      numbers(try Core(fileSystem: SimulatedFileSystem(after), options: Self.options)) == shown)
  }

  @Test("a state file's newest save: the one before it stays until it is durable itself")
  func stateFiles() throws {
    let fs = SimulatedFileSystem()
    let first = try Core(fileSystem: fs, options: Self.options)
    // Several sectors, each of which changes with each save: so a save is torn if only some of them are there.
    let names = ["sink"] + (0..<12).map { String(repeating: "x", count: 200) + "\($0)" }
    for name in names { try first.openCursor(name, start: .saved) }
    func acknowledge(through place: UInt64) {
      for name in names { first.acknowledge(name, nil, through: place) }
    }
    try first.append(try batch(from: 1, count: 10))
    for place in UInt64(3)...5 {
      acknowledge(through: place)
      try first.saveCursorsNow()
    }
    acknowledge(through: 8)
    failSyncs(of: ["cursors", "cursors.new"], in: fs)
    #expect(throws: StoreError.self) { try first.saveCursorsNow() }
    fs.beforeChange = nil
    #expect(try lowestPlace(afterRestartOf: fs.disk) >= 5)
    #if DEBUG
      #expect(
        try PlantedBug.$planted.withValue(.trustPageCache) {
          try lowestPlace(afterRestartOf: fs.disk)
        } < 5)
    #endif
  }

  /// Where the cursor stands at worst if the power goes while the store is opened again.
  private func lowestPlace(afterRestartOf disk: SimulatedDisk) throws -> UInt64 {
    var snapshots: [SimulatedDisk] = []
    let fs = SimulatedFileSystem(disk.killed())
    fs.afterChange = { [unowned fs] in snapshots.append(fs.disk) }
    _ = try Core(fileSystem: fs, options: Self.options)
    var lowest = UInt64.max
    for snapshot in snapshots {
      for seed in UInt64(0)..<20 {
        let disk = snapshot.crashed(CrashChoice(.random(torn: true), seed: seed))
        let core = try Core(fileSystem: SimulatedFileSystem(disk), options: Self.options)
        lowest = min(lowest, core.cursorStatus().first?.acknowledged ?? 0)
      }
    }
    return lowest
  }

  @Test("a state file whose new name could not be synced is not written to, but replaced again")
  func newName() throws {
    let fs = SimulatedFileSystem()
    let core = try Core(fileSystem: fs, options: Self.options)
    try core.append(try batch(from: 1, count: 10))
    try core.openCursor("sink", start: .saved)
    failSyncs(of: [""], in: fs)
    // So many names that the file must grow.
    for index in 0..<40 {
      let name = String(repeating: "x", count: 200) + "\(index)"
      try? core.openCursor(name, start: .saved)
      core.closeCursor(name)
    }
    fs.beforeChange = nil
    for status in core.cursorStatus() where status.name != "sink" {
      try core.removeCursor(status.name)
    }
    core.acknowledge("sink", nil, through: 7)
    try core.saveCursorsNow()
    for choice in CrashWorkload.choices(
      pending: fs.disk.pendingCount, singles: 64, random: 8, seed: 1)
    {
      let again = try Core(
        fileSystem: SimulatedFileSystem(fs.disk.crashed(choice)), options: Self.options)
      #expect(again.cursorStatus().map(\.acknowledged) == [7], "\(choice.kind)")
    }
  }

  @Test("a state file whose renaming failed, though it was done: what is saved later is found")
  func renaming() throws {
    let fs = SimulatedFileSystem()
    let core = try Core(fileSystem: fs, options: Self.options)
    try core.append(try batch(from: 1, count: 10))
    try core.openCursor("sink", start: .saved)
    core.acknowledge("sink", nil, through: 3)
    var isFirst = true
    fs.beforeChange = { (operation) throws(StoreIOError) in
      if operation.isSync, isFirst {
        isFirst = false
        throw StoreIOError(errno: EIO, operation: "syncing", name: "cursors")
      }
      if operation == .rename("cursors.new") {
        fs.disk.change(.rename("cursors.new", "cursors"))
        throw StoreIOError(errno: EIO, operation: "renaming", name: "cursors.new")
      }
    }
    #expect(throws: StoreError.self) { try core.saveCursorsNow() }
    fs.beforeChange = nil
    core.acknowledge("sink", nil, through: 7)
    try core.saveCursorsNow()
    for disk in [fs.disk.killed(), fs.disk.crashed(CrashChoice(.nothing))] {
      let again = try Core(fileSystem: SimulatedFileSystem(disk), options: Self.options)
      #expect(again.cursorStatus().map(\.acknowledged) == [7])
    }
  }

  @Test(
    "a newer segment without records that the disk does not give for a while hides nothing later")
  func hiddenHeader() throws {
    let fs = SimulatedFileSystem()
    let first = try Core(fileSystem: fs, options: Self.options)
    try first.append(try batch(from: 1, count: 10))
    // A new segment is begun, and the disk fails for good.
    var isBegun = false
    fs.beforeChange = { (operation) throws(StoreIOError) in
      if operation == .sync("seg-0001") { isBegun = fs.disk.names["seg-0001"] != nil }
      let isFirst = operation == .sync("seg-0000") && !isBegun
      if isFirst || operation == .write("seg-0001", count: 1504) {
        throw StoreIOError(errno: EIO, operation: "doing", name: "\(operation)")
      }
    }
    _ = try? first.append(try batch(from: 11, count: 10))
    fs.beforeChange = nil
    #expect(isBegun)
    let faulty = FaultyFileSystem(SimulatedFileSystem(fs.disk.killed()))
    faulty.script = { _, call in call.reads("seg-0001") ? .fail(EIO) : nil }
    let second = try StoreCore(fileSystem: faulty, options: Self.options)
    #expect(second.recovery.unreadableSegments == ["seg-0001"])
    let receipt = try second.append(try batch(from: second.nextSequence, count: 5))
    faulty.script = { _, _ in nil }
    let third = try Core(
      fileSystem: SimulatedFileSystem(faulty.base.disk.killed()), options: Self.options)
    let shown = numbers(third)
    #expect(shown.isSuperset(of: 1...10))
    #expect(shown.isSuperset(of: receipt.firstSequence...receipt.lastSequence))
    #expect(third.nextSequence > receipt.lastSequence)
  }

  @Test("a segment that the disk did not give at one opening and gives at the next")
  func foundAgain() throws {
    let fs = SimulatedFileSystem()
    let first = try Core(fileSystem: fs, options: Self.options)
    try first.append(try batch(from: 1, count: 10))
    failSyncs(of: ["seg-0000", "seg-0001", "seg-0002", "seg-0003"], in: fs)
    // Written, not synced, and nowhere else to go.
    #expect(throws: StoreError.self) { try first.append(try batch(from: 11, count: 10)) }
    fs.beforeChange = nil
    var disk = fs.disk.killed()
    // Only the segment with the records counts here.
    for slot in 1...3 { disk.names[Layout.segmentName(slot: slot)] = nil }
    disk.durableNames = disk.names
    disk.pendingNames = []
    let faulty = FaultyFileSystem(SimulatedFileSystem(disk))
    faulty.script = { _, call in call.reads("seg-0000") ? .fail(EIO) : nil }
    let second = try StoreCore(fileSystem: faulty, options: Self.options)
    #expect(second.recovery.unreadableSegments == ["seg-0000"])
    try second.append(try batch(from: second.nextSequence, count: 5))
    for isClosed in [true, false] {
      if isClosed { try second.close() }
      let third = try Core(
        fileSystem: SimulatedFileSystem(faulty.base.disk.killed()), options: Self.options)
      let shown = numbers(third)
      #expect(shown.isSuperset(of: 1...10) && shown.count == 25)
      let after = third.fs.disk.crashed(CrashChoice(.nothing))
      #expect(
        numbers(try Core(fileSystem: SimulatedFileSystem(after), options: Self.options)) == shown)
    }
  }

  @Test("an eviction that failed half-way is accounted for once, for the store and each cursor")
  func accountedOnce() throws {
    let base = SimulatedFileSystem()
    let fs = FaultyFileSystem(base)
    let core = try StoreCore(fileSystem: fs, options: Self.options)
    try core.openCursor("sink", start: .saved)
    var failures = 0
    for _ in 0..<120 {
      // The ledger is saved, the cursors are not: there is no space for a moment.
      var left = 1
      fs.script = { _, call in
        guard case .write(let name, _, _) = call, name.hasPrefix("cursors"), left > 0 else {
          return nil
        }
        left -= 1
        return .fail(ENOSPC)
      }
      var batch = RecordBatch()
      for _ in 0..<20 {
        try batch.append(payload(1), time: 0, labels: [LabelCount(label: 1, count: 1)])
      }
      do throws(StoreError) { try core.append(batch) } catch {
        #expect(error.code == .diskFull)
        failures += 1
        try core.append(batch)
      }
    }
    #expect(failures > 0)
    let first = try #require(core.segments.first).baseSequence
    let gone = UInt64((1..<first).count)
    #expect(core.currentMetrics().evictedRecords <= gone)
    #expect(core.cursorStatus()[0].evicted == core.currentMetrics().evictedRecords)
    #expect(core.evictedLabels(cursor: "sink")[1] == core.currentMetrics().evictedRecords)
  }

  @Test("a crash in the middle of an eviction leaves the cursor's count and the store's the same")
  func sameCounts() throws {
    let fs = SimulatedFileSystem()
    let core = try Core(fileSystem: fs, options: Self.options)
    try core.openCursor("sink", start: .saved)
    var snapshots: [SimulatedDisk] = []
    fs.afterChange = { [unowned fs] in snapshots.append(fs.disk) }
    while core.currentMetrics().evictedRecords < 600 {
      try core.append(try batch(from: core.nextSequence, count: 50))
    }
    for (index, snapshot) in snapshots.enumerated() where index % 2 == 0 {
      for choice in [CrashChoice(.nothing), CrashChoice(.everything)] {
        let again = try Core(
          fileSystem: SimulatedFileSystem(snapshot.crashed(choice)), options: Self.options)
        let count = again.currentMetrics().evictedRecords
        #expect(again.cursorStatus().first?.evicted == count, "\(index) \(choice.kind)")
      }
    }
  }
}
