import Foundation
import IndustrialModel
import StoreForward
import TestSupport
import Testing

@testable import Gateway

@Suite("No number of a sample is given out twice", .timeLimit(.minutes(15)))
struct LastSequenceTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()

  init() throws { folder = try TemporaryFolder() }

  @Test("numbering goes on behind what the newest record had, also when that can't be read")
  func newestIsDamaged() async throws {
    try await store([1...100, 101...200, 201...300], in: "buffer")
    #expect(try next("buffer") == 301)
    try flip("record-3", in: "buffer")
    #expect(try next("buffer") > 300)
    // No further than records can be full.
    #expect(try next("buffer") == 201 + UInt64(Lane.samplesPerRecord))
  }

  @Test("what can't be read of one lane is behind what can be read of another")
  func otherLane() async throws {
    try await store([1...100, 4201...4300], in: "buffer")
    try await store([101...4150, 4151...4200], in: "buffer-events")
    try flip("record-2", in: "buffer")
    #expect(try next("buffer", "buffer-events") > 4300)
  }

  @Test("damage before the newest record, and records without samples, cost no number")
  func certain() async throws {
    try await store([1...100, 101...200, 201...300, nil, nil], in: "buffer")
    #expect(try next("buffer") == 301)
    try flip("record-2", in: "buffer")
    #expect(try next("buffer") == 301)
  }

  @Test("what stands behind damage in the last write of a killed gateway keeps its numbers")
  func unclean() async throws {
    let store = try await open("open")
    var records = RecordBatch()
    let ranges: [ClosedRange<UInt64>] = [1...100, 101...200, 201...300]
    for (index, range) in ranges.enumerated() {
      try records.append(block(range, index), time: 0)
    }
    try await store.append(records)
    // As it would be found: nobody closed it.
    try FileManager.default.createDirectory(
      atPath: folder.file("data"), withIntermediateDirectories: false)
    try FileManager.default.copyItem(
      atPath: folder.file("open"), toPath: folder.file("data/buffer"))
    try await store.close()
    try flip("record-2", in: "data/buffer")
    let gateway = try await GatewayRuntime(
      .simulated(in: folder, tags: [SimulatedTag(name: "s", shape: .walk)]))
    try await run(gateway) { $0.status.stored > 0 }
    let numbers = try storedSamples(in: folder.file("data")).map(\.sample.sequence)
    let expected = Set<UInt64>(1...100).union(201...301)
    #expect(expected.isSubset(of: numbers))
    #expect(Set(numbers).count == numbers.count)
  }

  private func next(_ lanes: String...) throws -> UInt64 {
    try LastSequence.next(in: lanes.map { folder.file($0) })
  }

  /// A record for each range of numbers, all of one tag with the record's own name; without samples for nil.
  private func store(_ ranges: [ClosedRange<UInt64>?], in lane: String) async throws {
    let store = try await open(lane)
    for (index, range) in ranges.enumerated() {
      var records = RecordBatch()
      try records.append(block(range, index), time: 0)
      try await store.append(records)
    }
    try await store.close()
  }

  private func open(_ lane: String) async throws -> RingStore {
    try await RingStore(
      directory: folder.file(lane),
      options: StoreOptions(capacity: .bytes(1 << 21), segmentSize: 1 << 20))
  }

  private func block(_ range: ClosedRange<UInt64>?, _ index: Int) -> [UInt8] {
    let tag = tags.intern("d/record-\(index + 1)")
    var samples = SampleBatch()
    if let range {
      for number in range { samples.append(Sample(tag: tag, value: .double(0), sequence: number)) }
    }
    var block: [UInt8] = []
    SampleCodec.encode(samples, names: tags.names, into: &block)
    return block
  }

  /// Changes a bit of the one place in a lane's files that has these words.
  private func flip(_ words: String, in lane: String) throws {
    var places = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.file(lane)) {
      let file = URL(filePath: folder.file("\(lane)/\(name)"))
      var data = try Data(contentsOf: file)
      guard let place = data.range(of: Data(words.utf8)) else { continue }
      data[place.lowerBound] ^= 1
      try data.write(to: file)
      places += 1
    }
    #expect(places == 1)
  }
}
