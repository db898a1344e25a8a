/// One CAN frame: what stood on the bus, when, and on which channel.
public struct CANFrame: Sendable, Hashable {
  /// When it was seen, in nanoseconds since 1970 (UTC).
  public var time: Int64
  /// Its identifier; for an error frame, the error classes.
  public var identifier: CANIdentifier
  /// Which bus it was on: the index into the channel names of the batch or reader it came from.
  public var channel: UInt16
  /// Frame format, direction, remote and error marks.
  public var flags: CANFlags
  /// The data length code as it stood on the bus, 0 to 15. A remote frame has a code and no data.
  public var dataLengthCode: UInt8
  /// The data bytes.
  public var payload: CANPayload

  /// A frame; the data length code follows from the payload unless given (a remote frame needs it).
  public init(
    time: Int64 = 0, identifier: CANIdentifier, channel: UInt16 = 0, flags: CANFlags = [],
    payload: CANPayload = CANPayload(), dataLengthCode: UInt8? = nil
  ) {
    self.time = time
    self.identifier = identifier
    self.channel = channel
    self.flags = flags
    self.payload = payload
    self.dataLengthCode = dataLengthCode ?? CANFrame.dataLengthCode(forByteCount: payload.count)
  }

  /// The smallest data length code that holds so many bytes (ISO 11898-1: 9 to 15 stand for
  /// 12, 16, 20, 24, 32, 48 and 64 bytes).
  public static func dataLengthCode(forByteCount count: Int) -> UInt8 {
    switch count {
    case ...0: 0
    case ...8: UInt8(count)
    case ...12: 9
    case ...16: 10
    case ...20: 11
    case ...24: 12
    case ...32: 13
    case ...48: 14
    default: 15
    }
  }

  /// The bytes that a data length code stands for: 0 to 8 in a classic frame, up to 64 in FD.
  public static func byteCount(forDataLengthCode code: UInt8, isFD: Bool) -> Int {
    guard isFD, code > 8 else { return Int(min(code, 8)) }
    return [12, 16, 20, 24, 32, 48, 64][Int(min(code, 15)) - 9]
  }
}
