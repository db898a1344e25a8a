/// Many samples in one flat array, their texts and bytes in one arena beside it.
///
/// Adding a number allocates nothing once the arrays have grown; `Sample` values are made only when
/// somebody asks for one by index.
public struct SampleBatch: Sendable {
  /// The kinds of `Value` as numbers; they are part of the stored form, so they never change.
  @usableFromInline
  package enum Kind: UInt8, Sendable {
    case none = 0
    case bool = 1
    case int64 = 2
    case uint64 = 3
    case double = 4
    case string = 5
    case bytes = 6
  }

  /// A sample without pointers. `bits` is the value itself, or where its bytes stand in the arena
  /// (offset in the upper half, length in the lower).
  @usableFromInline
  package struct Record: Sendable {
    package var tag: TagID
    package var quality: Quality
    package var bits: UInt64
    package var sourceTime: Timestamp?
    package var gatewayTime: Timestamp
    package var monotonicTime: Int64
    package var sequence: UInt64
    package var configurationVersion: UInt32
    package var kind: Kind
    package var sampleClass: SampleClass

    /// A sample without value.
    package init(like sample: Sample) {
      (tag, quality, bits, kind) = (sample.tag, sample.quality, 0, .none)
      (sourceTime, gatewayTime) = (sample.sourceTime, sample.gatewayTime)
      (monotonicTime, sequence) = (sample.monotonicTime, sample.sequence)
      (configurationVersion, sampleClass) = (sample.configurationVersion, sample.sampleClass)
    }

    /// As `Sample.time`.
    package var time: Timestamp { sourceTime ?? gatewayTime }
  }

  package var records: [Record] = []
  package private(set) var arena: [UInt8] = []

  /// An empty batch.
  public init() {}

  /// A batch of the given samples.
  public init(_ samples: some Sequence<Sample>) {
    for sample in samples { append(sample) }
  }

  /// Makes room for so many samples.
  public mutating func reserveCapacity(_ count: Int) { records.reserveCapacity(count) }

  /// Forgets the samples and keeps the memory.
  public mutating func removeAll() {
    records.removeAll(keepingCapacity: true)
    arena.removeAll(keepingCapacity: true)
  }

  /// Adds a sample at the end. Texts and bytes share 4 GiB a batch; one that does not fit any more
  /// becomes no value of quality `badOutOfRange`.
  public mutating func append(_ sample: Sample) {
    var record = Record(like: sample)
    if let (kind, bits) = intern(sample.value) {
      (record.kind, record.bits) = (kind, bits)
    } else {
      record.quality = .badOutOfRange
    }
    records.append(record)
  }

  /// Adds all samples of another batch.
  public mutating func append(contentsOf other: SampleBatch) {
    append(contentsOf: other, other.indices)
  }

  /// Adds a range of another batch's samples, without making values of them.
  package mutating func append(contentsOf other: SampleBatch, _ range: Range<Int>) {
    makeRoom(for: range.count)
    guard !other.arena.isEmpty else { return records.append(contentsOf: other.records[range]) }
    for index in range { append(other.records[index], of: other) }
  }

  /// Adds a record of another batch, its text or bytes with it.
  package mutating func append(_ record: Record, of other: SampleBatch) {
    guard record.kind == .string || record.kind == .bytes else { return records.append(record) }
    var record = record
    if let bits = other.bytes(of: record).withUnsafeBufferPointer({ intern(bytes: $0) }) {
      record.bits = bits
    } else {
      (record.kind, record.bits, record.quality) = (.none, 0, .badOutOfRange)
    }
    records.append(record)
  }

  /// Makes room for so many more samples; grows by factors, so that many small additions stay cheap.
  package mutating func makeRoom(for count: Int) {
    let needed = records.count + count
    if records.capacity < needed {
      records.reserveCapacity(Swift.max(needed, 2 * records.capacity))
    }
  }

  /// Forgets what was added since there were so many samples and so many bytes of text.
  package mutating func removeAdditions(toCount count: Int, arenaCount: Int) {
    records.removeLast(records.count - count)
    arena.removeLast(arena.count - arenaCount)
  }

  /// Numbers the samples from `first` on, in their order, and gives the number after the last.
  public mutating func number(from first: UInt64) -> UInt64 {
    var next = first
    for index in records.indices {
      records[index].sequence = next
      next &+= 1
    }
    return next
  }

  /// The same, and notes the number of the configuration under which they were acquired.
  package mutating func number(from first: UInt64, configurationVersion: UInt32) -> UInt64 {
    var next = first
    for index in records.indices {
      records[index].sequence = next
      records[index].configurationVersion = configurationVersion
      next &+= 1
    }
    return next
  }

  private mutating func intern(_ value: Value) -> (Kind, UInt64)? {
    switch value {
    case .none: (.none, 0)
    case .bool(let value): (.bool, value ? 1 : 0)
    case .int64(let value): (.int64, UInt64(bitPattern: value))
    case .uint64(let value): (.uint64, value)
    case .double(let value): (.double, value.bitPattern)
    case .string(var value): value.withUTF8 { intern(bytes: $0) }.map { (.string, $0) }
    case .bytes(let value):
      value.withUnsafeBufferPointer { intern(bytes: $0) }.map { (.bytes, $0) }
    }
  }

  /// Puts bytes into the arena and gives their place, as `Record.bits` has it; nil when the arena
  /// would outgrow 32-bit offsets.
  package mutating func intern(bytes: UnsafeBufferPointer<UInt8>) -> UInt64? {
    guard arena.count + bytes.count <= Int(UInt32.max) else { return nil }
    let place = UInt64(arena.count) << 32 | UInt64(bytes.count)
    arena.append(contentsOf: bytes)
    return place
  }

  /// The bytes of a text or byte record.
  package func bytes(of record: Record) -> ArraySlice<UInt8> {
    let start = Int(record.bits >> 32)
    return arena[start..<(start + Int(record.bits & 0xFFFF_FFFF))]
  }

  /// The record's value as a number, as `Value.doubleValue`.
  package func doubleValue(of record: Record) -> Double? {
    switch record.kind {
    case .double: Double(bitPattern: record.bits)
    case .none, .string, .bytes: nil
    default: value(of: record).doubleValue
    }
  }

  package func value(of record: Record) -> Value {
    switch record.kind {
    case .none: .none
    case .bool: .bool(record.bits != 0)
    case .int64: .int64(Int64(bitPattern: record.bits))
    case .uint64: .uint64(record.bits)
    case .double: .double(Double(bitPattern: record.bits))
    case .string: .string(String(decoding: bytes(of: record), as: UTF8.self))
    case .bytes: .bytes(Array(bytes(of: record)))
    }
  }
}

extension SampleBatch: RandomAccessCollection {
  /// Always 0.
  public var startIndex: Int { 0 }

  /// The number of samples.
  public var endIndex: Int { records.count }

  /// The sample at `position`, as a value of its own.
  public subscript(position: Int) -> Sample {
    let record = records[position]
    return Sample(
      tag: record.tag, value: value(of: record), quality: record.quality,
      sourceTime: record.sourceTime, gatewayTime: record.gatewayTime,
      monotonicTime: record.monotonicTime, sequence: record.sequence,
      sampleClass: record.sampleClass, configurationVersion: record.configurationVersion)
  }
}
