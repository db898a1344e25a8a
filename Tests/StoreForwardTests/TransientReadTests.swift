import Glibc
import TestSupport
import Testing

@testable import StoreForward

/// What can't be read at an opening may be read at the next one: nothing is overwritten, no number comes back, and what was feared lost
/// and is not is no loss. What stays unreadable stays a loss.
@Suite("What the disk does not give for a while")
struct TransientReadTests {
  private typealias Disk = FaultyFileSystem<SimulatedFileSystem>

  private func story(_ core: StoreCore<Disk>) throws -> (records: [UInt64], gaps: [Gap]) {
    let storage = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 16, maxRecords: .max)
    var numbers: [UInt64] = []
    var gaps: [Gap] = []
    while true {
      try core.read(into: storage, &request)
      if storage.records.isEmpty, storage.gaps.isEmpty { return (numbers, gaps) }
      numbers += storage.records.map(\.sequence)
      gaps += storage.gaps
    }
  }

  /// Reads of some files fail, from some byte on.
  private func fail(_ fs: Disk, _ names: Set<String>, from place: Int = 0) {
    fs.script = { _, call in
      guard case .read(let name, let offset, let count) = call, names.contains(name),
        offset + count > place
      else {
        return nil
      }
      return .fail(EIO)
    }
  }

  private static let newest = "seg-0002"

  /// What can't be read, and from which byte on: a whole segment, the newest one, its second half, one of its ends.
  static let cases: [(names: Set<String>, place: Int)] = [
    (["seg-0000"], 0), (["seg-0001"], 0), ([newest], 0), ([newest], 8192), ([newest], 65024),
    (["seg-0000", "seg-0001", newest], 0),
  ]

  @Test("is a loss only as long as it does not", arguments: cases.indices, [false, true])
  func comesBack(number: Int, restarts: Bool) throws {
    let (names, place) = Self.cases[number]
    let fs = Disk(SimulatedFileSystem())
    let options = StoreOptions.small(segments: 16)
    var last: UInt64 = 0
    do {
      let core = try StoreCore(fileSystem: fs, options: options)
      while core.segments.count < 3 || last % 100 < 50 {
        last = try core.append(try batch(from: last + 1, count: 10)).lastSequence
      }
    }
    var stored = Set(1...last)
    for _ in 0..<3 {
      fail(fs, names, from: place)
      let core = try StoreCore(fileSystem: fs, options: options)
      if restarts { fs.script = { _, _ in nil } }
      let receipt = try core.append(try batch(from: core.nextSequence, count: 10))
      #expect(receipt.firstSequence > (stored.max() ?? 0))
      stored.formUnion(receipt.firstSequence...receipt.lastSequence)
      // Whatever is not given is told as damaged, never as unused.
      let (records, gaps) = try story(core)
      let unused = gaps.filter { $0.reason == .unused }
      #expect(unused.allSatisfy { stored.isDisjoint(with: $0.first...$0.last) })
      let known = gaps.reduce(into: Set(records)) { $0.formUnion($1.first...$1.last) }
      #expect(known.isSuperset(of: stored))
    }
    fs.script = { _, _ in nil }
    let core = try StoreCore(fileSystem: fs, options: options)
    let (records, gaps) = try story(core)
    #expect(records == stored.sorted())
    #expect(gaps.allSatisfy { $0.reason == .unused }, "\(gaps)")
    #expect(core.recovery.damaged.isEmpty, "\(core.recovery.damaged)")
    let receipt = try core.append(try batch(from: core.nextSequence, count: 1))
    #expect(receipt.firstSequence > (stored.max() ?? 0))
  }

  @Test("is a loss for good when it does not come back", arguments: cases.indices)
  func staysAway(number: Int) throws {
    let (names, place) = Self.cases[number]
    let fs = Disk(SimulatedFileSystem())
    let options = StoreOptions.small(segments: 16)
    var last: UInt64 = 0
    do {
      let core = try StoreCore(fileSystem: fs, options: options)
      while core.segments.count < 3 || last % 100 < 50 {
        last = try core.append(try batch(from: last + 1, count: 10)).lastSequence
      }
    }
    fail(fs, names, from: place)
    var stored = Set(1...last)
    for _ in 0..<4 {
      let core = try StoreCore(fileSystem: fs, options: options)
      let (records, gaps) = try story(core)
      let missing = stored.subtracting(records)
      let damaged = gaps.filter { $0.reason == .damaged }
        .reduce(into: Set<UInt64>()) { $0.formUnion($1.first...$1.last) }
      #expect(missing.isSubset(of: damaged), "\(missing.subtracting(damaged).sorted())")
      let receipt = try core.append(try batch(from: core.nextSequence, count: 10))
      stored.formUnion(receipt.firstSequence...receipt.lastSequence)
    }
  }
}
