internal import CANCore

extension CANFrameBatch {
  /// Appends a frame; a classic payload goes in as one word.
  @inline(__always)
  mutating func append(
    time: Int64, identifier: CANIdentifier, channel: UInt16, flags: CANFlags, code: UInt8,
    payload: CANPayload
  ) {
    if payload.count <= 8 {
      append(
        time: time, identifier: identifier, channel: channel, flags: flags, dataLengthCode: code,
        count: payload.count, word: payload.word(0))
    } else {
      append(
        CANFrame(
          time: time, identifier: identifier, channel: channel, flags: flags, payload: payload,
          dataLengthCode: code))
    }
  }
}
