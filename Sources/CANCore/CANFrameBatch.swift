/// Many frames in two flat arrays: what readers produce and decoders consume.
///
/// The headers are 24 bytes each. The data bytes stand apart in 64-bit words (first byte lowest, each frame
/// padded with zeros to whole words, one spare zero word behind the last), so that a decoder may load
/// the word at `firstWord` and the one behind it without looking at the length.
public struct CANFrameBatch: Sendable {
  /// The fixed part of one frame.
  @frozen
  public struct Header: Sendable, Hashable {
    /// Nanoseconds since 1970 (UTC).
    public var time: Int64
    /// The identifier with bit 31 as the mark of an extended one.
    public var identifier: CANIdentifier
    /// Index of the frame's first word in the batch's words.
    public var firstWord: UInt32
    /// Index into the batch's `channels`.
    public var channel: UInt16
    /// Number of data bytes, 0 to 64.
    public var count: UInt8
    /// Frame format, direction, remote and error marks.
    public var flags: CANFlags
    /// The data length code, 0 to 15.
    public var dataLengthCode: UInt8
  }

  /// The fixed parts, in the order the frames were seen.
  public private(set) var headers: [Header]
  /// The data of all frames, each padded to whole words, and one zero word behind.
  public private(set) var words: [UInt64]
  /// The names of the channels, by `Header.channel`; empty when the source has no names.
  public var channels: [String]

  /// An empty batch.
  public init(channels: [String] = []) {
    headers = []
    words = [0]
    self.channels = channels
  }

  /// A batch of the given frames.
  public init(_ frames: some Sequence<CANFrame>, channels: [String] = []) {
    self.init(channels: channels)
    for frame in frames { append(frame) }
  }

  /// Makes room for so many frames of up to 8 bytes.
  public mutating func reserveCapacity(_ count: Int) {
    headers.reserveCapacity(count)
    words.reserveCapacity(count + 1)
  }

  /// Forgets the frames and keeps the memory and the channel names.
  public mutating func removeAll() {
    headers.removeAll(keepingCapacity: true)
    words.removeAll(keepingCapacity: true)
    words.append(0)
  }

  /// Adds a frame.
  public mutating func append(_ frame: CANFrame) {
    appendHeader(
      time: frame.time, identifier: frame.identifier, channel: frame.channel, flags: frame.flags,
      dataLengthCode: frame.dataLengthCode, count: frame.payload.count)
    let wordCount = (frame.payload.count + 7) >> 3
    guard wordCount > 0 else { return }
    words[words.count - 1] = frame.payload.word(0)
    for index in 1..<Swift.max(1, wordCount) { words.append(frame.payload.word(index)) }
    words.append(0)
  }

  /// Adds a frame of up to 8 bytes whose data is already in one word (first byte lowest).
  /// Bytes past `count` are cleared; a `count` above 8 is taken as 8, a negative one as 0.
  @inlinable
  public mutating func append(
    time: Int64, identifier: CANIdentifier, channel: UInt16 = 0, flags: CANFlags = [],
    dataLengthCode: UInt8, count: Int, word: UInt64
  ) {
    let count = Swift.max(0, Swift.min(count, 8))
    appendHeader(
      time: time, identifier: identifier, channel: channel, flags: flags,
      dataLengthCode: dataLengthCode, count: count)
    guard count > 0 else { return }
    replaceSpareWord(word & (UInt64.max >> UInt64(64 - count * 8)))
  }

  @usableFromInline
  mutating func replaceSpareWord(_ word: UInt64) {
    words[words.count - 1] = word
    words.append(0)
  }

  @usableFromInline
  mutating func appendHeader(
    time: Int64, identifier: CANIdentifier, channel: UInt16, flags: CANFlags,
    dataLengthCode: UInt8, count: Int
  ) {
    headers.append(
      Header(
        time: time, identifier: identifier,
        firstWord: UInt32(truncatingIfNeeded: words.count - 1), channel: channel,
        count: UInt8(truncatingIfNeeded: count), flags: flags, dataLengthCode: dataLengthCode))
  }

  /// The name of a frame's channel, if the source has names.
  public func channelName(of header: Header) -> String? {
    Int(header.channel) < channels.count ? channels[Int(header.channel)] : nil
  }
}

extension CANFrameBatch: RandomAccessCollection {
  /// Always 0.
  public var startIndex: Int { 0 }

  /// The number of frames.
  public var endIndex: Int { headers.count }

  /// The frame at `position`, as a value of its own.
  public subscript(position: Int) -> CANFrame {
    let header = headers[position]
    let first = Int(header.firstWord)
    let wordCount = (Int(header.count) + 7) >> 3
    let payload = words.withUnsafeBufferPointer { buffer in
      CANPayload(
        words: UnsafeBufferPointer(rebasing: buffer[first..<(first + wordCount)]),
        count: Int(header.count))
    }
    return CANFrame(
      time: header.time, identifier: header.identifier, channel: header.channel,
      flags: header.flags, payload: payload, dataLengthCode: header.dataLengthCode)
  }
}
