/// Takes a stream of `RecordStreamWriter` apart, in pieces of any size.
public struct RecordStreamReader: Sendable {
  private var pending: [UInt8] = []
  private var position = 0
  private var hasBegun = false
  /// Records read so far.
  public private(set) var count: UInt64 = 0
  /// Whether the stream's end was read and its count was right.
  public private(set) var isFinished = false

  /// A reader at the beginning of a stream.
  public init() {}

  /// Adds bytes of the stream and moves what is whole into a batch.
  ///
  /// - Throws: `StoreError` with code `invalidStream` at the first byte that can't be right; what the
  ///   batch got before can be used.
  public mutating func read(
    _ bytes: some Sequence<UInt8>, into batch: inout RecordBatch
  ) throws(StoreError) {
    pending.removeFirst(position)
    position = 0
    pending += bytes
    if !hasBegun {
      guard pending.count >= 4 else { return }
      guard pending.starts(with: "SFX1".utf8) else {
        throw StoreError(
          .invalidStream, "this is no stream of exported records",
          advice: "make one with iiotctl store export")
      }
      position = 4
      hasBegun = true
    }
    while !isFinished, let frame = try nextFrame() { try take(frame, into: &batch) }
    if isFinished, position < pending.count { throw damaged("bytes follow the end") }
  }

  private struct Frame {
    var isEnd: Bool
    var body: ArraySlice<UInt8>
  }

  /// The next whole frame with a good checksum, nil if more bytes are needed.
  private mutating func nextFrame() throws(StoreError) -> Frame? {
    guard pending.count - position >= 8 else { return nil }
    var head = ByteDecoder(pending[position..<(position + 8)])
    guard let length = try? head.next(UInt32.self), let crc = try? head.next(UInt32.self) else {
      return nil
    }
    let isEnd = length == .max
    let size = isEnd ? 8 : Int(length)
    guard size >= 8, size <= Layout.largestPayload + (1 << 20) else {
      throw damaged("a record claims \(length) bytes")
    }
    guard pending.count - position - 8 >= size else { return nil }
    let body = pending[(position + 8)..<(position + 8 + size)]
    guard Checksum.crc32c(Array(body)) == crc else { throw damaged("a checksum is wrong") }
    position += 8 + size
    return Frame(isEnd: isEnd, body: body)
  }

  private mutating func take(_ frame: Frame, into batch: inout RecordBatch) throws(StoreError) {
    var input = ByteDecoder(frame.body)
    var labels: [LabelCount] = []
    var time: Int64 = 0
    do throws(ByteDecoder.OutOfBytes) {
      if frame.isEnd {
        guard try input.next(UInt64.self) == count else { throw ByteDecoder.OutOfBytes() }
        isFinished = true
        return
      }
      _ = try input.next(UInt64.self)
      time = try input.next(Int64.self)
      let labelCount = Int(try input.next(UInt32.self))
      guard input.mayHold(labelCount, of: LabelCount.encodedSize) else {
        throw ByteDecoder.OutOfBytes()
      }
      for _ in 0..<labelCount {
        labels.append(LabelCount(label: try input.next(), count: try input.next()))
      }
    } catch {
      throw damaged("record \(count + 1) does not hold together")
    }
    let payload = Array(frame.body.dropFirst(20 + labels.count * LabelCount.encodedSize))
    try batch.append(payload, time: time, labels: labels)
    count += 1
  }

  private func damaged(_ what: String) -> StoreError {
    StoreError(
      .invalidStream, "the stream is damaged after record \(count): \(what)",
      advice: "export again; what came before can be used")
  }
}
