import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("What the ledger writes it reads again, and believes nothing that is damaged")
struct LedgerFormatTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("names count as saved only when they are on the disk")
  func unsavedNames() throws {
    var state = LedgerState(identity: 1)
    _ = state.number(of: "d/a")
    let books = LedgerBooks(
      state, file: LedgerFile(folder: folder.file("data"), after: nil), tags: TagRegistry())
    #expect(books.hasUnsavedNames)
    // There is no such folder yet.
    #expect(throws: (any Error).self) { try books.save() }
    #expect(books.hasUnsavedNames)
    try FileManager.default.createDirectory(
      atPath: folder.file("data"), withIntermediateDirectories: true)
    try books.save()
    #expect(!books.hasUnsavedNames)
    books.withState { _ = $0.number(of: "d/b") }
    #expect(books.hasUnsavedNames)
    try books.save()
    #expect(!books.hasUnsavedNames)
    let entries = try #require(try LedgerFile.load(folder: folder.file("data"))).entries
    #expect(LedgerState(entries: entries)?.names == ["d/a", "d/b"])
  }

  @Test("accounts of random counts come back, whatever the order of the tags", arguments: 0..<50)
  func accounts(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let tags = Int.random(in: 1...300, using: &random)
    let order = (0..<UInt32(tags)).shuffled(using: &random)
    var fates = SampleFates()
    var stored = TagCounter()
    var expected: [String: UInt64] = [:]
    for _ in 0..<Int.random(in: 0...400, using: &random) {
      let tag = UInt32.random(in: 0..<UInt32(tags), using: &random)
      let fate = SampleFate.allCases.filter { $0 != .stored }.randomElement(using: &random)
      guard let fate else { continue }
      let count = UInt64.random(in: 0...3, using: &random)
      fates.count(fate, tag, count)
      expected["\(fate) \(order[Int(tag)])", default: 0] += count
    }
    for _ in 0..<Int.random(in: 0...400, using: &random) {
      let tag = Int.random(in: 0..<tags, using: &random)
      stored.add(tag)
      expected["stored \(order[tag])", default: 0] += 1
    }
    // Some with the samples, the rest by themselves, in parts.
    var found: [String: UInt64] = [:]
    func read(_ bytes: [UInt8]) {
      let isRead = RecordAccount.read(bytes, below: tags) { fate, run in
        for number in run.first..<(run.first + run.length) {
          found["\(fate) \(number)", default: 0] += run.count
        }
      }
      #expect(isRead)
    }
    var writer = RecordAccount()
    var bytes: [UInt8] = []
    let isAll = Bool.random(using: &random)
    writer.write(stored: &stored, &fates, isAll: isAll, order: order, to: &bytes)
    read(bytes)
    fates.sort(by: order)
    let middle = Int.random(in: 0...tags, using: &random)
    for part in [0..<middle, middle..<tags] {
      bytes = []
      writer.write(fates, numbers: part, order: order, to: &bytes)
      read(bytes)
    }
    #expect(found == expected.filter { $0.value > 0 }, "seed \(seed)")
    // Nothing of it is believed where there are fewer tags, and noise is no trouble.
    for _ in 0..<50 where !bytes.isEmpty {
      var noise = bytes
      noise[Int.random(in: 0..<noise.count, using: &random)] = UInt8.random(
        in: 0...255, using: &random)
      _ = RecordAccount.read(noise, below: tags) { _, run in
        #expect(run.first >= 0 && run.length > 0 && run.first + run.length <= tags)
      }
    }
  }

  @Test("a remark tells its account and those before, and another ledger's is none")
  func remarks() throws {
    let before = [Remark.Told(number: 7, account: [1, 2]), Remark.Told(number: 8, account: [])]
    var bytes: [UInt8] = []
    Remark.write([9, 9, 9], of: 10, before: before, ledger: 5, limit: 1000, to: &bytes)
    let told = try #require(bytes.withUnsafeBytes { Remark.read($0, of: 10, ledger: 5) })
    #expect(told.map(\.number) == [10, 8, 7])
    #expect(told.map(\.account) == [[9, 9, 9], [], [1, 2]])
    #expect(bytes.withUnsafeBytes { Remark.read($0, of: 10, ledger: 6) } == nil)
    for end in bytes.indices {
      _ = bytes[..<end].withUnsafeBytes { Remark.read($0, of: 10, ledger: 5) }
    }
  }

  @Test("places of a sink are a set of numbers", arguments: 0..<20)
  func places(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var places = PlaceSet()
    var model: Set<UInt64> = []
    for _ in 0..<60 {
      let first = UInt64.random(in: 1...200, using: &random)
      let range = first...(first + UInt64.random(in: 0...9, using: &random))
      if UInt8.random(in: 0...9, using: &random) == 0 {
        places.insert(through: first / 4)
        model.formUnion(1...max(1, first / 4))
        if first / 4 == 0 { places.insert(through: 1) }
      } else {
        places.insert(range)
        model.formUnion(range)
      }
      let asked = UInt64.random(in: 1...200, using: &random)
      let numbers = asked...(asked + UInt64.random(in: 0...20, using: &random))
      #expect(places.contains(asked) == model.contains(asked), "seed \(seed)")
      #expect(
        places.missing(in: numbers) == UInt64(numbers.count { !model.contains($0) }), "seed \(seed)"
      )
      #expect(places.intersects(numbers) == numbers.contains { model.contains($0) }, "seed \(seed)")
    }
    var bytes: [UInt8] = []
    places.write(to: &bytes)
    let read = bytes.withUnsafeBytes { bytes in
      var reader = VarintReader(bytes)
      return PlaceSet(&reader)
    }
    #expect(read == places)
  }

  @Test(
    "entries add up to what is saved as a whole, through any flipped bit of the file",
    arguments: 0..<6)
  func file(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var state = LedgerState(identity: 77)
    var file = LedgerFile(folder: folder.path, after: nil)
    try file.begin(with: state.entry(all: true))
    state.didSave()
    for step in 0..<30 {
      for _ in 0..<20 {
        let number = state.number(of: "d/\(Int.random(in: 0..<50, using: &random))")
        state.columns[Int.random(in: 0..<9, using: &random)].add(number, UInt64(step + 1))
      }
      if step == 5 { state.sinks.append(SinkBook(name: "s")) }
      if step > 5 {
        state.sinks[0].columns[step % 8].add(3, 9)
        state.sinks[0].places[1].insert(UInt64(step * 2)...UInt64(step * 2))
      }
      state.lanes[1].through += 1
      if Int.random(in: 0..<10, using: &random) == 0 {
        try file.begin(with: state.entry(all: true))
      } else {
        #expect(try file.append(state.entry(all: false)))
      }
      state.didSave()
    }
    file.close()
    let all = state.entry(all: true)
    func loaded() throws -> [UInt8]? {
      guard let contents = try LedgerFile.load(folder: folder.path) else { return nil }
      var state = LedgerState(entries: contents.entries)
      return state?.entry(all: true)
    }
    #expect(try loaded() == all)
    let path = LedgerFile.path(
      try #require(try LedgerFile.load(folder: folder.path)).file, in: folder.path)
    let whole = try Data(contentsOf: URL(filePath: path))
    let used = try #require(whole[..<(whole.count / 2)].lastIndex { $0 != 0 })
    for _ in 0..<60 {
      var bytes = whole
      let place =
        Int.random(in: 0...used, using: &random)
        + (Bool.random(using: &random) ? whole.count / 2 : 0)
      // The version alone says that a file is not ours to read.
      if (8..<12).contains(place % (whole.count / 2)) { continue }
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try bytes.write(to: URL(filePath: path))
      #expect(try loaded() == all, "seed \(seed), byte \(place)")
    }
    // A copy that is damaged is told; one of the last entry was being written when the power went, as any cut through it shows.
    let entries = try #require(try LedgerFile.load(folder: folder.path)).entries
    let end = 64 + entries.reduce(0) { $0 + 24 + $1.count }
    let last = end - 24 - entries[entries.count - 1].count
    for start in [0, whole.count / 2] {
      for (place, isDamage) in [(64 + 30, entries.count > 1), (last + 30, false)] {
        var bytes = whole
        bytes[start + place] ^= 1
        try bytes.write(to: URL(filePath: path))
        #expect(try LedgerFile.load(folder: folder.path)?.isRepaired == isDamage, "seed \(seed)")
      }
      for cut in stride(from: last, to: end, by: max(1, (end - last) / 3)) {
        var bytes = whole
        bytes[(start + cut)..<(start + end)] = Data(count: end - cut)
        try bytes.write(to: URL(filePath: path))
        let contents = try #require(try LedgerFile.load(folder: folder.path))
        #expect(contents.entries == entries && !contents.isRepaired, "seed \(seed), cut \(cut)")
      }
    }
    // Cut at any place it is an earlier state, or the other file's, and never a trap.
    for _ in 0..<40 {
      try whole[..<Int.random(in: 0...whole.count, using: &random)].write(to: URL(filePath: path))
      _ = try? loaded()
    }
    var newer = whole
    newer[8] = 2
    newer[whole.count / 2 + 8] = 2
    try newer.write(to: URL(filePath: path))
    #expect(throws: LedgerFile.Unusable.self) { try LedgerFile.load(folder: folder.path) }
  }

  @Test("an account on its way out is counted for those who had it not, once")
  func eviction() {
    var state = LedgerState(identity: 1)
    _ = state.number(of: "d/a")
    state.sinks = [SinkBook(name: "has"), SinkBook(name: "has not")]
    state.sinks[0].places[1].insert(through: 5)
    var stored = TagCounter()
    stored.add(0, 4)
    var account: [UInt8] = []
    var writer = RecordAccount()
    writer.write(storedOnly: &stored, to: &account)
    for _ in 0..<2 {
      for number in UInt64(5)...6 {
        state.evict(
          RecordContent(numbers: number...number, account: account, isIntact: number == 5),
          in: .telemetry)
      }
    }
    let evicted = state.sinks.map { $0.columns[SinkOutcome.evicted.rawValue][0] }
    let damaged = state.sinks.map { $0.columns[SinkOutcome.damaged.rawValue][0] }
    #expect(evicted == [0, 4] && damaged == [4, 4])
  }
}
