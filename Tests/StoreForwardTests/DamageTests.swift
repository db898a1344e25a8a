import Glibc
import TestSupport
import Testing

@testable import StoreForward

@Suite("Damage costs the record it hits, and nothing is silent")
struct DamageTests {
  static let options = StoreOptions.small(segments: 3)

  /// A store of a few segments with a cursor, closed or left as a kill leaves it.
  static func image(
    count: Int = 400, size: Int = 300, perBatch: Int = 10, closed: Bool = true
  ) throws -> SimulatedDisk {
    let fs = SimulatedFileSystem()
    let core = try StoreCore(fileSystem: fs, options: options)
    try core.openCursor("sink", start: .saved)
    for first in stride(from: 1, through: count, by: perBatch) {
      try core.append(
        try batch(from: UInt64(first), count: perBatch, size: { _ in size }))
    }
    core.acknowledge("sink", nil, through: UInt64(count / 2))
    try core.saveCursorsNow()
    if closed { try core.close() }
    return fs.disk
  }

  struct Finding {
    var present: Set<UInt64> = []
    var gaps: [Gap] = []
    var wrong = 0
    var cursor: UInt64 = 0
    var report = RecoveryReport()
    var next: UInt64 = 0

    var reported: Set<UInt64> {
      Set(gaps.filter { $0.reason != .unused }.flatMap { Array($0.first...$0.last) })
    }
  }

  /// Opens a disk and reads all of it.
  static func read(_ disk: SimulatedDisk, size: Int = 300) throws -> Finding {
    let core = try StoreCore(
      fileSystem: SimulatedFileSystem(disk), options: options)
    var finding = Finding()
    finding.report = core.recovery
    finding.next = core.nextSequence
    finding.cursor = core.cursorStatus().first?.acknowledged ?? 0
    let storage = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 16, maxRecords: .max)
    while true {
      try core.read(into: storage, &request)
      if storage.records.isEmpty, storage.gaps.isEmpty { break }
      for index in storage.records.indices {
        let number = storage.records[index].sequence
        if !finding.present.insert(number).inserted { finding.wrong += 1 }
        if !storage.bytes(at: index).elementsEqual(payload(number, size: size)) {
          finding.wrong += 1
        }
      }
      finding.gaps += storage.gaps
    }
    return finding
  }

  /// Flips a bit in each of the chosen bytes of the first segment's data and gives the greatest number
  /// of records that one flip cost.
  static func worstLoss(flippingEvery step: Int, in range: Range<Int>) throws -> Int {
    let disk = try image(count: 30, size: 20)
    let whole = try read(disk, size: 20).present
    var worst = 0
    for offset in stride(from: range.lowerBound, to: range.upperBound, by: step) {
      for bit in 0..<8 {
        let damaged = disk.damaging("seg-0000") { $0[Layout.dataStart + offset] ^= 1 << bit }
        let finding = try read(damaged, size: 20)
        worst = max(worst, whole.subtracting(finding.present).count)
      }
    }
    return worst
  }

  /// Loses the newest segment, appends, and counts numbers that name two records.
  static func reusedNumbers() throws -> Int {
    var disk = try image()
    disk.names["seg-0001"] = nil
    disk.names["seg-0002"] = nil
    let before: UInt64 = 400
    let core = try StoreCore(fileSystem: SimulatedFileSystem(disk), options: options)
    var batch = RecordBatch()
    try batch.append([1], time: 0)
    let receipt = try core.append(batch)
    return receipt.firstSequence <= before ? 1 : 0
  }

  @Test("a flipped bit costs at most the record it hits", arguments: [true, false])
  func flips(closed: Bool) throws {
    let disk = try Self.image(count: 400, closed: closed)
    let whole = try Self.read(disk)
    #expect(whole.present.count == 400)
    var generator = SeededGenerator(seed: 7)
    for name in disk.names.keys.sorted() {
      guard let id = disk.names[name], let size = disk.files[id]?.cached.count else { continue }
      // Each byte in turn would take minutes in a debug build; the phase is random.
      let step = Soak.isOn ? 1 : max(1, size / (isCI ? 120 : 25))
      for offset in stride(from: Int.random(in: 0..<step, using: &generator), to: size, by: step) {
        let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
        let finding = try Self.read(disk.damaging(name) { $0[offset] ^= bit })
        let lost = whole.present.subtracting(finding.present)
        #expect(lost.count <= 1, "\(name) at \(offset)")
        #expect(lost.isSubset(of: finding.reported), "\(name) at \(offset)")
        #expect(finding.wrong == 0, "\(name) at \(offset)")
        #expect(finding.next > 400)
        #expect(finding.cursor == 200, "\(name) at \(offset)")
      }
    }
  }

  @Test("a file cut anywhere opens, and everything before the cut is there")
  func truncation() throws {
    let disk = try Self.image()
    let whole = try Self.read(disk)
    for name in disk.names.keys.sorted() {
      guard let id = disk.names[name], let size = disk.files[id]?.cached.count else { continue }
      for length in stride(from: 0, to: size, by: Soak.isOn ? 1 : max(1, size / 20) | 1) {
        let finding = try Self.read(disk.damaging(name) { $0.removeLast($0.count - length) })
        let lost = whole.present.subtracting(finding.present)
        #expect(lost.isSubset(of: finding.reported), "\(name) cut at \(length)")
        #expect(finding.wrong == 0, "\(name) cut at \(length)")
        #expect(finding.next > 400, "\(name) cut at \(length)")
        if name.hasPrefix("seg-") {
          // 300-byte records with a header of 24 and padding, and one group header for ten.
          let perRecord = 328.0 + 6.4
          let kept = max(0, Double(length - Layout.dataStart) / perRecord - 12)
          let inSegment = Double(lost.count)
          #expect(inSegment + kept <= 192, "\(name) cut at \(length)")
        } else {
          #expect(lost.isEmpty)
        }
      }
    }
  }

  @Test("sectors cleared, doubled or exchanged give gaps, never wrong bytes")
  func sectors() throws {
    let disk = try Self.image()
    let whole = try Self.read(disk)
    var generator = SeededGenerator(seed: 11)
    for round in 0..<Soak.cases(30, full: 2000) {
      for size in [512, 4096] {
        let name = disk.names.keys.sorted().randomElement(using: &generator) ?? ""
        guard let id = disk.names[name], let bytes = disk.files[id]?.cached, bytes.count > size
        else { continue }
        let from = Int.random(in: 0..<(bytes.count / size), using: &generator) * size
        let to = Int.random(in: 0..<(bytes.count / size), using: &generator) * size
        let damaged = disk.damaging(name) { file in
          switch round % 3 {
          case 0: for index in from..<(from + size) { file[index] = 0 }
          case 1: file.replaceSubrange(to..<(to + size), with: bytes[from..<(from + size)])
          default:
            file.replaceSubrange(to..<(to + size), with: bytes[from..<(from + size)])
            file.replaceSubrange(from..<(from + size), with: bytes[to..<(to + size)])
          }
        }
        let finding = try Self.read(damaged)
        let lost = whole.present.subtracting(finding.present)
        #expect(finding.wrong == 0, "\(name) \(from) \(to) \(size)")
        #expect(lost.isSubset(of: finding.reported), "\(name) \(from) \(to) \(size)")
        #expect(lost.count <= 2 * (size / 328 + 2), "\(name) \(from) \(to) \(size)")
        #expect(finding.next > 400)
      }
    }
  }

  @Test("a segment that is missing, foreign or from an earlier lap is a gap")
  func wrongSegments() throws {
    let disk = try Self.image()
    let whole = try Self.read(disk).present
    var other = SimulatedDisk()
    other.time = 77
    let fs = SimulatedFileSystem(other)
    let core = try StoreCore(fileSystem: fs, options: Self.options)
    try core.append(try batch(from: 1, count: 100, size: { _ in 300 }))
    try core.close()
    let foreign = fs.disk.files[fs.disk.names["seg-0000"] ?? 0]?.cached ?? []
    for name in ["seg-0000", "seg-0001", "seg-0002"] {
      var missing = disk
      missing.names[name] = nil
      for damaged in [
        missing, disk.damaging(name) { $0 = foreign }, disk.damaging(name) { $0 = [] },
        disk.damaging(name) { $0 = [UInt8](repeating: 0xFF, count: $0.count) },
      ] {
        guard disk.names[name] != nil else { continue }
        let finding = try Self.read(damaged)
        #expect(finding.wrong == 0)
        #expect(whole.subtracting(finding.present).isSubset(of: finding.reported))
        #expect(finding.next > 400)
        #expect(finding.present.count >= 400 - 192 || name == "seg-0000")
      }
    }
    // The first lap's segment comes back over the third's.
    let running = SimulatedFileSystem()
    let ring = try StoreCore(fileSystem: running, options: Self.options)
    var copies: [[UInt8]] = []
    for first in stride(from: 1, through: 1200, by: 10) {
      try ring.append(try batch(from: UInt64(first), count: 10, size: { _ in 300 }))
      if let id = running.disk.names["seg-0001"], let bytes = running.disk.files[id]?.cached {
        copies.append(bytes)
      }
    }
    try ring.close()
    let old = try #require(copies.first { $0.count == 64 << 10 })
    let before = try Self.read(running.disk)
    let finding = try Self.read(running.disk.damaging("seg-0001") { $0 = old })
    #expect(finding.wrong == 0)
    #expect(before.present.subtracting(finding.present).isSubset(of: finding.reported))
    #expect(finding.present.isSubset(of: before.present))
  }

  @Test(
    "a newest segment that is lost is missed, though the store was killed and nobody had a cursor",
    arguments: [1, 2, 40])
  func newestSegment(batches: Int) throws {
    let fs = SimulatedFileSystem()
    let core = try StoreCore(fileSystem: fs, options: Self.options)
    var earlier: [[UInt8]] = []
    for _ in 0..<batches {
      try core.append(try batch(from: core.nextSequence, count: 30, size: { _ in 300 }))
      if let id = fs.disk.names["seg-0001"], let bytes = fs.disk.files[id]?.cached {
        earlier.append(bytes)
      }
    }
    let last = UInt64(batches * 30)
    let newest = try #require(core.segments.last)
    let name = Layout.segmentName(slot: newest.slot)
    let whole = try Self.read(fs.disk)
    #expect(whole.present.max() == last && !whole.report.isNewestMissing)
    var missing = fs.disk
    missing.names[name] = nil
    var wrecks = [
      missing, fs.disk.damaging(name) { $0 = [] },
      fs.disk.damaging(name) { bytes in for index in bytes.indices { bytes[index] = 0 } },
    ]
    // An earlier lap of it.
    if newest.slot == 1, batches == 40, let old = earlier.first {
      wrecks.append(fs.disk.damaging(name) { $0 = old })
    }
    for disk in wrecks {
      let finding = try Self.read(disk)
      let lost = whole.present.subtracting(finding.present)
      #expect(finding.wrong == 0 && finding.next > last && finding.report.isNewestMissing)
      #expect(lost.isSubset(of: finding.reported))
      #expect(lost.allSatisfy { $0 >= newest.baseSequence })
      // Once is enough; and what comes is another segment than the lost one.
      let second = SimulatedFileSystem(disk)
      try StoreCore(fileSystem: second, options: Self.options).close()
      let again = try StoreCore(
        fileSystem: SimulatedFileSystem(second.disk.killed()), options: Self.options)
      #expect(!again.recovery.isNewestMissing && again.nextSequence == finding.next)
      try again.append(try batch(from: again.nextSequence, count: 1))
      #expect(again.segments.last?.generation ?? 0 > newest.generation)
    }
  }

  @Test("what stands behind the end never comes to life: noise, zeros, old records, doubled ones")
  func garbageTail() throws {
    // The newest segment had records to its end in the lap before.
    let fs = SimulatedFileSystem()
    let core = try StoreCore(fileSystem: fs, options: Self.options)
    var earlier: [String: [UInt8]] = [:]
    while core.segments.last?.generation ?? 0 < 6 || core.window.start < 20_000 {
      for (name, id) in fs.disk.names where core.segments.last?.generation ?? 0 < 4 {
        earlier[name] = fs.disk.files[id]?.cached
      }
      try core.append(try batch(from: core.nextSequence, count: 7, size: { _ in 300 }))
    }
    let (name, tail) = (
      Layout.segmentName(slot: try #require(core.segments.last).slot), core.window.start
    )
    let areaEnd = Layout.dataEnd(segmentSize: core.segmentSize)
    let whole = try Self.read(fs.disk)
    #expect(whole.present.max() == core.nextSequence - 1)
    let old = try #require(earlier[name])
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    var generator = SeededGenerator(seed: seed)
    for round in 0..<Soak.cases(isCI ? 200 : 40, full: 3000) {
      let count = Int.random(in: 0...(areaEnd - tail) / 8, using: &generator) * 8
      let from = Int.random(in: 0...(tail - Layout.dataStart) / 8, using: &generator) * 8
      let beyond = Int.random(in: 0...65_536, using: &generator)
      let disk = fs.disk.damaging(name) { bytes in
        let start = Layout.dataStart + from
        switch round % 5 {
        case 0:
          for at in tail..<(tail + count) { bytes[at] = .random(in: 0...255, using: &generator) }
        case 1: for at in tail..<(tail + count) { bytes[at] = 0 }
        // The lap before, where it stood.
        case 2: for at in tail..<(tail + count) { bytes[at] = old[at] }
        // This lap's, in another place.
        case 3:
          let moved = bytes[start..<tail].prefix(count)
          bytes.replaceSubrange(tail..<(tail + moved.count), with: moved)
        // Behind the end of the file.
        default: bytes += bytes[..<min(beyond, bytes.count)]
        }
      }
      let finding = try Self.read(disk)
      #expect(finding.present == whole.present, "seed \(seed), round \(round)")
      #expect(finding.wrong == 0, "seed \(seed), round \(round)")
      #expect(finding.gaps == whole.gaps, "seed \(seed), round \(round)")
    }
  }

  @Test("an older copy of the cursor file is put back: records come again, none is skipped")
  func olderCursors() throws {
    let fs = SimulatedFileSystem()
    let core = try StoreCore(fileSystem: fs, options: Self.options)
    try core.openCursor("sink", start: .saved)
    var copies: [(bytes: [UInt8], acknowledged: UInt64)] = []
    for _ in 0..<60 {
      try core.append(try batch(from: core.nextSequence, count: 10, size: { _ in 300 }))
      core.acknowledge("sink", nil, through: core.nextSequence - 5)
      try core.saveCursorsNow()
      let bytes = fs.disk.names["cursors"].flatMap { fs.disk.files[$0]?.cached } ?? []
      copies.append((bytes, core.nextSequence - 5))
    }
    let whole = try Self.read(fs.disk)
    for (bytes, acknowledged) in copies {
      let finding = try Self.read(fs.disk.damaging("cursors") { $0 = bytes })
      #expect(finding.present == whole.present && finding.wrong == 0)
      #expect(finding.cursor == acknowledged && finding.next == core.nextSequence)
    }
  }

  @Test(
    "the state that tells of the last opening is lost: what was appended since the close before it is there"
  )
  func closedStateIsOlder() throws {
    let fs = SimulatedFileSystem()
    let first = try StoreCore(fileSystem: fs, options: Self.options)
    try first.append(try batch(from: 1, count: 3))
    try first.close()
    let closed = fs.disk.names["cursors"].flatMap { fs.disk.files[$0]?.cached } ?? []
    let second = try StoreCore(fileSystem: fs, options: Self.options)
    try second.append(try batch(from: 4, count: 20))
    let area = closed.count / 4
    // Both copies of the newer state are in one half of the file.
    let wrecks: [(inout [UInt8]) -> Void] = [
      { $0 = closed },
      { bytes in for index in 0..<(2 * area) { bytes[index] = 0 } },
      { bytes in for index in (2 * area)..<bytes.count { bytes[index] = 0 } },
    ]
    for wreck in wrecks {
      let disk = fs.disk.damaging("cursors", wreck)
      let finding = try Self.read(disk)
      #expect(finding.present == Set(1...23) && finding.next > 23)
      #expect(!finding.report.wasClean && finding.report.damaged.isEmpty)
      // Nor does a power cut at any point of that opening make the older state the only one.
      let other = SimulatedFileSystem(disk)
      var snapshots: [SimulatedDisk] = []
      other.afterChange = { [unowned other] in snapshots.append(other.disk) }
      _ = try StoreCore(fileSystem: other, options: Self.options)
      for snapshot in snapshots {
        for choice in [CrashChoice(.nothing), CrashChoice(.everything)] {
          let finding = try Self.read(snapshot.crashed(choice))
          #expect(finding.present == Set(1...23) && finding.next > 23)
        }
      }
    }
  }

  @Test("whatever is in the files, opening and reading end without a trap and with a gap")
  func fuzz() throws {
    let disk = try Self.image()
    let whole = try Self.read(disk).present
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    var generator = SeededGenerator(seed: seed)
    for round in 0..<Soak.cases(60, full: 100_000) {
      var damaged = disk
      for _ in 0..<Int.random(in: 1...12, using: &generator) {
        let name = disk.names.keys.sorted().randomElement(using: &generator) ?? ""
        damaged = damaged.damaging(name) { bytes in
          guard !bytes.isEmpty else { return }
          let start = Int.random(in: 0..<bytes.count, using: &generator)
          let count = min(bytes.count - start, Int.random(in: 1...200, using: &generator))
          for index in start..<(start + count) {
            bytes[index] = UInt8.random(in: 0...255, using: &generator)
          }
          if Int.random(in: 0..<20, using: &generator) == 0 { bytes.removeLast(bytes.count / 3) }
        }
      }
      let finding = try Self.read(damaged)
      #expect(finding.wrong == 0, "seed \(seed), round \(round)")
      #expect(
        whole.subtracting(finding.present).isSubset(of: finding.reported)
          || finding.next <= 400, "seed \(seed), round \(round)")
    }
  }

  @Test("an exported stream comes back whole, and a damaged one is refused")
  func stream() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small())
    var batch = RecordBatch()
    for number in UInt64(1)...50 {
      try batch.append(
        payload(number, size: Int(number) * 7), time: Int64(number),
        labels: number % 2 == 0 ? [LabelCount(label: 3, count: number)] : [])
    }
    try store.append(batch)
    var writer = RecordStreamWriter()
    let reader = try store.reader()
    while try reader.next({ writer.append($0) }) != nil {}
    writer.finish()
    let bytes = writer.bytes
    for piece in [1, 13, 4096, bytes.count] {
      var input = RecordStreamReader()
      var copy = RecordBatch()
      for start in stride(from: 0, to: bytes.count, by: piece) {
        try input.read(bytes[start..<min(start + piece, bytes.count)], into: &copy)
      }
      #expect(input.isFinished && input.count == 50)
      #expect(copy.encoded.elementsEqual(batch.encoded))
    }
    for index in stride(from: 0, to: bytes.count, by: 37) {
      var damaged = bytes
      damaged[index] ^= 0x10
      var input = RecordStreamReader()
      var copy = RecordBatch()
      // The number of a record is carried for information only, but its checksum covers it.
      let error = #expect(throws: StoreError.self) {
        try input.read(damaged, into: &copy)
        if !input.isFinished { throw StoreError(.invalidStream, "cut off") }
      }
      #expect(error?.code == .invalidStream)
    }
  }

  @Test("both cursor slots gone: all sinks begin at the oldest record and the report says so")
  func cursorsLost() throws {
    let disk = try Self.image()
    for wreck: (inout [UInt8]) -> Void in [
      { $0 = [] }, { bytes in for index in bytes.indices { bytes[index] = 0 } },
    ] {
      let finding = try Self.read(disk.damaging("cursors", wreck))
      #expect(finding.report.cursorsLost)
      #expect(finding.present.count == 400)
      #expect(finding.next > 400)
    }
  }
}

extension SimulatedDisk {
  /// The disk with one file's bytes changed.
  func damaging(_ name: String, _ change: (inout [UInt8]) -> Void) -> SimulatedDisk {
    var disk = self
    guard let id = disk.names[name] else { return disk }
    var bytes = disk.files[id]?.cached ?? []
    change(&bytes)
    disk.files[id] = File(durable: bytes, cached: bytes)
    return disk
  }
}
