internal import CANCore

/// One object of a BLF log: 32 or 40 bytes of header, then what its type says. Everything is little-endian.
struct BLFObject {
  enum Kind {
    static let message: UInt32 = 1
    static let error: UInt32 = 2
    static let container: UInt32 = 10
    static let errorExtended: UInt32 = 73
    static let message2: UInt32 = 86
    static let fdMessage: UInt32 = 100
    static let fdMessage64: UInt32 = 101
    static let fdError64: UInt32 = 104
    static let dataLostBegin: UInt32 = 125
  }

  static let signature: UInt32 = 0x4A42_4F4C  // LOBJ
  /// Signature, header size and version, object size, type.
  static let baseHeaderSize = 16

  let headerSize: Int
  let version: UInt16
  /// With all headers; 0 in files that a recorder did not finish.
  let size: Int
  let kind: UInt32

  /// The header at the beginning of `bytes`, which must hold 16 of them; nil when there is none.
  @inline(__always)
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.baseHeaderSize,
      UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == Self.signature
    else { return nil }
    headerSize = Int(
      UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self)))
    version = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    size = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    kind = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
  }

  /// Whether a frame is in it.
  var isFrame: Bool {
    switch kind {
    case Kind.message, Kind.message2, Kind.fdMessage, Kind.fdMessage64, Kind.error,
      Kind.errorExtended, Kind.fdError64:
      true
    default: false
    }
  }

  /// What became of a frame, by the number that stands in it; any other number counts as received.
  private enum Direction {
    static let transmitted: UInt8 = 1
    /// TxRq: a request to send is not on the bus yet; its frame comes as an object of its own.
    static let requested: UInt8 = 2
    /// In the flags of CAN_MESSAGE, CAN_MESSAGE2 and CAN_FD_MESSAGE it has the low four bits. Above them: bit 5 the error of one of
    /// two wires (NERR), 6 wake-up, 7 remote.
    static let mask: UInt8 = 0x0F
  }

  /// The longest object with a frame; more is damage.
  static let longestFrame = 4096

  /// Appends the object's frame to the batch; a text says what is wrong when there is none. A request to send is no
  /// frame, and nothing is wrong with it.
  ///
  /// - Parameter bytes: the whole object.
  func append(
    _ bytes: UnsafeRawBufferPointer, start: Int64, channels: inout NumberedChannels,
    to batch: inout CANFrameBatch
  ) -> String? {
    let fixedHeader = version == 2 ? 40 : 32
    guard version == 1 || version == 2 else { return "the version of its header is not known" }
    guard bytes.count >= fixedHeader else { return "it is shorter than its header" }
    let body = headerSize >= fixedHeader && headerSize <= bytes.count ? headerSize : fixedHeader
    func u8(_ offset: Int) -> UInt8 { bytes[body + offset] }
    func u16(_ offset: Int) -> UInt16 {
      UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: body + offset, as: UInt16.self))
    }
    func u32(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: body + offset, as: UInt32.self))
    }
    let room = bytes.count - body
    let unit: UInt64 =
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)) == 1
      ? 10_000 : 1
    let stamp = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    let (nanoseconds, overflow) = stamp.multipliedReportingOverflow(by: unit)
    guard !overflow, let offset = Int64(exactly: nanoseconds) else {
      return "its time lies beyond the year 2262"
    }
    let (time, overflowToo) = start.addingReportingOverflow(offset)
    guard !overflowToo else { return "its time lies beyond the year 2262" }

    var number = 0
    var direction: UInt8 = 0
    var flags: CANFlags = []
    var rawID: UInt32 = CANIdentifier.extendedFlag
    var code: UInt8 = 0
    var dataStart = 0
    var count = 0
    switch kind {
    case Kind.message, Kind.message2:
      guard room >= 16 else { return "it is too short for its frame" }
      number = Int(u16(0))
      direction = u8(2) & Direction.mask
      if u8(2) & 0x80 != 0 { flags.insert(.remote) }
      code = min(u8(3), 15)
      rawID = u32(4)
      dataStart = 8
      count = Int(min(u8(3), 8))
    case Kind.fdMessage:
      guard room >= 20 else { return "it is too short for its frame" }
      number = Int(u16(0))
      direction = u8(2) & Direction.mask
      if u8(2) & 0x80 != 0 { flags.insert(.remote) }
      code = min(u8(3), 15)
      rawID = u32(4)
      setFD(&flags, isFD: u8(13) & 1 != 0, brs: u8(13) & 2 != 0, esi: u8(13) & 4 != 0)
      dataStart = 20
      count = Int(u8(14))
    case Kind.fdMessage64:
      guard room >= 40 else { return "it is too short for its frame" }
      number = Int(u8(0))
      code = min(u8(1), 15)
      count = Int(u8(2))
      rawID = u32(4)
      let bits = u32(12)
      if bits & 0x10 != 0 { flags.insert(.remote) }
      setFD(
        &flags, isFD: bits & 0x1000 != 0, brs: bits & 0x2000 != 0, esi: bits & 0x4000 != 0)
      // A byte of its own here.
      direction = u8(34)
      dataStart = 40
      // Other data may stand behind, from an offset that counts from the object's beginning.
      let extra = Int(u8(35))
      if extra != 0 { count = min(count, max(0, extra - body - 40)) }
    case Kind.error:
      guard room >= 2 else { return "it is too short for its frame" }
      number = Int(u16(0))
      flags = .error
    case Kind.errorExtended:
      guard room >= 32 else { return "it is too short for its frame" }
      number = Int(u16(0))
      flags = .error
      code = min(u8(10), 15)
      rawID = u32(16)
      dataStart = 24
      count = Int(min(u8(10), 8))
    case Kind.fdError64:
      guard room >= 44 else { return "it is too short for its frame" }
      number = Int(u8(0))
      flags = .error
      rawID = u32(12)
    default:
      return "it is no frame"
    }
    if direction == Direction.requested { return nil }
    if direction == Direction.transmitted { flags.insert(.transmitted) }
    if flags.contains(.remote) { count = 0 }
    let limit = flags.contains(.fd) ? 64 : 8
    guard count <= limit else {
      return "a \(limit == 8 ? "classic" : "CAN FD") frame has up to \(limit) bytes of data"
    }
    guard count <= room - dataStart else { return "it is too short for its data" }
    guard let channel = channels.channel(number: number) else {
      return "there are too many channels"
    }
    // Recorders that forget the mark of an extended identifier: no standard one is so large.
    if rawID & 0x1FFF_FFFF > 0x7FF { rawID |= CANIdentifier.extendedFlag }
    let identifier = CANIdentifier(truncating: rawID)
    if count <= 8 {
      var word: UInt64 = 0
      if room - dataStart >= 8 {
        word = UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: body + dataStart, as: UInt64.self))
      } else {
        for index in 0..<count {
          word |= UInt64(bytes[body + dataStart + index]) << UInt64(index * 8)
        }
      }
      batch.append(
        time: time, identifier: identifier, channel: channel, flags: flags, dataLengthCode: code,
        count: count, word: word)
    } else {
      var payload = CANPayload()
      for index in 0..<count { payload.append(bytes[body + dataStart + index]) }
      batch.append(
        CANFrame(
          time: time, identifier: identifier, channel: channel, flags: flags, payload: payload,
          dataLengthCode: code))
    }
    return nil
  }

  @inline(__always)
  private func setFD(_ flags: inout CANFlags, isFD: Bool, brs: Bool, esi: Bool) {
    // Classic frames of a CAN FD channel are in these objects too.
    guard isFD else { return }
    flags.insert(.fd)
    if brs { flags.insert(.bitRateSwitch) }
    if esi { flags.insert(.errorStateIndicator) }
  }
}
