internal import IndustrialModel
internal import StoreForward

/// What is known of a record, or of records that are damaged.
struct RecordContent {
  var numbers: ClosedRange<UInt64>
  /// Nil where damage took it and the records behind say nothing either.
  var account: [UInt8]?
  var isIntact: Bool
}

/// Reads the accounts of records one after the other. For damaged ones it looks at what those behind say of them.
struct AccountReader {
  private let ledger: UInt64
  /// Makes an account of a record that has none of this ledger's.
  private let count: @Sendable (UnsafeRawBufferPointer) -> [UInt8]?
  /// From the first record of which nothing is known yet.
  private var waiting: [RecordContent] = []
  private var told = 0

  init(
    ledger: UInt64, _ count: @escaping @Sendable (UnsafeRawBufferPointer) -> [UInt8]?
  ) {
    (self.ledger, self.count) = (ledger, count)
  }

  /// Appends what becomes clear by a batch, in the order of the numbers.
  mutating func read(_ batch: borrowing StoredBatch, into result: inout [RecordContent]) {
    let gaps = batch.gaps
    var gap = 0
    for index in 0..<batch.count {
      let number = batch.sequence(at: index)
      while gap < gaps.count, gaps[gap].first < number {
        miss(gaps[gap])
        gap += 1
      }
      let all = batch.withPayload(at: index) { payload in
        payload.withUnsafeBytes { accounts(of: $0, number) }
      }
      for told in all.dropFirst() { learn(told) }
      let own = RecordContent(numbers: number...number, account: all.first?.account, isIntact: true)
      guard !waiting.isEmpty else {
        result.append(own)
        continue
      }
      waiting.append(own)
      told += 1
      if told >= Remark.memory { finish(into: &result) }
    }
    while gap < gaps.count {
      miss(gaps[gap])
      gap += 1
    }
  }

  /// Nothing comes behind.
  mutating func finish(into result: inout [RecordContent]) {
    result += waiting
    waiting.removeAll(keepingCapacity: true)
    told = 0
  }

  private func accounts(of payload: UnsafeRawBufferPointer, _ number: UInt64) -> [Remark.Told] {
    if let place = SampleCodec.remark(in: payload),
      let told = Remark.read(
        UnsafeRawBufferPointer(rebasing: payload[place]), of: number, ledger: ledger)
    {
      return told
    }
    return count(payload).map { [Remark.Told(number: number, account: $0)] } ?? []
  }

  /// Only the last ones are told of by those behind.
  private mutating func miss(_ gap: Gap) {
    guard gap.reason == .damaged else { return }
    told = 0
    let single = min(gap.count, UInt64(Remark.memory))
    let first = gap.last - single &+ 1
    if first > gap.first {
      waiting.append(
        RecordContent(numbers: gap.first...(first - 1), account: nil, isIntact: false))
    }
    for number in first...gap.last {
      waiting.append(RecordContent(numbers: number...number, account: nil, isIntact: false))
    }
  }

  private mutating func learn(_ told: Remark.Told) {
    for index in waiting.indices
    where waiting[index].account == nil && waiting[index].numbers == told.number...told.number {
      waiting[index].account = told.account
    }
  }
}
