import Foundation
import StoreForward
import TestSupport
import Testing

@testable import Gateway

@Suite("What was on its way when a gateway ended is found again as the batch that it was")
struct ReadAgainTests {
  let folder: TemporaryFolder
  let options = StoreOptions(capacity: .bytes(1 << 20), segmentSize: 1 << 16)

  init() throws { folder = try TemporaryFolder() }

  @Test("numbers that a crash left unused, behind it or within, are none that it lacks")
  func unused() async throws {
    try await append(5)
    // The numbers go on higher where it is not known which were given out.
    try Data().write(to: URL(filePath: folder.file("cursors")))
    try await append(4)
    let store = try await RingStore(directory: folder.path, options: options)
    let all = try await sequences(1...store.nextSequence, in: store)
    // More were asked for than there are.
    #expect(all.isEmpty)
    let last = store.nextSequence - 1
    #expect(last > 9)
    #expect(try await sequences(1...5, in: store) == [1, 2, 3, 4, 5])
    #expect(try await sequences(2...3, in: store) == [2, 3])
    // Some of the unused ones counted among the batch's.
    #expect(try await sequences(4...6, in: store) == [4, 5])
    let across = try await sequences(4...(last - 1), in: store)
    #expect(across == [4, 5, last - 3, last - 2, last - 1])
    #expect(try await sequences(6...7, in: store).isEmpty)
    try await store.close()
  }

  @Test("a batch of which a record was given up is none any more") func evicted() async throws {
    try await append(80, of: 50)
    let store = try await RingStore(directory: folder.path, options: options)
    let newest = store.nextSequence - 1
    #expect(try await sequences(1...50, in: store).isEmpty)
    #expect(try await sequences(newest...newest, in: store) == [newest])
    try await store.close()
  }

  /// Appends records of a kilobyte, in so many commits of so many.
  private func append(_ commits: Int, of count: Int = 1) async throws {
    let store = try await RingStore(directory: folder.path, options: options)
    for _ in 0..<commits {
      var batch = RecordBatch()
      for _ in 0..<count { try batch.append([UInt8](repeating: 7, count: 1000), time: 0) }
      _ = try await store.append(batch)
    }
    try await store.close()
  }

  private func sequences(
    _ numbers: ClosedRange<UInt64>, in store: RingStore
  ) async throws -> [UInt64] {
    var found: [UInt64] = []
    try await SinkRunner.readAgain(numbers, in: store) { batch in
      for index in 0..<batch.count { found.append(batch.sequence(at: index)) }
    }
    return found
  }
}
