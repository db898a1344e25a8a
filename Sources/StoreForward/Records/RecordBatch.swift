/// Records on their way into a store: opaque bytes, each with a time and, if wanted, counts a label.
///
/// A batch is filled once and may be emptied and used again; filling it copies each payload once and
/// allocates only while it grows.
///
/// ```swift
/// var batch = RecordBatch()
/// try batch.append([1, 2, 3], time: now)
/// try store.append(batch)
/// batch.removeAll()
/// ```
///
/// A batch alone owns its buffer: it can be handed to another thread, but not shared.
public struct RecordBatch: ~Copyable, @unchecked Sendable {  // who has the batch has its memory alone
  private var storage: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var byteCount = 0
  /// How many records are in the batch.
  public private(set) var count = 0
  /// Bytes of all payloads.
  public private(set) var payloadByteCount = 0
  /// The largest payload, in bytes.
  public private(set) var largestPayload = 0
  private(set) var largestUnit = 0
  private(set) var hasLabels = false
  private(set) var minTime = Int64.max
  private(set) var maxTime = Int64.min

  /// The largest payload that any store takes, in bytes. A store with small segments takes less:
  /// a quarter of its segment size less 24.
  public static let payloadLimit = Layout.largestPayload

  /// An empty batch with room for so many bytes before it grows (24 a record on top of payloads).
  public init(reservingBytes bytes: Int = 4096) {
    capacity = max(64, bytes)
    storage = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { storage.deallocate() }

  /// Whether there is no record.
  public var isEmpty: Bool { count == 0 }

  /// Empties the batch and keeps its memory.
  public mutating func removeAll() {
    byteCount = 0
    count = 0
    payloadByteCount = 0
    largestPayload = 0
    largestUnit = 0
    hasLabels = false
    minTime = .max
    maxTime = .min
  }

  /// Adds one record.
  ///
  /// - Parameters:
  ///   - payload: Its bytes; may be none.
  ///   - time: Nanoseconds since 1970; any number is taken, the order of records is theirs alone.
  /// - Throws: `StoreError.Code.recordTooLarge` above `payloadLimit`.
  public mutating func append(_ payload: RawSpan, time: Int64) throws(StoreError) {
    try payload.withUnsafeBytes { (bytes) throws(StoreError) in
      try append(bytes: bytes, time: time, labels: [])
    }
  }

  /// Adds one record; see the first form.
  public mutating func append(_ payload: [UInt8], time: Int64) throws(StoreError) {
    try append(payload.span.bytes, time: time)
  }

  /// Adds one record with counts a label, which the store sums up when the record is evicted unread.
  ///
  /// - Parameters:
  ///   - payload: Its bytes; may be none.
  ///   - time: Nanoseconds since 1970.
  ///   - labels: What the record holds how much of, e.g. samples a tag; up to 65,536 of them.
  /// - Throws: `StoreError.Code.recordTooLarge` above `payloadLimit` or for too many labels.
  public mutating func append(
    _ payload: RawSpan, time: Int64, labels: [LabelCount]
  ) throws(StoreError) {
    try payload.withUnsafeBytes { (bytes) throws(StoreError) in
      try append(bytes: bytes, time: time, labels: labels)
    }
  }

  /// Adds one record with counts a label; see the form for spans.
  public mutating func append(
    _ payload: [UInt8], time: Int64, labels: [LabelCount]
  ) throws(StoreError) {
    try append(payload.span.bytes, time: time, labels: labels)
  }

  private mutating func append(
    bytes: UnsafeRawBufferPointer, time: Int64, labels: [LabelCount]
  ) throws(StoreError) {
    guard bytes.count <= Layout.largestPayload, labels.count <= 65_536 else {
      throw StoreError(
        .recordTooLarge,
        "a record of \(bytes.count) bytes with \(labels.count) labels is too large",
        advice: "split it; the limits are \(Layout.largestPayload) bytes and 65536 labels")
    }
    var unit = RecordHeader.byteLength(payload: bytes.count)
    if !labels.isEmpty {
      unit += RecordHeader.byteLength(payload: labels.count * LabelCount.encodedSize)
    }
    if byteCount + unit > capacity { grow(by: unit) }
    write(kind: Layout.dataKind, length: bytes.count, time: time) { target in
      if let source = bytes.baseAddress { target.copyMemory(from: source, byteCount: bytes.count) }
    }
    if !labels.isEmpty {
      let length = labels.count * LabelCount.encodedSize
      write(kind: Layout.labelsKind, length: length, time: time) { target in
        for (index, label) in labels.enumerated() {
          target.store(label.label, index * LabelCount.encodedSize)
          target.store(label.count, index * LabelCount.encodedSize + 4)
        }
      }
    }
    if !labels.isEmpty { hasLabels = true }
    count += 1
    payloadByteCount += bytes.count
    largestPayload = max(largestPayload, bytes.count)
    largestUnit = max(largestUnit, unit)
    minTime = min(minTime, time)
    maxTime = max(maxTime, time)
  }

  /// Number and checksum of the header are filled in when the record's place is known.
  @inline(__always)
  private mutating func write(
    kind: UInt8, length: Int, time: Int64, _ fill: (UnsafeMutableRawPointer) -> Void
  ) {
    let header = storage + byteCount
    let payload = header + Layout.recordHeaderSize
    fill(payload)
    let padding = padded(length) - length
    if padding > 0 {
      (payload + length).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
    }
    header.store(
      UInt32(truncatingIfNeeded: length) | UInt32(kind) << 24, RecordHeader.lengthAndKind)
    header.store(
      Checksum.crc32c(UnsafeRawPointer(payload), count: length), RecordHeader.payloadCRC)
    header.store(UInt32(0), RecordHeader.crc)
    header.store(UInt32(0), RecordHeader.sequenceLow)
    header.store(time, RecordHeader.time)
    byteCount += RecordHeader.byteLength(payload: length)
  }

  private mutating func grow(by count: Int) {
    let larger = max(capacity * 2, byteCount + count)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    moved.copyMemory(from: storage, byteCount: byteCount)
    storage.deallocate()
    storage = moved
    capacity = larger
  }

  /// The encoded records; valid while the batch is borrowed.
  @inline(__always)
  var encoded: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: byteCount) }
}
