internal import CANCore
internal import CSocketCAN

/// The kernel's frames (linux/can.h): 16 bytes for a classic one, 72 for CAN FD.
enum KernelFrame {
  /// The bytes of the longest frame.
  static let longest = 72
  static let classicLength = 16
  static let fdLength = 72

  /// Appends the frame in a slot of 72 bytes; false when `length` is that of no frame.
  ///
  /// Lengths that no frame has are cut to what fits.
  static func append(
    _ slot: UnsafeRawPointer, length: Int, time: Int64, channel: UInt16, transmitted: Bool,
    to batch: inout CANFrameBatch
  ) -> Bool {
    guard length == classicLength || length == fdLength else { return false }
    let rawID = slot.loadUnaligned(as: UInt32.self)
    let byteCount = slot.load(fromByteOffset: 4, as: UInt8.self)
    var flags: CANFlags = transmitted ? .transmitted : []
    if length == fdLength {
      // Received frames carry the FD mark 0x04 here too; the length says it already.
      let bits = slot.load(fromByteOffset: 5, as: UInt8.self)
      flags.insert(.fd)
      if bits & UInt8(CANFD_BRS) != 0 { flags.insert(.bitRateSwitch) }
      if bits & UInt8(CANFD_ESI) != 0 { flags.insert(.errorStateIndicator) }
      var payload = CANPayload()
      let identifier = CANIdentifier(truncating: rawID & ~0x6000_0000)
      for index in 0..<Int(min(byteCount, 64)) {
        payload.append(slot.load(fromByteOffset: 8 + index, as: UInt8.self))
      }
      batch.append(
        CANFrame(
          time: time, identifier: identifier, channel: channel, flags: flags, payload: payload))
      return true
    }
    let count = Int(min(byteCount, 8))
    var code = UInt8(count)
    let rawCode = slot.load(fromByteOffset: 7, as: UInt8.self)
    if count == 8, rawCode > 8, rawCode <= 15 { code = rawCode }
    var identifier = CANIdentifier(truncating: rawID & ~0x6000_0000)
    if rawID & UInt32(CAN_ERR_FLAG) != 0 {
      flags.insert(.error)
      identifier = CANIdentifier(truncating: rawID | CANIdentifier.extendedFlag)
    } else if rawID & UInt32(CAN_RTR_FLAG) != 0 {
      flags.insert(.remote)
    }
    let word = UInt64(
      littleEndian: slot.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    batch.append(
      time: time, identifier: identifier, channel: channel, flags: flags, dataLengthCode: code,
      count: flags.contains(.remote) ? 0 : count, word: word)
    return true
  }

  /// Whether a frame of its kind holds its data; `write` would cut them.
  static func holds(_ frame: CANFrame) -> Bool {
    frame.flags.contains(.fd) || frame.payload.count <= 8
  }

  /// Writes a frame into a slot of 72 zeroed bytes; gives its length in bytes.
  static func write(_ frame: CANFrame, to slot: UnsafeMutableRawPointer) -> Int {
    var rawID = frame.identifier.rawValue
    if frame.flags.contains(.error) {
      rawID = frame.identifier.value | UInt32(CAN_ERR_FLAG)
    } else if frame.flags.contains(.remote) {
      rawID |= UInt32(CAN_RTR_FLAG)
    }
    slot.storeBytes(of: rawID, as: UInt32.self)
    let isFD = frame.flags.contains(.fd)
    let limit = isFD ? 64 : 8
    let count = frame.flags.contains(.remote) ? 0 : min(frame.payload.count, limit)
    let length = frame.flags.contains(.remote) ? min(Int(frame.dataLengthCode), 8) : count
    slot.storeBytes(of: UInt8(length), toByteOffset: 4, as: UInt8.self)
    if isFD {
      var bits: UInt8 = 0
      if frame.flags.contains(.bitRateSwitch) { bits |= UInt8(CANFD_BRS) }
      if frame.flags.contains(.errorStateIndicator) { bits |= UInt8(CANFD_ESI) }
      slot.storeBytes(of: bits, toByteOffset: 5, as: UInt8.self)
    } else if length == 8, frame.dataLengthCode > 8, frame.dataLengthCode <= 15 {
      slot.storeBytes(of: frame.dataLengthCode, toByteOffset: 7, as: UInt8.self)
    }
    for index in 0..<count {
      slot.storeBytes(of: frame.payload[index], toByteOffset: 8 + index, as: UInt8.self)
    }
    return isFD ? fdLength : classicLength
  }
}
