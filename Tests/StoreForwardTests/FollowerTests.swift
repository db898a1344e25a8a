import Foundation
import StoreForward
import Testing

@Suite("A reader that looks again and again at a store in use")
struct FollowerTests {
  /// Groups of less and of more than what is read at a time.
  @Test("what was half written at one look is read at the next", arguments: [128, 5000])
  func halfWrittenGroup(size: Int) throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(
      directory: scratch.path,
      options: StoreOptions(capacity: .mebibytes(8), segmentSize: 1 << 20))
    try store.append(try batch(from: 1, count: 100, size: { _ in size }))
    let whole = try scratch.read("seg-0000")
    // Behind the segment's first block, the group's header and 50 records with theirs.
    let length = 50 * (24 + size)
    let start = 4096 + 64 + length
    let file = try #require(FileHandle(forUpdatingAtPath: scratch.file("seg-0000")))
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(start))
    try file.write(contentsOf: [UInt8](repeating: 0, count: length))
    let reader = try StoreReader(directory: scratch.path)
    var contents = Contents()
    while try reader.next({ contents.add($0, size: { _ in size }) }) != nil {}
    #expect(contents.numbers == Array(1...50) && contents.gaps.isEmpty)
    try file.seek(toOffset: UInt64(start))
    try file.write(contentsOf: whole[start..<(start + length)])
    try reader.refresh()
    while try reader.next({ contents.add($0, size: { _ in size }) }) != nil {}
    #expect(contents.numbers == Array(1...100))
    #expect(contents.gaps.isEmpty && contents.wrong.isEmpty)
    try store.close()
  }

  @Test("a file that was removed and made anew is read anew")
  func replacedFiles() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 4))
    var last: UInt64 = 0
    func fill() throws {
      while store.metrics.segments < 4 {
        last = try store.append(try batch(from: last + 1, count: 50)).lastSequence
      }
    }
    try fill()
    let reader = try StoreReader(directory: scratch.path)
    var contents = Contents()
    while try reader.next({ contents.add($0) }) != nil {}
    #expect(contents.numbers == Array(1...last))
    try store.resize(to: .bytes(2 * (64 << 10)))
    try store.resize(to: .bytes(4 * (64 << 10)))
    try fill()
    try reader.refresh()
    while try reader.next({ contents.add($0) }) != nil {}
    #expect(contents.numbers == Array(1...last))
    #expect(contents.gaps.isEmpty && contents.wrong.isEmpty)
    try store.close()
  }
}
