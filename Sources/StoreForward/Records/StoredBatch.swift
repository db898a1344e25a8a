/// Records as a cursor or a reader hands them out: views of one buffer, in the order of their numbers.
///
/// A batch is borrowed while a closure runs; keep what is needed beyond by copying it
/// (`payload(at:)`).
public struct StoredBatch: ~Copyable {
  let storage: BatchStorage

  init(_ storage: BatchStorage) { self.storage = storage }

  /// How many records there are; none if the batch only reports gaps.
  public var count: Int { storage.records.count }
  /// Whether there is no record.
  public var isEmpty: Bool { storage.records.isEmpty }
  /// Numbers missing before, between or after the records, and why.
  public var gaps: [Gap] { storage.gaps }
  /// The first number that the batch covers, by a record or a gap.
  public var firstSequence: UInt64 { storage.firstSequence }
  /// The last number that the batch covers, by a record or a gap; acknowledge through this one.
  public var lastSequence: UInt64 { storage.lastSequence }
  /// Bytes of all payloads.
  public var payloadByteCount: Int { storage.payloadBytes }

  /// The number of the record at an index below `count`.
  public func sequence(at index: Int) -> UInt64 { storage.records[index].sequence }
  /// The time of the record at an index below `count`, in nanoseconds since 1970.
  public func time(at index: Int) -> Int64 { storage.records[index].time }
  /// How many bytes the payload at an index below `count` has.
  public func payloadSize(at index: Int) -> Int { storage.records[index].length }
  /// A copy of the payload at an index below `count`.
  public func payload(at index: Int) -> [UInt8] { [UInt8](storage.bytes(at: index)) }

  /// The label counts that the record at an index below `count` was appended with.
  public func labels(at index: Int) -> [LabelCount] {
    let record = storage.records[index]
    return LabelCount.decode(
      UnsafeRawBufferPointer(
        rebasing: storage.buffer[
          record.labelsOffset..<(record.labelsOffset + record.labelsLength)]))
  }

  /// Runs the body with a view of the payload at an index below `count`.
  public func withPayload<Result, Failure: Error>(
    at index: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(storage.bytes(at: index).bytes)
  }

  /// Runs the body with each record's number, time and payload, in order.
  public func forEach<Failure: Error>(
    _ body: (_ sequence: UInt64, _ time: Int64, _ payload: RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    for index in storage.records.indices {
      let record = storage.records[index]
      try body(record.sequence, record.time, storage.bytes(at: index).bytes)
    }
  }
}

/// The buffer of a batch, used again for the next one.
final class BatchStorage: @unchecked Sendable {  // one thread or task has it at a time
  struct Entry {
    var sequence: UInt64
    var time: Int64
    var offset: Int
    var length: Int
    /// The label record that follows, if any.
    var labelsOffset = 0
    var labelsLength = 0
  }

  private(set) var buffer: UnsafeMutableRawBufferPointer
  var records: ContiguousArray<Entry> = []
  var gaps: [Gap] = []
  var firstSequence: UInt64 = 0
  var lastSequence: UInt64 = 0
  var payloadBytes = 0

  init() { buffer = .allocate(byteCount: 4096, alignment: 4096) }

  deinit { buffer.deallocate() }

  func clear(from sequence: UInt64) {
    records.removeAll(keepingCapacity: true)
    gaps.removeAll()
    firstSequence = sequence
    lastSequence = sequence &- 1
    payloadBytes = 0
  }

  func reserve(_ count: Int) {
    guard count > buffer.count else { return }
    buffer.deallocate()
    buffer = .allocate(byteCount: count, alignment: 4096)
  }

  /// The payload of a record; its bounds were proved when the buffer was walked.
  func bytes(at index: Int) -> UnsafeRawBufferPointer {
    let record = records[index]
    return UnsafeRawBufferPointer(
      rebasing: buffer[record.offset..<(record.offset + record.length)])
  }

  /// Numbers `first ... last` are not there.
  func addGap(_ first: UInt64, _ last: UInt64, _ reason: Gap.Reason) {
    guard first <= last else { return }
    if let previous = gaps.last, previous.reason == reason, previous.last &+ 1 == first {
      gaps[gaps.count - 1].last = last
    } else {
      gaps.append(Gap(first: first, last: last, reason: reason))
    }
    lastSequence = last
  }
}
