/// The check of a serial frame: CRC-16 with the reflected polynomial 0xA001, started at 0xFFFF (Modbus over serial line 1.02,
/// section 6.2.2). It is sent low byte first.
enum CRC16 {
  private static let table: [UInt16] = (0..<256).map { index in
    var value = UInt16(index)
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xA001 : value >> 1 }
    return value
  }

  /// The check of `count` bytes from `start` on.
  static func of(_ bytes: RawSpan, from start: Int, count: Int) -> UInt16 {
    var crc: UInt16 = 0xFFFF
    for offset in start..<(start + count) {
      let byte = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      crc = crc >> 8 ^ table[Int((crc ^ UInt16(byte)) & 255)]
    }
    return crc
  }

  /// The check of bytes.
  static func of(_ bytes: [UInt8]) -> UInt16 { of(bytes.span.bytes, from: 0, count: bytes.count) }
}
