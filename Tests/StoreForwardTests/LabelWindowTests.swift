import StoreForward
import Testing

@Suite("Labels stay with their records wherever a read ends")
struct LabelWindowTests {
  private static func size(_ number: UInt64) -> Int {
    number % 40 == 0 ? 6000 : Int(number * 13 % 300)
  }

  /// None for some, more than a small window holds for a few.
  private static func labels(_ number: UInt64) -> [LabelCount] {
    let count = number % 5 == 0 ? 0 : number % 97 == 0 ? 700 : number * 7 % 61
    return (0..<count).map { LabelCount(label: UInt32($0), count: number &+ $0) }
  }

  private struct Seen {
    var numbers: [UInt64] = []
    var wrong: [UInt64] = []

    mutating func add(_ batch: borrowing StoredBatch) {
      for index in 0..<batch.count {
        let number = batch.sequence(at: index)
        let isRight =
          batch.labels(at: index) == LabelWindowTests.labels(number)
          && batch.payload(at: index) == payload(number, size: LabelWindowTests.size(number))
        if !isRight { wrong.append(number) }
        numbers.append(number)
      }
      if !batch.gaps.isEmpty { wrong.append(0) }
      if batch.lastSequence != numbers.last { wrong.append(0) }
    }
  }

  // The last record of the one store has labels, that of the other has none.
  @Test("in windows of many sizes, from inside and outside", arguments: [599, 600] as [UInt64])
  func windows(count: UInt64) throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 32))
    for first in stride(from: UInt64(1), through: count, by: 20) {
      var batch = RecordBatch()
      for number in first...min(first + 19, count) {
        try batch.append(
          payload(number, size: Self.size(number)), time: 0, labels: Self.labels(number))
      }
      try store.append(batch)
    }
    for bytes in stride(from: 4096, to: 4096 + 200, by: 8) {
      for most in [Int.max, 3] {
        var inside = Seen()
        let reader = try store.reader()
        while try reader.next(maxBytes: bytes, maxRecords: most, { inside.add($0) }) != nil {}
        #expect(inside.numbers == Array(1...count) && inside.wrong.isEmpty, "\(bytes), \(most)")
      }
      var outside = Seen()
      let reader = try StoreReader(directory: scratch.path)
      while try reader.next(maxBytes: bytes, { outside.add($0) }) != nil {}
      #expect(outside.numbers == Array(1...count) && outside.wrong.isEmpty, "\(bytes)")
    }
  }
}
