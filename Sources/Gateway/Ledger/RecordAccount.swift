internal import IndustrialModel

/// What a record of the buffer says of samples: those in it, and what became of others since the record before. Each record
/// balances in itself, so that it does not matter which ones a crash leaves.
///
/// A mask (varint; bit n for fate n, bit 15 for "stored as acquired"), then the runs of each fate that is in the mask.
struct RecordAccount {
  private static let isStoredAsAcquired: UInt64 = 1 << 15

  private var writers = SampleFate.allCases.map { _ in TagRuns.Writer() }

  /// Writes the account of a record with these samples in it.
  ///
  /// - Parameters:
  ///   - stored: The samples in the record, by the registry's numbers.
  ///   - fates: What is to be told; what was is taken out.
  ///   - isAll: Tell all that there is, else only the acquired ones of those in the record.
  ///   - order: The ledger's numbers by the registry's.
  mutating func write(
    stored: inout TagCounter, _ fates: inout SampleFates, isAll: Bool, order: [UInt32],
    to bytes: inout [UInt8]
  ) {
    begin()
    stored.sort(by: order)
    add(stored, as: .stored, order)
    if isAll {
      fates.sort(by: order)
      for fate in SampleFate.allCases where fate != .stored {
        add(fates.counters[fate.rawValue], as: fate, order)
      }
      fates.removeAll()
    } else {
      fates.takeAcquired(of: stored) { number, count in
        writers[SampleFate.acquired.rawValue].add(Int(order[Int(number)]), count)
      }
    }
    finish(to: &bytes)
  }

  /// Writes the account of tags in a part of the ledger's numbers, which is in a record without samples.
  mutating func write(
    _ fates: SampleFates, numbers: Range<Int>, order: [UInt32], to bytes: inout [UInt8]
  ) {
    begin()
    for fate in SampleFate.allCases where fate != .stored {
      let counter = fates.counters[fate.rawValue]
      for number in counter.touched where numbers.contains(Int(order[Int(number)])) {
        writers[fate.rawValue].add(Int(order[Int(number)]), counter[Int(number)])
      }
    }
    finish(to: &bytes)
  }

  /// Writes the account of samples of which only that they are stored is known, by the ledger's numbers.
  mutating func write(storedOnly stored: inout TagCounter, to bytes: inout [UInt8]) {
    begin()
    stored.sort()
    for number in stored.touched {
      writers[SampleFate.stored.rawValue].add(Int(number), stored[Int(number)])
      writers[SampleFate.acquired.rawValue].add(Int(number), stored[Int(number)])
    }
    finish(to: &bytes)
  }

  private mutating func begin() {
    for index in writers.indices { writers[index].removeAll() }
  }

  private mutating func add(_ counter: TagCounter, as fate: SampleFate, _ order: [UInt32]) {
    for number in counter.touched {
      writers[fate.rawValue].add(Int(order[Int(number)]), counter[Int(number)])
    }
  }

  private mutating func finish(to bytes: inout [UInt8]) {
    var mask: UInt64 = 0
    for index in writers.indices where !writers[index].isEmpty { mask |= 1 << UInt64(index) }
    let acquired = writers[SampleFate.acquired.rawValue]
    let isSame = !acquired.isEmpty && acquired == writers[SampleFate.stored.rawValue]
    if isSame {
      mask |= Self.isStoredAsAcquired
      mask &= ~(1 << UInt64(SampleFate.stored.rawValue))
    }
    bytes.appendVarint(mask)
    for index in writers.indices where mask & 1 << UInt64(index) != 0 {
      writers[index].write(to: &bytes)
    }
  }

  /// Reads an account.
  ///
  /// - Returns: false if it is none.
  static func read(
    _ reader: inout VarintReader, below limit: Int, _ body: (SampleFate, TagRuns.Run) -> Void
  ) -> Bool {
    guard let mask = reader.next() else { return false }
    let isSame = mask & isStoredAsAcquired != 0
    for fate in SampleFate.allCases where mask & 1 << UInt64(fate.rawValue) != 0 {
      let isRead = TagRuns.read(&reader, below: limit) { run in
        body(fate, run)
        if isSame, fate == .acquired { body(.stored, run) }
      }
      guard isRead else { return false }
    }
    return true
  }

  static func read(
    _ bytes: [UInt8], below limit: Int, _ body: (SampleFate, TagRuns.Run) -> Void
  ) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var reader = VarintReader(bytes)
      return read(&reader, below: limit, body)
    }
  }
}
