import Foundation
import StoreForward
import Testing

@Suite("A store keeps its size until it is resized, whatever is asked for when it is opened")
struct GeometryTests {
  @Test("a capacity below two of the segments that there are keeps no store from opening")
  func smallerCapacity() throws {
    let scratch = Scratch()
    let first = try BlockingRingStore(
      directory: scratch.path, options: StoreOptions(capacity: .mebibytes(128)))
    try first.append(try batch(from: 1, count: 10))
    try first.close()
    let small = StoreOptions(capacity: .mebibytes(16))
    let second = try BlockingRingStore(directory: scratch.path, options: small)
    #expect(second.metrics.segmentSize == 16 << 20)
    #expect(second.metrics.segmentLimit == 8)
    #expect(try second.contents().numbers == Array(1...10))
    // There it counts.
    let error = #expect(throws: StoreError.self) { try second.resize(to: .mebibytes(16)) }
    #expect(error?.code == .invalidOption)
    try second.resize(to: .mebibytes(32))
    #expect(second.metrics.segmentLimit == 2)
    try second.close()
    // Nor does it where nothing says any more how many segments there may be.
    try FileManager.default.removeItem(atPath: scratch.file("cursors"))
    let third = try BlockingRingStore(directory: scratch.path, options: small)
    #expect(third.metrics.segmentLimit == 2)
    #expect(try third.contents().numbers == Array(1...10))
    try third.close()
  }

  @Test("it takes any capacity as far as its files allow it")
  func fits() async throws {
    let scratch = Scratch()
    let store = try await RingStore(directory: scratch.path, options: .small())
    try await store.append(try batch(from: 1, count: 10))
    let most = 1_048_575
    for (capacity, segments) in [
      (5 << 16, 5), (128 << 30, most), (Int.max, most), (1 << 16, 2), (0, 2), (8 << 16, 8),
    ] {
      try await store.fit(to: .bytes(capacity))
      #expect(store.metrics.segmentLimit == segments, "\(capacity)")
    }
    try await store.close()
    // Nor do files come into being before they are needed.
    #expect(scratch.names.count { $0.hasPrefix("seg-") } < 5)
    // Where nothing says any more how many segments there may be.
    try FileManager.default.removeItem(atPath: scratch.file("cursors"))
    let again = try await RingStore(
      directory: scratch.path, options: StoreOptions(capacity: .gibibytes(128)))
    #expect(again.metrics.segmentLimit == most)
    try await again.close()
  }

  @Test("a new store is refused what gives it no two segments")
  func refused() {
    let scratch = Scratch()
    let error = #expect(throws: StoreError.self) {
      _ = try BlockingRingStore(
        directory: scratch.path,
        options: StoreOptions(capacity: .mebibytes(1), segmentSize: 1 << 20))
    }
    #expect(error?.code == .invalidOption)
    #expect(scratch.names.allSatisfy { $0 == "LOCK" })
  }

  @Test("a store of the largest segments can be looked at")
  func largestSegments() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(
      directory: scratch.path,
      options: StoreOptions(capacity: .gibibytes(2), segmentSize: 1 << 30))
    // A file of holes: the store fills only what is not there yet.
    #expect(FileManager.default.createFile(atPath: scratch.file("seg-0000"), contents: nil))
    let file = try #require(FileHandle(forUpdatingAtPath: scratch.file("seg-0000")))
    try file.truncate(atOffset: 1 << 30)
    try file.close()
    try store.append(try batch(from: 1, count: 10))
    try store.close()
    let reader = try StoreReader(directory: scratch.path)
    #expect(reader.segmentSize == 1 << 30)
    #expect(reader.segmentLimit == 2)
    var contents = Contents()
    while try reader.next({ contents.add($0) }) != nil {}
    #expect(contents.numbers == Array(1...10) && contents.gaps.isEmpty)
  }
}
