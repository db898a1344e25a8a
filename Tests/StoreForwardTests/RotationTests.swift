import Glibc
import Testing

@testable import StoreForward

/// What other threads do while the writer begins a new segment, put in at the exact disk call.
@Suite("A new segment is begun while others look on")
struct RotationTests {
  private typealias Disk = FaultyFileSystem<SimulatedFileSystem>

  /// Appends batches of 50 records of 128 bytes; seven and a part of the eighth fill a segment.
  private func append(_ count: Int, to core: StoreCore<Disk>) throws {
    for _ in 0..<count { try core.append(try batch(from: core.nextSequence, count: 50)) }
  }

  private func read(
    _ core: StoreCore<Disk>, _ request: inout ReadRequest, into contents: inout [UInt64]
  ) throws -> [Gap] {
    let storage = BatchStorage()
    var gaps: [Gap] = []
    repeat {
      try core.read(into: storage, &request)
      contents += storage.records.map(\.sequence)
      gaps += storage.gaps
    } while !storage.records.isEmpty || !storage.gaps.isEmpty
    return gaps
  }

  @Test("a slot that the writer is making is not made, and called free, by the background")
  func slotHasOneMaker() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small(segments: 3, overflow: .block))
    try core.openCursor("sink", start: .saved)
    var isInside = false
    fs.script = { _, call in
      if case .create(let name) = call, name.hasPrefix("seg-"), !isInside {
        isInside = true
        _ = core.tick()
        isInside = false
      }
      return nil
    }
    try append(22, to: core)
    let slots = core.segments.map(\.slot)
    #expect(Set(slots) == [0, 1, 2] && slots.count == 3)
    #expect(core.freeSlots.isEmpty && core.slotCount == 3)
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 20, maxRecords: .max)
    var numbers: [UInt64] = []
    #expect(try read(core, &request, into: &numbers).isEmpty)
    #expect(numbers == Array(1...1100))
  }

  @Test("records beside a new segment are neither read too early nor called damaged later")
  func readWhileTurning() throws {
    let fs = Disk(SimulatedFileSystem())
    let core = try StoreCore(fileSystem: fs, options: .small(segments: 3, overflow: .block))
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 20, maxRecords: .max)
    var numbers: [UInt64] = []
    var gaps: [Gap] = []
    var looks = 0
    fs.script = { _, call in
      // The new segment stands in the list; the batch that goes over into it is not published.
      guard case .write("seg-0001", let offset, _) = call, offset >= Layout.dataStart,
        core.segments.count == 2, core.durableThrough == 350
      else { return nil }
      looks += 1
      do {
        gaps += try read(core, &request, into: &numbers)
        #expect(numbers == Array(1...350))
      } catch {
        Issue.record(error)
      }
      return nil
    }
    try append(10, to: core)
    #expect(looks > 0)
    gaps += try read(core, &request, into: &numbers)
    #expect(numbers == Array(1...500))
    #expect(gaps.isEmpty)
  }
}
