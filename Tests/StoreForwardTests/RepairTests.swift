import Glibc
import TestSupport
import Testing

@testable import StoreForward

@Suite("What opening repairs, and what resizing and failing disks leave")
struct RepairTests {
  private typealias Disk = FaultyFileSystem<SimulatedFileSystem>

  private func read(_ disk: SimulatedDisk, _ options: StoreOptions) throws -> Contents {
    let core = try StoreCore(fileSystem: SimulatedFileSystem(disk), options: options)
    return try contents(core)
  }

  private func contents<FS: StoreFileSystem>(_ core: StoreCore<FS>) throws -> Contents {
    let storage = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 20, maxRecords: .max)
    var contents = Contents()
    while true {
      try core.read(into: storage, &request)
      if storage.records.isEmpty, storage.gaps.isEmpty { return contents }
      contents.add(StoredBatch(storage))
    }
  }

  private func filled(
    _ fs: SimulatedFileSystem, _ options: StoreOptions, batches: Int
  ) throws -> StoreCore<SimulatedFileSystem> {
    let core = try StoreCore(fileSystem: fs, options: options)
    for _ in 0..<batches { try core.append(try batch(from: core.nextSequence, count: 50)) }
    return core
  }

  @Test("headers that were damaged, one or both, stand there again after opening")
  func headers() throws {
    let fs = SimulatedFileSystem()
    try filled(fs, .small(segments: 4), batches: 20).close()
    for name in ["seg-0000", "seg-0001", "seg-0002"] {
      for copies in [[0], [(64 << 10) - 512], [0, (64 << 10) - 512]] {
        let damaged = fs.disk.damaging(name) { bytes in
          for offset in copies { for place in 0..<512 { bytes[offset + place] ^= 0x5A } }
        }
        let opened = SimulatedFileSystem(damaged)
        let core = try StoreCore(fileSystem: opened, options: .small(segments: 4))
        #expect(core.recovery.rebuiltHeaders == (copies.count == 2 ? 1 : 0))
        #expect(core.recovery.repairedHeaderCopies == (copies.count == 1 ? 1 : 0))
        #expect(try contents(core).numbers == Array(1...1000))
        // What was written back is durable and right.
        let after = SimulatedFileSystem(opened.disk.crashed(CrashChoice(.nothing)))
        let again = try StoreCore(fileSystem: after, options: .small(segments: 4))
        #expect(again.recovery.rebuiltHeaders == 0 && again.recovery.repairedHeaderCopies == 0)
        #expect(try contents(again).numbers == Array(1...1000))
        #expect(again.segments.map(\.generation) == core.segments.map(\.generation))
      }
    }
  }

  @Test("with both headers and the first group gone, all other records are found")
  func headersAndFirstGroup() throws {
    let fs = SimulatedFileSystem()
    try filled(fs, .small(segments: 4), batches: 20).close()
    let damaged = fs.disk.damaging("seg-0001") { bytes in
      for place in 0..<512 {
        bytes[place] = 0
        bytes[(64 << 10) - 512 + place] = 0
      }
      bytes[4096] ^= 1
    }
    let found = try read(damaged, .small(segments: 4))
    #expect(found.numbers == Array(1...1000) && found.gaps.isEmpty)
  }

  @Test("a bad sector in the newest segment costs its records; numbers and later records are safe")
  func unreadableTail() throws {
    let base = SimulatedFileSystem()
    _ = try filled(base, .small(segments: 4), batches: 10)
    let fs = FaultyFileSystem(base)
    // The disk does not give the newest segment for now; then it does again.
    fs.script = { _, call in call.reads("seg-0001") ? .fail(EIO) : nil }
    let core = try StoreCore(fileSystem: fs, options: .small(segments: 4))
    #expect(core.recovery.unreadableSegments == ["seg-0001"])
    let receipt = try core.append(try batch(from: core.nextSequence, count: 50))
    #expect(receipt.firstSequence > 500)
    let seen = try contents(core)
    #expect(seen.numbers.starts(with: 1...350))
    #expect(seen.covers(through: receipt.lastSequence))
    fs.script = { _, _ in nil }
    let again = try StoreCore(fileSystem: fs, options: .small(segments: 4))
    let found = try contents(again)
    #expect(found.numbers == Array(1...500) + Array(receipt.firstSequence...receipt.lastSequence))
    #expect(found.gaps.allSatisfy { $0.first > 500 })
  }

  @Test("a footer tells the truth after a write or a sync has failed", arguments: [ENOSPC, EIO])
  func footers(number: Int32) throws {
    let base = SimulatedFileSystem()
    let fs = FaultyFileSystem(base)
    let core = try StoreCore(fileSystem: fs, options: .small(segments: 8))
    var last: UInt64 = 0
    for round in 0..<30 {
      if round % 4 == 2 {
        var isFirst = true
        fs.script = { _, call in
          guard case .write(let name, let offset, _) = call, name.hasPrefix("seg-"),
            offset >= Layout.dataStart, isFirst
          else { return nil }
          isFirst = false
          return .fail(number)
        }
      }
      if let receipt = try? core.append(
        try batch(from: core.nextSequence, count: 50, time: { Int64($0) * 10 }))
      {
        last = receipt.lastSequence
      }
      fs.script = { _, _ in nil }
    }
    #expect(core.segments.count > 3)
    for segment in core.segments.dropLast() {
      let file = try core.files.file(slot: segment.slot)
      guard let footer = core.footer(of: segment, in: file) else { continue }
      let scan = SegmentScan.run(
        file, seed: segment.seed, generation: segment.generation, base: segment.baseSequence,
        preceding: segment.precedingSequence, from: Layout.dataStart, areaEnd: segment.end)
      #expect(footer.count == scan.count)
      #expect(footer.minTime == scan.minTime && footer.maxTime == scan.maxTime)
      #expect(footer.lastSequence == segment.lastSequence)
    }
    #expect(try core.firstSequence(notBefore: Int64(last) * 10) == last)
  }

  @Test("a time is looked for without reading segments that are wholly older")
  func timeInFooters() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small(segments: 8))
    for _ in 0..<30 { try core.append(try batch(from: core.nextSequence, count: 50)) }
    #expect(core.segments.count > 3)
    var read: [String] = []
    fs.script = { _, call in
      if case .read(let name, Layout.dataStart, _) = call { read.append(name) }
      return nil
    }
    let last = core.durableThrough
    let found = try SegmentScan.first(
      notBefore: Int64(last), in: core.segments, of: core.files, segmentSize: core.segmentSize,
      through: last)
    #expect(found == last)
    // The batch that spans both counts for the footer of the one before, too.
    let newest = core.segments.suffix(2).map { Layout.segmentName(slot: $0.slot) }
    #expect(!read.isEmpty && newest.contains(read), "\(read)")
  }

  @Test("a ring is made smaller: what has to go is accounted for, its files are removed")
  func shrink() throws {
    let fs = SimulatedFileSystem()
    let core = try filled(fs, .small(segments: 8), batches: 60)
    try core.openCursor("sink", start: .saved)
    let files = { fs.disk.names.keys.count { $0.hasPrefix("seg-") } }
    #expect(files() == 8)
    let before = try contents(core)
    try core.resize(to: .bytes(3 * (64 << 10)))
    #expect(files() == 3 && core.slotLimit == 3 && core.segments.count == 3)
    let after = try contents(core)
    #expect(after.covers(through: 3000) && after.wrong.isEmpty)
    #expect(after.gaps.allSatisfy { $0.reason == .evicted })
    let gone = UInt64(before.numbers.count - after.numbers.count)
    #expect(core.cursorStatus().first?.evicted == gone && gone > 1000)
    for _ in 0..<40 { try core.append(try batch(from: core.nextSequence, count: 50)) }
    #expect(files() == 3)
    try core.resize(to: .bytes(5 * (64 << 10)))
    for _ in 0..<40 { try core.append(try batch(from: core.nextSequence, count: 50)) }
    #expect(files() == 5)
    #expect(try contents(core).covers(through: 7000))
    try core.close()
    #expect(try read(fs.disk, .small(segments: 8)).covers(through: 7000))
  }

  @Test("a ring that may not drop refuses to be made smaller until its records were read")
  func shrinkRefused() throws {
    let fs = SimulatedFileSystem()
    let options = StoreOptions.small(segments: 8, overflow: .rejectNewest)
    let core = try StoreCore(fileSystem: fs, options: options)
    try core.openCursor("sink", start: .saved)
    for _ in 0..<40 { try core.append(try batch(from: core.nextSequence, count: 50)) }
    let error = #expect(throws: StoreError.self) { try core.resize(to: .bytes(3 * (64 << 10))) }
    #expect(error?.code == .full)
    #expect(try contents(core).numbers == Array(1...2000))
    core.acknowledge("sink", nil, through: 1900)
    try core.resize(to: .bytes(3 * (64 << 10)))
    let found = try contents(core)
    #expect(found.covers(through: 2000) && found.numbers.last == 2000)
    #expect(core.cursorStatus().first?.evicted == 0)
    let again = try read(fs.disk.crashed(CrashChoice(.nothing)), options)
    #expect(again == found)
  }

  @Test("a crash anywhere while a ring is made smaller leaves a sound store")
  func shrinkCrash() throws {
    let fs = SimulatedFileSystem()
    let core = try filled(fs, .small(segments: 6), batches: 45)
    var snapshots: [SimulatedDisk] = []
    fs.afterChange = { [unowned fs] in snapshots.append(fs.disk) }
    try core.resize(to: .bytes(2 * (64 << 10)))
    #expect(snapshots.count > 8)
    for (index, disk) in snapshots.enumerated() {
      for choice in CrashWorkload.choices(pending: 6, random: 4, seed: UInt64(index)) {
        let opened = SimulatedFileSystem(disk.crashed(choice))
        let again = try StoreCore(fileSystem: opened, options: .small(segments: 6))
        let found = try contents(again)
        #expect(found.covers(through: 2250) && found.wrong.isEmpty, "\(index) \(choice.kind)")
        #expect(found.gaps.allSatisfy { $0.reason == .evicted }, "\(index) \(choice.kind)")
        #expect(again.slotCount <= again.slotLimit)
      }
    }
  }

  @Test("more segments than a process has descriptors are no hindrance")
  func manySegments() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small(segments: 64))
    for _ in 0..<60 { try core.append(try batch(from: core.nextSequence, count: 300)) }
    #expect(core.segments.count > 40)
    #expect(try contents(core).numbers == Array(1...18_000))
    #expect(fs.mostOpenFiles < 32)
    try core.close()
    let reopened = Disk(fs.base)
    let again = try StoreCore(fileSystem: reopened, options: .small(segments: 64))
    #expect(try contents(again).numbers == Array(1...18_000))
    #expect(reopened.mostOpenFiles < 32)
  }

  @Test("counts of what was evicted are exact where numbers were never used")
  func exactCounts() throws {
    let fs = SimulatedFileSystem()
    let first = try filled(fs, .small(segments: 3), batches: 3)
    try first.openCursor("sink", start: .oldest)
    // A power cut: numbers jump.
    let after = SimulatedFileSystem(fs.disk.crashed(CrashChoice(.everything)))
    let core = try StoreCore(fileSystem: after, options: .small(segments: 3))
    #expect(core.nextSequence > 1_000_000)
    try core.append(try batch(from: core.nextSequence, count: 50))
    #expect(core.cursorStatus().first?.backlog == 200)
    var appended: UInt64 = 200
    for _ in 0..<30 {
      try core.append(try batch(from: core.nextSequence, count: 50))
      appended += 50
    }
    let kept = UInt64(try contents(core).numbers.count)
    #expect(core.cursorStatus().first?.evicted == appended - kept)
    #expect(core.cursorStatus().first?.backlog == kept)
    #expect(core.currentMetrics().evictedRecords == appended - kept)
  }
}
