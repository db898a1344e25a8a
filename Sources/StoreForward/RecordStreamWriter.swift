/// Records as a stream of bytes, for moving a buffer between machines.
///
/// The stream is `SFX1`, then a frame a record: how many bytes follow the frame's first eight (u32),
/// CRC-32C of these (u32), number (u64), time (i64), count of labels (u32), labels (u32 and u64 each),
/// payload. The last frame has the length 0xFFFFFFFF and holds the count of records (u64). All numbers
/// are little-endian.
public struct RecordStreamWriter: Sendable {
  /// Bytes that are ready to be written; take them out as you go.
  public var bytes: [UInt8]
  private var count: UInt64 = 0

  /// A stream that begins.
  public init() { bytes = Array("SFX1".utf8) }

  /// Adds the records of a batch; gaps are not carried.
  public mutating func append(_ batch: borrowing StoredBatch) {
    for index in 0..<batch.count {
      var out = ByteEncoder()
      out.append(batch.sequence(at: index))
      out.append(batch.time(at: index))
      let labels = batch.labels(at: index)
      out.append(UInt32(labels.count))
      for label in labels {
        out.append(label.label)
        out.append(label.count)
      }
      out.append(contentsOf: batch.payload(at: index))
      emit(length: UInt32(out.bytes.count), out.bytes)
      count += 1
    }
  }

  /// Ends the stream: without this the reader takes it for cut off.
  public mutating func finish() {
    var out = ByteEncoder()
    out.append(count)
    emit(length: .max, out.bytes)
  }

  private mutating func emit(length: UInt32, _ body: [UInt8]) {
    var head = ByteEncoder()
    head.append(length)
    head.append(Checksum.crc32c(body))
    bytes += head.bytes
    bytes += body
  }
}
