import CCRC32C
import TestSupport
import Testing

@testable import StoreForward

@Suite("Checksums")
struct ChecksumTests {
  @Test("the check value of the catalogue, and the same from both twins")
  func twins() {
    let check = Array("123456789".utf8)
    #expect(Checksum.crc32c(check) == 0xE306_9283)
    var generator = SeededGenerator(seed: 32)
    let bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for round in 0..<400 {
      let start = Int.random(in: 0..<64, using: &generator)
      let count =
        round < 100 ? round * 13 : Int.random(in: 0...(bytes.count - start), using: &generator)
      let seed = UInt32.random(in: 0...UInt32.max, using: &generator)
      bytes.withUnsafeBytes { raw in
        let part = UnsafeRawBufferPointer(rebasing: raw[start..<(start + count)])
        #expect(
          iiot_crc32c(seed, part.baseAddress, count)
            == iiot_crc32c_portable(seed, part.baseAddress, count), "\(count) bytes")
      }
    }
  }
}
