import Glibc
import TestSupport
import Testing

@testable import StoreForward

/// What another thread does between two disk calls of one, put in at exactly that call.
@Suite("Hand-overs between writer, readers, cursors and the background", .timeLimit(.minutes(15)))
struct HandOverTests {
  private typealias Disk = FaultyFileSystem<SimulatedFileSystem>
  private typealias Core = StoreCore<Disk>

  /// Everything from a number on.
  private func read(_ core: Core, from first: UInt64 = 1) throws -> (numbers: [UInt64], gaps: [Gap])
  {
    let storage = BatchStorage()
    var request = ReadRequest(next: first, hint: nil, maxBytes: 1 << 20, maxRecords: .max)
    var numbers: [UInt64] = []
    var gaps: [Gap] = []
    while true {
      try core.read(into: storage, &request)
      if storage.records.isEmpty, storage.gaps.isEmpty { return (numbers, gaps) }
      numbers += storage.records.map(\.sequence)
      gaps += storage.gaps
    }
  }

  @discardableResult
  private func append(_ count: Int, size: Int = 128, to core: Core) throws -> Receipt {
    try core.append(try batch(from: core.nextSequence, count: count, size: { _ in size }))
  }

  /// Appends batches of 50 until a segment of that slot exists.
  private func fill(_ core: Core, segments: Int) throws {
    while core.segments.count < segments { try append(50, to: core) }
  }

  @Test("after a segment could not be begun, nothing is added to the one before it")
  func halfBegunSegment() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 4))
    for _ in 0..<7 { try append(50, to: core) }
    fs.script = { _, call in
      // The first header of the new segment is written, the second is not.
      if case .write("seg-0001", let offset, 512) = call, offset > 0 { return .fail(ENOSPC) }
      return nil
    }
    #expect(throws: StoreError.self) { try append(60, to: core) }
    fs.script = { _, _ in nil }
    let receipt = try append(1, to: core)
    for choice in [CrashChoice(.nothing), CrashChoice(.everything)] {
      let after = Disk(SimulatedFileSystem(fs.base.disk.crashed(choice)))
      let found = try read(try Core(fileSystem: after, options: .small(segments: 4)))
      #expect(found.numbers.contains(receipt.lastSequence))
      #expect(found.numbers.starts(with: 1...350))
    }
  }

  @Test("a slot whose header can't be written is set aside, and appending goes on")
  func badSlot() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 4))
    try fill(core, segments: 4)
    fs.script = { _, call in
      if case .write("seg-0001", 0, 512) = call { return .fail(EIO) }
      return nil
    }
    for _ in 0..<100 { try append(50, to: core) }
    #expect(core.currentMetrics().badSegments == 1)
    #expect(core.currentMetrics().state == .ok)
    let last = core.durableThrough
    let found = try read(core)
    #expect(found.numbers.last == last)
    #expect(found.gaps.allSatisfy { $0.reason == .evicted })
    // What the other three can't hold at once would evict its own beginning.
    let error = #expect(throws: StoreError.self) { try append(1100, to: core) }
    #expect(error?.code == .batchTooLarge)
    #expect(core.durableThrough == last)
    try append(500, to: core)
    #expect(try read(core).numbers.last == last + 500)
  }

  @Test("a segment that is given up while it is read gives an evicted gap, never a damaged one")
  func evictedWhileRead() throws {
    for call in 0..<3 {
      let fs = Disk(SimulatedFileSystem())
      let core = try Core(fileSystem: fs, options: .small(segments: 3))
      try fill(core, segments: 3)
      var reads = 0
      fs.script = { _, what in
        guard case .read("seg-0000", _, _) = what else { return nil }
        reads += 1
        if reads == call + 1 {
          do { for _ in 0..<20 { try append(50, to: core) } } catch { Issue.record(error) }
        }
        return nil
      }
      let storage = BatchStorage()
      var request = ReadRequest(next: 1, hint: nil, maxBytes: 4096, maxRecords: .max)
      var numbers: [UInt64] = []
      var gaps: [Gap] = []
      while true {
        try core.read(into: storage, &request)
        if storage.records.isEmpty, storage.gaps.isEmpty { break }
        for index in storage.records.indices {
          let number = storage.records[index].sequence
          #expect(storage.bytes(at: index).elementsEqual(payload(number)))
          numbers.append(number)
        }
        gaps += storage.gaps
      }
      #expect(gaps.count == 1 && gaps[0].reason == .evicted)
      #expect(numbers.count + Int(gaps.reduce(0) { $0 + $1.count }) == Int(core.durableThrough))
      #expect(numbers == numbers.sorted())
    }
  }

  @Test("space that an append was promised stays promised when a cursor goes back")
  func rewindWhileAppending() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 3, overflow: .block))
    try core.openCursor("sink", start: .saved)
    try fill(core, segments: 3)
    let firstOfLast = core.segments[2].baseSequence
    // Not one more batch fits into the last segment afterwards.
    while core.window.end < (64 << 10) - 4096 - 6000 { try append(10, to: core) }
    core.acknowledge("sink", nil, through: firstOfLast - 1)
    var isDone = false
    fs.script = { _, call in
      guard case .write(let name, _, _) = call, name.hasPrefix("seg-"), !isDone else { return nil }
      isDone = true
      do { try core.rewind("sink", to: .oldest) } catch { Issue.record(error) }
      return nil
    }
    // A thread would wait here if the space were denied again; the policy forbids an error.
    try append(50, to: core)
    #expect(isDone)
    let found = try read(core)
    #expect(found.gaps.allSatisfy { $0.reason == .evicted })
    #expect(found.numbers.last == core.durableThrough)
  }

  @Test("acknowledged ranges beyond a gap free their segment for one who waits")
  func rangesFree() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 3, overflow: .block))
    try core.openCursor("sink", start: .saved)
    try fill(core, segments: 3)
    while core.window.end < (64 << 10) - 4096 - 3000 { try append(10, to: core) }
    let isDone = Flag()
    try WorkThread.start {
      do { try append(50, to: core) } catch { Issue.record(error) }
      isDone.raise()
    }
    while core.lock.locked({ core.pending.isEmpty }) { sched_yield() }
    // All of the first segment but its first number, then that one.
    core.acknowledge("sink", 2...core.segments[0].lastSequence, through: nil)
    core.acknowledge("sink", 1...1, through: nil)
    isDone.wait()
  }

  @Test("a batch that waits is told when the ring becomes too small for it")
  func shrunkWhileWaiting() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 8, overflow: .block))
    try core.openCursor("sink", start: .saved)
    try fill(core, segments: 3)
    let isTold = Flag()
    try WorkThread.start {
      do {
        // Six or seven new segments; five can still be made.
        try append(2600, to: core)
        Issue.record("a ring of three segments took a batch of seven")
      } catch {
        if (error as? StoreError)?.code != .batchTooLarge { Issue.record(error) }
      }
      isTold.raise()
    }
    while core.lock.locked({ core.pending.isEmpty }) { sched_yield() }
    try core.resize(to: .bytes(3 * (64 << 10)))
    isTold.wait()
    #expect(try append(1, to: core).isDurable)
  }

  @Test("a slot that was set aside is not called free when its file can't be removed")
  func badSlotStaysBad() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 5))
    try fill(core, segments: 5)
    fs.script = { _, call in
      if case .write("seg-0001", 0, 512) = call { return .fail(EIO) }
      return nil
    }
    for _ in 0..<100 where core.badSlots.isEmpty { try append(50, to: core) }
    #expect(core.badSlots == [1])
    fs.script = { _, call in call == .other("unlink") ? .fail(EIO) : nil }
    #expect(throws: StoreError.self) { try core.resize(to: .bytes(3 * (64 << 10))) }
    #expect(core.badSlots == [1] && !core.freeSlots.contains(1))
  }

  @Test("a cursor whose creation could not be saved can be opened later")
  func unsavedCursor() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small())
    fs.script = { _, call in call.isSyncOfCursors ? .fail(EIO) : nil }
    #expect(throws: StoreError.self) { try core.openCursor("sink", start: .saved) }
    #expect(core.cursorStatus().isEmpty)
    fs.script = { _, _ in nil }
    try core.openCursor("sink", start: .saved)
    core.closeCursor("sink")
    fs.script = { _, call in call.isSyncOfCursors ? .fail(EIO) : nil }
    #expect(throws: StoreError.self) { try core.openCursor("sink", start: .newest) }
    fs.script = { _, _ in nil }
    try core.openCursor("sink", start: .saved)
  }

  @Test("a closed store writes nothing any more, whatever is still called")
  func silentAfterClose() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(
      fileSystem: fs, options: StoreOptions(capacity: .mebibytes(1), cursorSaveInterval: .zero))
    try core.openCursor("sink", start: .saved)
    try append(10, to: core)
    try core.close()
    let calls = fs.calls
    #expect(!core.acknowledge("sink", nil, through: 5))
    #expect(throws: StoreError.self) { try core.saveCursorsNow() }
    #expect(throws: StoreError.self) { try core.rewind("sink", to: .oldest) }
    #expect(throws: StoreError.self) { try core.removeCursor("sink") }
    #expect(throws: StoreError.self) { try core.resize(to: .mebibytes(4)) }
    try core.saveCursorsIfDue()
    _ = core.tick()
    try core.close()
    #expect(throws: StoreError.self) { try read(core) }
    #expect(fs.calls == calls)
  }

  @Test("a reader in the middle of a segment when the store closes gets an error, not a gap")
  func closedWhileReading() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small())
    try append(50, to: core)
    fs.script = { _, call in
      guard call.reads("seg-0000"), !core.isClosed else { return nil }
      do { try core.close() } catch { Issue.record(error) }
      // The next owner of the directory uses the segment again.
      let disk = fs.base.disk.damaging("seg-0000") { $0 = [UInt8](repeating: 7, count: $0.count) }
      fs.base.disk = disk
      return nil
    }
    let error = #expect(throws: StoreError.self) { try read(core) }
    #expect(error?.code == .closed)
  }

  @Test("closing waits for a file that the background is making")
  func closeDuringPreparation() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small())
    try append(1, to: core)
    let closed = Flag()
    var isStarted = false
    fs.script = { _, call in
      guard case .create("seg-0001") = call, !isStarted else { return nil }
      isStarted = true
      WorkThread.startOrRun {
        do { try core.close() } catch { Issue.record(error) }
        closed.raise()
      }
      while !core.lock.locked({ core.isClosing }) { sched_yield() }
      for _ in 0..<100 { sched_yield() }
      #expect(!closed.isRaised)
      return nil
    }
    _ = core.tick()
    closed.wait()
    #expect(isStarted)
  }

  @Test("a cursor that is removed while the store closes: the ledger is left to the next owner")
  func closeDuringRemoval() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 3))
    try core.openCursor("slow", start: .saved)
    core.closeCursor("slow")
    // The ledger has counts of it.
    while core.evictedThrough == 0 { try append(50, to: core) }
    #expect(core.ledger.evicted["slow"] != nil)
    let closed = Flag()
    var isStarted = false
    var lateWrites = 0
    fs.script = { _, call in
      if case .write(let name, _, _) = call, name.hasPrefix("ledger"),
        core.lock.locked({ core.isClosed })
      {
        lateWrites += 1
      }
      guard call.isSyncOfCursors, !isStarted else { return nil }
      isStarted = true
      WorkThread.startOrRun {
        do { try core.close() } catch { Issue.record(error) }
        closed.raise()
      }
      while !core.lock.locked({ core.isClosed }) { sched_yield() }
      return nil
    }
    try core.removeCursor("slow")
    closed.wait()
    #expect(isStarted && lateWrites == 0)
    // Whoever opens it next clears up.
    let next = try Core(
      fileSystem: Disk(SimulatedFileSystem(fs.base.disk)), options: .small(segments: 3))
    #expect(next.cursorStatus().isEmpty)
    try next.openCursor("slow", start: .saved)
    #expect(next.cursorStatus().first?.evicted == 0)
  }

  @Test("what frees a segment is durable before it is used again, though another thread saves it")
  func recycleWaitsForSave() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try Core(fileSystem: fs, options: .small(segments: 3, overflow: .rejectNewest))
    try core.openCursor("sink", start: .saved)
    try fill(core, segments: 3)
    while core.window.end < (64 << 10) - 4096 - 3000 { try append(10, to: core) }
    core.acknowledge("sink", nil, through: core.segments[0].lastSequence)
    let appended = Flag()
    let begun = Flag()
    let saved = Flag()
    fs.script = { _, call in
      if case .write("seg-0000", 0, 512) = call {
        #expect(saved.isRaised || !begun.isRaised)
      }
      guard call.isSyncOfCursors, !begun.isRaised else { return nil }
      begun.raise()
      WorkThread.startOrRun {
        do { try append(50, to: core) } catch { Issue.record(error) }
        appended.raise()
      }
      while !core.lock.locked({ core.isCommitting }) { sched_yield() }
      for _ in 0..<1000 { sched_yield() }
      saved.raise()
      return nil
    }
    try core.saveCursorsNow()
    appended.wait()
    #expect(core.evictedThrough > 0)
  }

  @Test("under an interval, a writer that waits for space still syncs in time")
  func blockedWriterSyncs() async throws {
    let scratch = Scratch()
    let store = try await RingStore(
      directory: scratch.path,
      options: .small(segments: 2, sync: .interval(.milliseconds(20)), overflow: .block))
    let cursor = try await store.cursor("sink")
    let writer = Task {
      for _ in 0..<60 {
        let records = try batch(from: store.nextSequence, count: 20)
        try await store.append(records)
      }
    }
    // The consumer wants everything that was written before it acknowledges any of it.
    var contents = Contents()
    while contents.numbers.count < 1200 {
      var last: UInt64 = 0
      var before = 0
      repeat {
        before = contents.numbers.count
        try await cursor.next(wait: .milliseconds(200)) { batch in
          contents.add(batch)
          last = batch.lastSequence
        }
      } while contents.numbers.count > before && contents.numbers.count < 1200
      cursor.acknowledge(through: max(last, UInt64(contents.numbers.count)))
    }
    try await writer.value
    #expect(contents.numbers == Array(1...1200) && contents.gaps.isEmpty)
    try await store.close()
  }

  @Test("appends that come while another call syncs are not forgotten")
  func appendDuringSync() async throws {
    let scratch = Scratch()
    let store = try await RingStore(directory: scratch.path, options: .small(sync: .manual))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for _ in 0..<300 { try await store.sync() } }
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<200 {
            var batch = RecordBatch()
            try batch.append([1], time: 0)
            try await store.append(batch)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(store.metrics.appendedRecords == 800)
    try await store.close()
  }
}

extension FaultyFileSystem.Call {
  /// The file bears its first name until it is opened anew.
  fileprivate var isSyncOfCursors: Bool { self == .sync("cursors") || self == .sync("cursors.new") }
}

/// Raised once by one thread, awaited by others.
final class Flag: Sendable {
  private let monitor = Monitor()
  private let changed = Monitor.Condition()
  private let state = State()

  private final class State: @unchecked Sendable {  // guarded by `monitor`
    var isRaised = false
  }

  var isRaised: Bool { monitor.locked { state.isRaised } }

  func raise() {
    monitor.locked {
      state.isRaised = true
      changed.broadcast()
    }
  }

  func wait() { monitor.locked { while !state.isRaised { changed.wait(monitor) } } }
}
