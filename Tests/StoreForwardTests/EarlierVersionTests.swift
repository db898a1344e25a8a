import Foundation
import StoreForward
import Testing

@Suite("Stores of earlier releases open")
struct EarlierVersionTests {
  private static let fixtures = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/storeforward")

  private func copy(of name: String) throws -> Scratch {
    let scratch = Scratch()
    try FileManager.default.copyItem(
      atPath: Self.fixtures.appendingPathComponent(name).path, toPath: scratch.path)
    return scratch
  }

  @Test("version 1: sixty records with times and label counts, and more can be appended")
  func version1() throws {
    let scratch = try copy(of: "version-1")
    let store = try BlockingRingStore(directory: scratch.path)
    #expect(store.recovery.wasClean && !store.recovery.isNew)
    #expect(store.metrics.segmentSize == 128 << 10)
    let size: (UInt64) -> Int = { $0 % 2 == 1 ? 64 : 128 }
    #expect(try store.contents(size: size).numbers == Array(1...60))
    #expect(try store.contents(size: size).wrong.isEmpty)
    let reader = try store.reader()
    try reader.next { batch in
      for index in 0..<batch.count {
        let number = batch.sequence(at: index)
        #expect(batch.time(at: index) == 1_767_225_600_000_000_000 + Int64(number))
        let labels = number % 10 == 0 ? [LabelCount(label: 7, count: number)] : []
        #expect(batch.labels(at: index) == labels)
      }
    }
    #expect(try store.append(try batch(from: 61, count: 1)).firstSequence == 61)
  }

  @Test("a newer version is refused and left as it is")
  func newer() throws {
    let scratch = try copy(of: "version-1")
    var bytes = try scratch.read("seg-0000")
    bytes.withUnsafeMutableBytes { raw in
      raw.storeBytes(of: UInt16(2).littleEndian, toByteOffset: 8, as: UInt16.self)
    }
    let checksum = crc32c(bytes[8..<512])
    bytes.withUnsafeMutableBytes { raw in
      raw.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }
    try scratch.write(bytes, to: "seg-0000")
    let error = #expect(throws: StoreError.self) {
      try BlockingRingStore(directory: scratch.path)
    }
    #expect(error?.code == .newerFormat)
    #expect(throws: StoreError.self) { try StoreReader(directory: scratch.path) }
    #expect(try scratch.read("seg-0000") == bytes)
  }

  /// Bit by bit, as docs/storeforward-format.md says it; no code of the store.
  private func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    return ~crc
  }
}
