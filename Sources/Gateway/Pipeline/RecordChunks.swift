internal import IndustrialModel
internal import StoreForward

/// Samples on their way to the buffer, as the records that they become: the samples of each, and its account for the ledger.
struct RecordChunks {
  private struct Chunk {
    var block: [UInt8]
    var account: [UInt8]
    var time: Int64
    /// So many samples are in it.
    var count = 0

    /// About what it takes in the buffer: its account is repeated in records after it.
    var size: Int { block.count + (Remark.memory + 1) * account.count + 64 }
  }

  private let isCounting = LedgerSwitch.isOn
  private var chunks: [Chunk] = []
  /// Those that are stored at once.
  private var part = 0..<0
  private var stored = TagCounter()
  private var writer = RecordAccount()
  private var block: [UInt8] = []
  private var remark: [UInt8] = []
  private var payload: [UInt8] = []
  /// What the last records of a lane told, by the lane's number.
  private var lately: [[Remark.Told]?] = BufferLane.allCases.map { _ in nil }

  /// A count of a tag takes no more bytes in an account.
  private static let bytesPerCount = 10
  /// Takes what else there is in a remark.
  private static let spare = 64

  mutating func removeAll() {
    chunks.removeAll(keepingCapacity: true)
    part = 0..<0
  }

  /// Goes on to as many records as find room at once in any ring of such records: half of a file at most.
  ///
  /// - Returns: false when there are no more.
  mutating func nextPart(limit: Int) -> Bool {
    let start = part.upperBound
    guard start < chunks.count else { return false }
    var (end, size) = (start + 1, chunks[start].size)
    while end < chunks.count, size + chunks[end].size <= limit {
      size += chunks[end].size
      end += 1
    }
    part = start..<end
    return true
  }

  /// The accounts of the part at hand.
  var accounts: some Sequence<[UInt8]> { chunks[part].lazy.map(\.account) }

  /// So many samples are in the part at hand.
  var sampleCount: Int { chunks[part].reduce(0) { $0 + $1.count } }

  /// Gives up the part at hand, and all after it.
  ///
  /// - Parameter tell: Is given the account of each record.
  /// - Returns: How many samples were in them.
  mutating func shed(_ tell: ([UInt8]) -> Void) -> Int {
    let rest = chunks[part.lowerBound...]
    for chunk in rest { tell(chunk.account) }
    defer { removeAll() }
    return rest.reduce(0) { $0 + $1.count }
  }

  /// Encodes a range of samples as one record, or as two halves when it is too large for one.
  mutating func add(
    _ samples: SampleBatch, _ range: Range<Int>, _ encoder: inout SampleBlockEncoder,
    _ fates: inout SampleFates, _ order: [UInt32], _ limit: Int, isLast: Bool
  ) {
    block.removeAll(keepingCapacity: true)
    encoder.encode(samples, range, into: &block)
    stored.removeAll()
    if isCounting { stored.add(samples.records[range]) }
    let room = limit - block.count - Self.spare
    if 2 * stored.touched.count * Self.bytesPerCount <= room {
      let tellsAll = isLast && fates.entryCount * Self.bytesPerCount <= room / 2
      var account: [UInt8] = []
      account.reserveCapacity(64)
      if isCounting {
        writer.write(stored: &stored, &fates, isAll: tellsAll, order: order, to: &account)
      }
      let time = samples.records[range].reduce(Int64.min) { max($0, $1.gatewayTime.nanoseconds) }
      return chunks.append(Chunk(block: block, account: account, time: time, count: range.count))
    }
    guard range.count > 1 else {
      guard let record = samples.records[range].first else { return }
      // One text or byte value that no record can hold: its place is kept, and says why it is empty.
      guard record.kind != .none else { return fates.count(.shedTooLarge, record.tag.rawValue) }
      var marker = samples[range.lowerBound]
      marker.value = .none
      marker.quality = .badOutOfRange
      return add(SampleBatch([marker]), 0..<1, &encoder, &fates, order, limit, isLast: isLast)
    }
    let middle = range.lowerBound + range.count / 2
    add(samples, range.lowerBound..<middle, &encoder, &fates, order, limit, isLast: false)
    add(samples, middle..<range.upperBound, &encoder, &fates, order, limit, isLast: isLast)
  }

  /// Tells the rest in records without samples.
  mutating func addAccounts(_ fates: inout SampleFates, _ order: [UInt32], _ limit: Int) {
    let numbers = Set(fates.counters.flatMap { $0.touched.map { order[Int($0)] } }).sorted()
    let most = max(1, limit / 4 / (Self.bytesPerCount * SampleFate.allCases.count))
    fates.sort(by: order)
    var empty: [UInt8] = []
    SampleCodec.encode(SampleBatch(), names: [], into: &empty)
    for start in stride(from: 0, to: numbers.count, by: most) {
      let part = numbers[start..<min(start + most, numbers.count)]
      guard let first = part.first, let last = part.last else { continue }
      var account: [UInt8] = []
      writer.write(fates, numbers: Int(first)..<(Int(last) + 1), order: order, to: &account)
      chunks.append(Chunk(block: empty, account: account, time: Timestamp.now().nanoseconds))
    }
    fates.removeAll()
  }

  /// Whether it is not known what the last records of a lane told.
  func needsLastAccounts(of lane: BufferLane) -> Bool { lately[lane.rawValue] == nil }

  mutating func begin(_ lane: BufferLane, after told: [Remark.Told]) {
    lately[lane.rawValue] = told
  }

  /// Makes the records.
  ///
  /// - Parameter first: The number that the first one will get.
  mutating func assemble(
    for lane: BufferLane, from first: UInt64, ledger: UInt64, limit: Int,
    into records: inout RecordBatch
  ) {
    records.removeAll()
    var before = lately[lane.rawValue] ?? []
    for (index, chunk) in chunks[part].enumerated() {
      guard isCounting else {
        try? records.append(chunk.block, time: chunk.time)
        continue
      }
      let number = first &+ UInt64(index)
      remark.removeAll(keepingCapacity: true)
      Remark.write(
        chunk.account, of: number, before: before, ledger: ledger,
        limit: limit - chunk.block.count - Self.spare / 2, to: &remark)
      payload.removeAll(keepingCapacity: true)
      SampleCodec.append(chunk.block, remark: remark, to: &payload)
      // No batch has a payload that is too large: see `add`.
      try? records.append(payload, time: chunk.time)
      remember(chunk.account, number, in: &before)
    }
  }

  /// The records are stored.
  mutating func told(in lane: BufferLane, from first: UInt64) {
    var before = lately[lane.rawValue] ?? []
    lately[lane.rawValue] = nil
    for (index, chunk) in chunks[part].suffix(Remark.memory).enumerated() {
      let place = part.count - min(part.count, Remark.memory) + index
      remember(chunk.account, first &+ UInt64(place), in: &before)
    }
    lately[lane.rawValue] = before
  }

  private func remember(_ account: [UInt8], _ number: UInt64, in told: inout [Remark.Told]) {
    if told.count >= Remark.memory { told.removeFirst() }
    told.append(Remark.Told(number: number, account: account))
  }
}
