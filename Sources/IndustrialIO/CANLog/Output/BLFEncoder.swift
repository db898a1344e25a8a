internal import CANCore
internal import CZlib
internal import IndustrialModel

/// Vector's BLF: objects of version 1 in packed containers of 128 KB, times in nanoseconds.
///
/// The recording starts at the millisecond of its first frame; channels are numbers. Sizes and counts in the file header
/// are known at the end only: where the file can't be written from the beginning again, they stay 0, which readers take.
struct BLFEncoder: CANLogEncoder {
  private static let containerSize = 128 * 1024

  private var start: Int64?
  private var stop: Int64 = 0
  private var numbers = ChannelNumbers()
  private var objects: [UInt8] = []
  private var objectCount: UInt32 = 0
  private var fileSize: UInt64 = 0
  private var unpackedSize: UInt64 = UInt64(BLFParser.fileHeaderSize)
  private(set) var shiftedTimes = 0

  mutating func append(_ batch: CANFrameBatch, to bytes: inout [UInt8]) {
    for frame in batch {
      let start = self.start ?? begin(at: frame.time, &bytes)
      append(
        frame, number: numbers.number(of: frame.channel, in: batch.channels), start: start)
      if objects.count >= Self.containerSize { writeContainer(&bytes) }
    }
  }

  mutating func finish(to bytes: inout [UInt8]) {
    if start == nil { _ = begin(at: 0, &bytes) }
    if !objects.isEmpty { writeContainer(&bytes) }
  }

  func finalHead() -> [UInt8]? { head() }

  private mutating func begin(at time: Int64, _ bytes: inout [UInt8]) -> Int64 {
    let begin = max(0, time) / 1_000_000 * 1_000_000
    start = begin
    stop = begin
    bytes += head()
    fileSize = UInt64(BLFParser.fileHeaderSize)
    return begin
  }

  // MARK: File header

  private func head() -> [UInt8] {
    var head: [UInt8] = []
    head.append(little: BLFParser.signature)
    head.append(little: UInt32(BLFParser.fileHeaderSize))
    // Application 5 is what others write too; version of the format 2.6.8.1.
    head += [5, 0, 0, 0, 2, 6, 8, 1]
    head.append(little: fileSize)
    head.append(little: unpackedSize)
    head.append(little: objectCount)
    head.append(little: UInt32(0))
    appendSystemTime(start ?? 0, to: &head)
    appendSystemTime(stop, to: &head)
    head += [UInt8](repeating: 0, count: BLFParser.fileHeaderSize - head.count)
    return head
  }

  private func appendSystemTime(_ time: Int64, to bytes: inout [UInt8]) {
    let seconds = time / 1_000_000_000
    let date = CivilDate.fields(seconds: seconds)
    // Sunday is 0 there, Thursday 0 here.
    let weekday = Int64((date.weekday + 4) % 7)
    let milliseconds = time % 1_000_000_000 / 1_000_000
    for field in [
      date.year, date.month, weekday, date.day, date.hour, date.minute, date.second, milliseconds,
    ] {
      bytes.append(little: UInt16(truncatingIfNeeded: field))
    }
  }

  // MARK: Objects

  private mutating func append(_ frame: CANFrame, number: Int, start: Int64) {
    let (difference, overflow) = frame.time.subtractingReportingOverflow(start)
    if overflow || difference < 0 { shiftedTimes += 1 }
    let elapsed = UInt64(overflow ? 0 : max(0, difference))
    stop = max(stop, frame.time)
    let flags = frame.flags
    let channel = UInt16(truncatingIfNeeded: number)
    let isError = flags.contains(.error)
    let isFD = flags.contains(.fd) && !isError
    let kind =
      isError
      ? BLFObject.Kind.errorExtended : isFD ? BLFObject.Kind.fdMessage : BLFObject.Kind.message
    let bodySize = isError ? 32 : isFD ? 84 : 16
    let size = 32 + bodySize
    objects.append(little: BLFObject.signature)
    objects.append(little: UInt16(32))
    objects.append(little: UInt16(1))
    objects.append(little: UInt32(size))
    objects.append(little: kind)
    objects.append(little: UInt32(2))  // nanoseconds
    objects.append(little: UInt16(0))
    objects.append(little: UInt16(0))
    objects.append(little: elapsed)
    let rawID =
      frame.identifier.value | (frame.identifier.isExtended ? CANIdentifier.extendedFlag : 0)
    // 2 would be a request to send, which is no frame.
    let direction: UInt8 = flags.contains(.transmitted) ? 1 : 0
    let remote: UInt8 = flags.contains(.remote) ? 0x80 : 0
    let code = frame.dataLengthCode
    objects.append(little: channel)
    if isError {
      objects += [UInt8](repeating: 0, count: 8)
      objects += [min(code, 8), 0]
      objects.append(little: UInt32(0))
      objects.append(little: rawID)
      objects.append(little: UInt32(0))
      appendData(frame.payload, count: 8)
    } else if isFD {
      objects += [direction | remote, code]
      objects.append(little: rawID)
      objects.append(little: UInt32(0))
      objects.append(0)
      objects.append(
        1 | (flags.contains(.bitRateSwitch) ? 2 : 0)
          | (flags.contains(.errorStateIndicator) ? 4 : 0))
      objects.append(UInt8(truncatingIfNeeded: frame.payload.count))
      objects += [0, 0, 0, 0, 0]
      appendData(frame.payload, count: 64)
    } else {
      objects += [direction | remote, code]
      objects.append(little: rawID)
      appendData(frame.payload, count: 8)
    }
    objectCount &+= 1
  }

  private mutating func appendData(_ payload: CANPayload, count: Int) {
    for index in 0..<(count / 8) { objects.append(little: payload.word(index)) }
  }

  // MARK: Containers

  private mutating func writeContainer(_ bytes: inout [UInt8]) {
    let packed = Self.deflate(objects)
    let data = packed ?? objects
    let size = 32 + data.count
    bytes.append(little: BLFObject.signature)
    bytes.append(little: UInt16(16))
    bytes.append(little: UInt16(1))
    bytes.append(little: UInt32(truncatingIfNeeded: size))
    bytes.append(little: BLFObject.Kind.container)
    bytes.append(little: UInt16(packed == nil ? 0 : 2))
    bytes += [UInt8](repeating: 0, count: 6)
    bytes.append(little: UInt32(truncatingIfNeeded: objects.count))
    bytes.append(little: UInt32(0))
    bytes += data
    // As many as the remainder: what Vector's own tools write and read.
    bytes += [UInt8](repeating: 0, count: size % 4)
    fileSize += UInt64(size + size % 4)
    unpackedSize += UInt64(objects.count + 32)
    objects.removeAll(keepingCapacity: true)
  }

  /// Packed, or nil when zlib has no memory: then it goes unpacked.
  private static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard iiot_deflate_begin(&stream, 6) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let limit = Int(deflateBound(&stream, UInt(bytes.count)))
    var isWhole = false
    let packed = [UInt8](unsafeUninitializedCapacity: limit) { output, count in
      bytes.withUnsafeBufferPointer { input in
        // zlib does not write to its input.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(truncatingIfNeeded: input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(truncatingIfNeeded: limit)
        isWhole = CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
        count = limit - Int(stream.avail_out)
      }
    }
    return isWhole ? packed : nil
  }
}

extension [UInt8] {
  /// The bytes of a number, lowest first.
  mutating func append(little value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
