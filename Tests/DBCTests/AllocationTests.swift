import Foundation
import TestSupport
import Testing

@testable import DBC

/// The hot paths ask for no memory, whatever the frames are: multiplexed, FD, floating-point, nine-byte, short, unknown,
/// remote and error frames. (Retains and releases are counted by the benchmarks, which bound both at nothing.)
@Suite(.enabled(if: allocationsAreCounted, "needs an optimised build (-c release)"))
struct AllocationTests {
  static let databases: [String: [UInt8]] = {
    var texts = [
      "every kind": Array((plantText + manyKindsText + allStatementsText).utf8)
    ]
    for file in FlavourTests.files { texts[file] = try? FlavourTests.bytes(file) }
    // Every fourth of the public files; all with IIOT_SOAK=1.
    for (index, file) in Corpus.files.enumerated() where Soak.isOn || index % 4 == 0 {
      texts[file] = try? Corpus.bytes(file)
    }
    return texts
  }()

  @Test func somethingIsCounted() {
    var array: [Int] = []
    #expect(allocations { array.reserveCapacity(100) } == 1)
  }

  @Test(arguments: databases.keys.sorted())
  func decodingAllocatesNothing(name: String) throws {
    let database = try Database(parsing: Self.databases[name] ?? [])
    for j1939 in [J1939Matching.declared, .allExtended] {
      let decoder = database.decoder(j1939: j1939)
      let batch = BatchDecodingTests.traffic(database, 500, 11)
      var slots = decoder.makeSlots()
      for vectors in FrameDecoder.hasVectors ? [false, true] : [false] {
        let count = allocations { decoder.decode(batch, into: &slots, vectors: vectors) }
        #expect(count == 0, "\(name), slots")
      }
      var columns = decoder.makeColumns()
      for kernel in ColumnKernel.allCases where kernel.isPresent {
        // The first time its memory grows, and never again for as many frames.
        decoder.decode(batch, into: &columns, by: kernel)
        let count = allocations { decoder.decode(batch, into: &columns, by: kernel) }
        #expect(count == 0, "\(name), columns, \(kernel)")
      }
    }
  }

  @Test(arguments: databases.keys.sorted())
  func encodingAllocatesNothing(name: String) throws {
    let database = try Database(parsing: Self.databases[name] ?? [])
    let decoder = database.decoder()
    var slots = decoder.makeSlots()
    decoder.decode(BatchDecodingTests.traffic(database, 2000, 12), into: &slots)
    let values = slots.values
    let encoder = database.encoder()
    for message in database.messages where message.byteCount <= 64 {
      // What can't be encoded makes an error with a text; the others cost nothing.
      guard (try? encoder.encode(message, values: values)) != nil else { continue }
      let count = allocations { _ = try? encoder.encode(message, values: values) }
      #expect(count == 0, "\(name), \(message.name)")
    }
  }
}
