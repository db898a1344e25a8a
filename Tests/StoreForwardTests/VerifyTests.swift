import Foundation
import StoreForward
import TestSupport
import Testing

@Suite("A full check notices every damaged byte")
struct VerifyTests {
  /// A closed store of some segments, one of them full of what was given up, with cursors, labels, losses.
  private func store() throws -> Scratch {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 3))
    let cursor = try store.cursor("sink")
    for round in 0..<36 {
      var batch = RecordBatch()
      for number in store.nextSequence..<(store.nextSequence + 20) {
        // No padding: multiples of eight.
        try batch.append(
          payload(number, size: number % 7 == 0 ? 0 : 400), time: 0,
          labels: number % 5 == 0
            ? [LabelCount(label: 1, count: 2), LabelCount(label: 2, count: 1)] : [])
      }
      try store.append(batch)
      if round == 30 { try cursor.save() }
    }
    try store.close()
    return scratch
  }

  private func verify(_ scratch: Scratch) throws -> (StoreCheck, [StoreFinding]) {
    var findings: [StoreFinding] = []
    let check = try StoreReader(directory: scratch.path).verify { findings.append($0) }
    #expect(check.damagedPlaces == findings.count)
    return (check, findings)
  }

  /// The bytes that a checksum covers, told from docs/storeforward-format.md without the store's code.
  private func covered(_ name: String, _ bytes: [UInt8], tail: Int, newest: UInt64) -> IndexSet {
    func number(_ offset: Int, _ size: Int) -> UInt64 {
      (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
    }
    var covered = IndexSet()
    if name.hasPrefix("seg-") {
      covered.insert(integersIn: 0..<512)
      covered.insert(integersIn: (bytes.count - 512)..<bytes.count)
      let isNewest = number(48, 8) == newest
      let footer = bytes.count - 4096
      if !isNewest { covered.insert(integersIn: footer..<(footer + 72)) }
      let end = isNewest ? tail : Int(number(footer + 32, 8))
      covered.insert(integersIn: 4096..<end)
    } else if name != "LOCK" {
      for area in 0..<4 {
        let start = area * bytes.count / 4
        covered.insert(integersIn: start..<(start + Int(number(start + 8, 4))))
      }
    }
    return covered
  }

  @Test("a flip of any covered byte is found in its file, near it; one elsewhere is not")
  func everyByte() throws {
    let scratch = try store()
    let (whole, none) = try verify(scratch)
    #expect(none.isEmpty && whole.damagedRecords == 0 && whole.records > 200)
    let files = try scratch.names.map { ($0, try scratch.read($0)) }
    #expect(files.count == 6)
    let state = try #require(files.first { $0.0 == "cursors" }?.1)
    // The newest save: after a close its payload says where the groups end.
    let slots = (0..<4).map { $0 * state.count / 4 }
    func word(_ offset: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(state[offset + $1]) << (8 * UInt64($1)) }
    }
    let slot = try #require(slots.max { word($0 + 16) < word($1 + 16) }) + 40
    let (newest, tail) = (word(slot + 48), Int(word(slot + 56)))
    let step = Soak.isOn ? 1 : isCI ? 61 : 211
    let start = Int.random(in: 0..<step)
    var tried = 0
    for (name, bytes) in files {
      let covered = covered(name, bytes, tail: tail, newest: newest)
      let handle = try #require(FileHandle(forUpdatingAtPath: scratch.file(name)))
      for offset in bytes.indices {
        // All of what is not a payload would be too long for every run; of headers some more.
        let isEdge = offset % 4096 < 200 && (offset + start) % (Soak.isOn || isCI ? 7 : 29) == 0
        guard (offset + start) % step == 0 || isEdge else { continue }
        tried += 1
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: [bytes[offset] ^ UInt8(1 << (offset % 8))])
        let (check, findings) = try verify(scratch)
        if covered.contains(offset) {
          let near = findings.contains { $0.file == name && $0.offset <= offset }
          #expect(near, "\(name) at \(offset): \(findings)")
          #expect(check.damagedRecords <= 1, "\(name) at \(offset): \(findings)")
        } else {
          #expect(findings.isEmpty, "\(name) at \(offset): \(findings)")
        }
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: [bytes[offset]])
      }
      try handle.close()
    }
    #expect(tried > 500)
    #expect(try verify(scratch).0 == whole)
  }

  @Test("a finding says where and what it costs")
  func text() throws {
    let scratch = try store()
    let (whole, _) = try verify(scratch)
    let reader = try StoreReader(directory: scratch.path)
    let segment = try #require(try reader.segments().first)
    var bytes = try scratch.read(segment.file)
    bytes[4096 + 64] ^= 1
    try scratch.write(bytes, to: segment.file)
    let (check, findings) = try verify(scratch)
    #expect(check.damagedRecords == 1 && check.records == whole.records - 1)
    #expect(
      findings.map(\.description) == [
        "\(segment.file) at 4160: 424 bytes; record \(segment.firstSequence) is lost"
      ])
    try FileManager.default.removeItem(atPath: scratch.file(segment.file))
    let (without, lost) = try verify(scratch)
    #expect(without.damagedRecords == segment.lastSequence - segment.firstSequence + 1)
    #expect(lost.count == 1)
  }

  @Test("a store that is written to meanwhile is never called damaged")
  func inUse() async throws {
    let scratch = Scratch()
    let store = try await RingStore(directory: scratch.path, options: .small(segments: 3))
    let writer = Task {
      while !Task.isCancelled { try await store.append(try batch(from: 1, count: 30)) }
    }
    for _ in 0..<Soak.cases(30, full: 3000) {
      let (check, findings) = try verify(scratch)
      #expect(findings.isEmpty && check.damagedRecords == 0)
    }
    writer.cancel()
    _ = await writer.result
    try await store.close()
  }

  @Test("numbers that were never used before the first record are no damage")
  func unused() throws {
    let scratch = Scratch()
    try BlockingRingStore(directory: scratch.path, options: .small()).close()
    // What a disk that lies leaves after a restart of the machine: the numbers jump.
    var bytes = try scratch.read("cursors")
    bytes.removeAll()
    try scratch.write(bytes, to: "cursors")
    let store = try BlockingRingStore(directory: scratch.path, options: .small())
    try store.append(try batch(from: store.nextSequence, count: 3))
    try store.close()
    let (check, findings) = try verify(scratch)
    #expect(findings.isEmpty && check.records == 3)
  }
}
