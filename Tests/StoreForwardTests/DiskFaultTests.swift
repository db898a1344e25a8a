import Glibc
import TestSupport
import Testing

@testable import StoreForward

@Suite("A failing disk gives errors, not losses")
struct DiskFaultTests {
  private typealias Disk = FaultyFileSystem<SimulatedFileSystem>

  private func contents(_ core: StoreCore<Disk>) throws -> [UInt64] {
    let storage = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 16, maxRecords: .max)
    var numbers: [UInt64] = []
    while true {
      try core.read(into: storage, &request)
      if storage.records.isEmpty, storage.gaps.isEmpty { return numbers }
      for (index, record) in storage.records.enumerated() {
        numbers.append(record.sequence)
        // A number may have been burnt by a failed append and the payload be that of a later one.
        #expect(storage.bytes(at: index).count == 128)
      }
    }
  }

  @Test("a lack of space is told, and goes when there is space again", arguments: [ENOSPC, EDQUOT])
  func lackOfSpace(number: Int32) throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small(overflow: .rejectNewest))
    try core.openCursor("sink", start: .saved)
    try core.append(try batch(from: 1, count: 10))
    fs.script = { _, call in
      if case .write(let name, _, _) = call, name.hasPrefix("seg-") { return .fail(number) }
      return nil
    }
    for _ in 0..<3 {
      let error = #expect(throws: StoreError.self) {
        try core.append(try batch(from: 11, count: 10))
      }
      #expect(error?.code == .diskFull && error?.isRetriable == true)
    }
    #expect(core.currentMetrics().state == .diskFull)
    #expect(try contents(core) == Array(1...10))
    fs.script = { _, _ in nil }
    let receipt = try core.append(try batch(from: 11, count: 10))
    #expect(receipt.isDurable && receipt.firstSequence > 10)
    #expect(core.currentMetrics().state == .ok)
    let all = Array(1...10) + Array(receipt.firstSequence...receipt.lastSequence)
    #expect(try contents(core) == all)
    fs.base.disk = fs.base.disk.crashed(CrashChoice(.nothing))
    #expect(try contents(try StoreCore(fileSystem: fs, options: .small())) == all)
  }

  @Test("with a full disk, dropping the oldest goes on in the space there is")
  func smallerRing() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small(segments: 16))
    fs.script = { _, call in
      if case .create(let name) = call, name == "seg-0003" { return .fail(ENOSPC) }
      return nil
    }
    var last: UInt64 = 0
    for _ in 0..<60 { last = try core.append(try batch(from: last + 1, count: 50)).lastSequence }
    #expect(core.currentMetrics().earlyEvictions > 0)
    #expect(core.currentMetrics().segments == 3)
    #expect(try contents(core).last == last)
  }

  @Test("on a full disk a half-made file does not stop a ring that drops the oldest")
  func halfMade() throws {
    let base = SimulatedFileSystem()
    let options = StoreOptions.small(segments: 16)
    let first = try StoreCore(fileSystem: base, options: options)
    for _ in 0..<20 { try first.append(try batch(from: first.nextSequence, count: 50)) }
    let name = Layout.segmentName(slot: first.slotCount)
    let file = try base.open(name, create: true)
    try file.fillZeros(from: 0, to: 20_000)
    let fs = Disk(SimulatedFileSystem(base.disk.killed()))
    fs.script = { _, call in
      switch call {
      case .write(name, _, _), .create(_): .fail(ENOSPC)
      default: nil
      }
    }
    let core = try StoreCore(fileSystem: fs, options: options)
    for _ in 0..<40 { try core.append(try batch(from: core.nextSequence, count: 50)) }
    #expect(core.currentMetrics().earlyEvictions > 0 && core.currentMetrics().state == .ok)
    #expect(try contents(core).last == core.nextSequence - 1)
  }

  @Test("no descriptor for a new segment is told, and passes", arguments: [EMFILE, ENFILE])
  func noDescriptor(number: Int32) throws {
    for reserve in [StoreOptions.ReservePolicy.asNeeded, .full] {
      let fs = Disk(SimulatedFileSystem())
      var options = StoreOptions.small(segments: 4)
      options.reserve = reserve
      let core = try StoreCore(fileSystem: fs, options: options)
      var stored: [UInt64] = []
      func append() throws(StoreError) {
        let receipt = try core.append(try batch(from: core.nextSequence, count: 50))
        stored += receipt.firstSequence...receipt.lastSequence
      }
      while core.segments.count < 2 { try append() }
      fs.script = { _, call in
        switch call {
        case .create, .other("open"): .fail(number)
        default: nil
        }
      }
      var told: StoreError?
      for _ in 0..<10 where told == nil {
        do throws(StoreError) { try append() } catch { told = error }
      }
      #expect(told?.code == .inputOutput && told?.errno == number && told?.isRetriable == true)
      let metrics = core.currentMetrics()
      #expect(metrics.state == .ok && metrics.badSegments == 0)
      fs.script = { _, _ in nil }
      try append()
      #expect(Set(try contents(core)).isSuperset(of: stored))
    }
  }

  @Test("any amount of space may be left: told, nothing lost, and it goes on when there is more")
  func spaceSweep() throws {
    for space in stride(from: 0, through: 256 << 10, by: Soak.isOn ? 512 : 13_000) {
      let base = SimulatedFileSystem()
      let fs = Disk(base)
      let options = StoreOptions.small(segments: 4, overflow: .rejectNewest)
      var left: Int? = space
      let grown = { (name: String, offset: Int, count: Int) -> Int in
        let size = base.disk.names[name].flatMap { base.disk.files[$0]?.cached.count } ?? 0
        return max(0, offset + count - size)
      }
      fs.script = { _, call in
        guard case .write(let name, let offset, let count) = call, let space = left else {
          return nil
        }
        let more = grown(name, offset, count)
        guard more > 0 else { return nil }
        // What fits is taken; the next call gets nothing.
        if space == 0 { return .fail(ENOSPC) }
        left = max(0, space - more)
        return more > space ? .shorten(count - (more - space)) : nil
      }
      var stored: Set<UInt64> = []
      // The records of an append that failed may be there in part.
      func check(_ core: StoreCore<Disk>) throws {
        let found = try contents(core)
        #expect(Set(found).isSuperset(of: stored) && found == found.sorted(), "space \(space)")
        #expect(found.allSatisfy { $0 < core.nextSequence }, "space \(space)")
      }
      var core = try? StoreCore(fileSystem: fs, options: options)
      for _ in 0..<40 {
        guard let core else { break }
        do throws(StoreError) {
          let receipt = try core.append(try batch(from: core.nextSequence, count: 20))
          stored.formUnion(receipt.firstSequence...receipt.lastSequence)
        } catch {
          #expect(error.code == .diskFull || error.code == .full, "space \(space): \(error)")
        }
        try check(core)
      }
      left = nil
      if core == nil { core = try StoreCore(fileSystem: fs, options: options) }
      let open = try #require(core)
      let receipt = try open.append(try batch(from: open.nextSequence, count: 1))
      stored.insert(receipt.firstSequence)
      try check(open)
      let after = Disk(SimulatedFileSystem(base.disk.crashed(CrashChoice(.nothing))))
      try check(try StoreCore(fileSystem: after, options: options))
    }
  }

  @Test("short writes are invisible", arguments: [1, 7, 511, 4096])
  func shortWrites(count: Int) throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small())
    fs.script = { _, call in
      if case .write(_, _, let size) = call, size > count, size < 60_000 { return .shorten(count) }
      return nil
    }
    try core.append(try batch(from: 1, count: 20))
    #expect(try contents(core) == Array(1...20))
  }

  @Test("after a failed sync the group goes elsewhere and is durable there")
  func failedSync() throws {
    for failing in 1...6 {
      let fs = Disk(SimulatedFileSystem())
      let core = try StoreCore(fileSystem: fs, options: .small())
      try core.append(try batch(from: 1, count: 10))
      var seen = 0
      fs.script = { _, call in
        guard case .sync(let name) = call, name.hasPrefix("seg-") else { return nil }
        seen += 1
        return seen == failing ? .fail(EIO) : nil
      }
      for round in 0..<6 {
        try core.append(try batch(from: UInt64(11 + round * 10), count: 10))
      }
      #expect(core.currentMetrics().relocatedGroups == 1)
      #expect(try contents(core) == Array(1...70))
      for choice in [CrashChoice(.nothing), CrashChoice(.everything)] {
        let after = Disk(SimulatedFileSystem(fs.base.disk.crashed(choice)))
        #expect(try contents(try StoreCore(fileSystem: after, options: .small())) == Array(1...70))
      }
    }
  }

  @Test("when everything fails the store says so, stays readable and recovers on reopening")
  func readOnly() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small())
    try core.append(try batch(from: 1, count: 10))
    fs.script = { _, call in
      if case .read = call { return nil }
      return .fail(EIO)
    }
    let first = #expect(throws: StoreError.self) {
      try core.append(try batch(from: 11, count: 1))
    }
    #expect(first?.code == .readOnly)
    fs.script = { _, _ in nil }
    let second = #expect(throws: StoreError.self) {
      try core.append(try batch(from: 11, count: 1))
    }
    #expect(second?.code == .readOnly)
    #expect(core.currentMetrics().state == .readOnly)
    #expect(try contents(core) == Array(1...10))
    try core.close()
    let again = try StoreCore(fileSystem: fs, options: .small())
    let receipt = try again.append(try batch(from: 11, count: 1))
    #expect(try contents(again) == Array(1...10) + [receipt.firstSequence])
  }

  @Test("an unreadable sector is a gap of its records", .timeLimit(.minutes(15)))
  func unreadable() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small())
    try core.append(try batch(from: 1, count: 10))
    fs.script = { _, call in call.reads("seg-0000") ? .fail(EIO) : nil }
    let storage = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 16, maxRecords: .max)
    try core.read(into: storage, &request)
    #expect(storage.records.isEmpty)
    #expect(storage.gaps == [Gap(first: 1, last: 10, reason: .damaged)])
  }

  @Test("an error at any call of a life is thrown or harmless, and nothing acknowledged is lost")
  func everyCall() throws {
    func life(_ fs: Disk) -> (acknowledged: [UInt64], errors: Int) {
      var acknowledged: [UInt64] = []
      var errors = 0
      for _ in 0..<2 {
        guard let core = try? StoreCore(fileSystem: fs, options: .small(segments: 3)) else {
          errors += 1
          continue
        }
        do { try core.openCursor("sink", start: .saved) } catch { errors += 1 }
        for _ in 0..<12 {
          do {
            let receipt = try core.append(try batch(from: core.nextSequence, count: 30))
            acknowledged += receipt.firstSequence...receipt.lastSequence
          } catch { errors += 1 }
          core.acknowledge("sink", nil, through: (acknowledged.last ?? 0) / 2)
        }
        do { try core.close() } catch { errors += 1 }
      }
      return (acknowledged, errors)
    }
    let clean = Disk(SimulatedFileSystem())
    #expect(life(clean).errors == 0)
    for call in 1...clean.calls {
      let numbers = [EIO, ENOSPC, EROFS, EMFILE, EACCES, ENOENT]
      for number in isCI || Soak.isOn ? numbers : [EIO, ENOSPC, numbers[2 + call % 4]] {
        let fs = Disk(SimulatedFileSystem())
        fs.script = { index, _ in index == call ? .fail(number) : nil }
        let (acknowledged, _) = life(fs)
        fs.script = { _, _ in nil }
        let after = Disk(SimulatedFileSystem(fs.base.disk.crashed(CrashChoice(.nothing))))
        let core = try StoreCore(fileSystem: after, options: .small(segments: 3))
        let present = Set(try contents(core))
        let lost = acknowledged.filter { !present.contains($0) && $0 > core.evictedThrough }
        #expect(lost.isEmpty, "call \(call), errno \(number)")
        #expect(core.nextSequence > acknowledged.last ?? 0, "call \(call), errno \(number)")
      }
    }
  }
}
