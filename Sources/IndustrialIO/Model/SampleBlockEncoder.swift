/// Writes sample blocks. Keep one for many batches: its table of tags keeps its memory.
public struct SampleBlockEncoder: Sendable {
  private let names: [String]
  /// Position in the block's own list of names, plus one, by tag number; zero between blocks.
  private var position: [UInt32]
  private var used: [UInt32] = []
  /// Lists of names that were written lately, and what was written.
  private var lists: [(used: [UInt32], bytes: [UInt8])] = []
  private var oldest = 0
  private static let listLimit = 16
  private static let longestList = 1 << 18

  /// An encoder for tags with these names (`TagRegistry.names`).
  public init(names: [String]) {
    self.names = names
    position = Array(repeating: 0, count: names.count + 1)
  }

  /// The number of tag names it knows; make a new one when the registry has more.
  public var nameCount: Int { names.count }

  /// Appends the block of `batch` to `block`. Samples of tags without a name are stored under the
  /// empty name, those of a name of more than 4096 bytes under its beginning and a sum of the whole.
  public mutating func encode(_ batch: SampleBatch, into block: inout [UInt8]) {
    encode(batch, batch.indices, into: &block)
  }

  /// Appends the block of a range of a batch's samples.
  ///
  /// - Precondition: The range is within the batch.
  public mutating func encode(
    _ batch: SampleBatch, _ range: Range<Int>, into block: inout [UInt8]
  ) {
    let records = batch.records[range]
    block.append(SampleCodec.plainVersion)
    block.appendVarint(UInt64(records.count))
    listTags(of: records)
    appendNames(to: &block)
    defer { forgetTags() }
    guard let first = records.first else { return }

    block.appendVarint(zigzag: first.gatewayTime.nanoseconds)
    block.appendVarint(zigzag: first.monotonicTime)
    block.appendVarint(first.sequence)
    var last = first
    last.configurationVersion = 0
    // So that the first sample's sequence is "one after the last" too.
    last.sequence = first.sequence &- 1
    for record in records {
      write(record, after: last, of: batch, into: &block)
      last = record
    }
  }

  private func write(
    _ record: SampleBatch.Record, after last: SampleBatch.Record, of batch: SampleBatch,
    into block: inout [UInt8]
  ) {
    block.appendVarint(UInt64(position[slot(of: record.tag)] - 1))
    var kind = record.kind.rawValue
    if record.kind == .bool, record.bits != 0 { kind = SampleBlockDecoder.trueKind }
    var head = kind | record.sampleClass.rawValue << SampleCodec.classShift
    if record.quality != .good { head |= SampleCodec.hasQuality }
    if record.sourceTime != nil { head |= SampleCodec.hasSourceTime }
    let isNewConfiguration = record.configurationVersion != last.configurationVersion
    if isNewConfiguration { head |= SampleCodec.hasConfigurationVersion }
    block.append(head)

    let gatewayStep = record.gatewayTime.nanoseconds &- last.gatewayTime.nanoseconds
    block.appendVarint(zigzag: gatewayStep)
    // Both clocks step alike nearly always, so the difference of the steps is nearly always 0.
    block.appendVarint(zigzag: record.monotonicTime &- last.monotonicTime &- gatewayStep)
    block.appendVarint(zigzag: Int64(bitPattern: record.sequence &- last.sequence &- 1))
    if record.quality != .good { block.appendLittleEndian(record.quality.rawValue) }
    if let sourceTime = record.sourceTime {
      block.appendVarint(
        zigzag: sourceTime.nanoseconds &- record.gatewayTime.nanoseconds)
    }
    if isNewConfiguration { block.appendVarint(UInt64(record.configurationVersion)) }

    switch record.kind {
    case .none, .bool: break
    case .int64: block.appendVarint(zigzag: Int64(bitPattern: record.bits))
    case .uint64: block.appendVarint(record.bits)
    case .double: block.appendLittleEndian(record.bits)
    case .string, .bytes:
      let bytes = batch.bytes(of: record)
      block.appendVarint(UInt64(bytes.count))
      block.append(contentsOf: bytes)
    }
  }

  /// The index into `position`: the tag's number, or the spare last one for a number without a name.
  private func slot(of tag: TagID) -> Int { min(Int(tag.rawValue), names.count) }

  private mutating func listTags(of records: ArraySlice<SampleBatch.Record>) {
    for record in records {
      let slot = slot(of: record.tag)
      if position[slot] == 0 {
        used.append(UInt32(slot))
        position[slot] = UInt32(used.count)
      }
    }
  }

  private mutating func forgetTags() {
    for slot in used { position[Int(slot)] = 0 }
    used.removeAll(keepingCapacity: true)
  }

  /// Appends the list of names; one that was written lately is copied.
  private mutating func appendNames(to block: inout [UInt8]) {
    if let known = lists.firstIndex(where: { $0.used == used }) {
      block.append(contentsOf: lists[known].bytes)
      return
    }
    let start = block.count
    writeNames(into: &block)
    guard block.count - start <= Self.longestList else { return }
    let list = (used: used, bytes: Array(block[start...]))
    if lists.count < Self.listLimit {
      lists.append(list)
    } else {
      lists[oldest] = list
      oldest = (oldest + 1) % Self.listLimit
    }
  }

  /// The names in the order of first use, each as the length it shares with the one before and the
  /// rest: tags of one device share most of theirs.
  private func writeNames(into block: inout [UInt8]) {
    block.appendVarint(UInt64(used.count))
    var previous = ""
    for slot in used {
      let name = Int(slot) < names.count ? SampleCodec.stored(names[Int(slot)]) : ""
      var shared = 0
      for (a, b) in zip(previous.utf8, name.utf8) {
        guard a == b else { break }
        shared += 1
      }
      block.appendVarint(UInt64(shared))
      block.appendVarint(UInt64(name.utf8.count - shared))
      block.append(contentsOf: name.utf8.dropFirst(shared))
      previous = name
    }
  }
}
