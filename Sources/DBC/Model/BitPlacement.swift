/// Where the bits of a signal stand in the bytes of its message.
struct BitPlacement: Equatable {
  /// First byte with a bit of the signal.
  let firstByte: Int
  /// The byte behind the last one with a bit of the signal.
  let endByte: Int
  let isBigEndian: Bool
  /// Position of the first bit: in Intel order counted from bit 0 of byte 0 (least significant first), in Motorola
  /// order counted from bit 7 of byte 0 (most significant first).
  let firstBit: Int
  let bitCount: Int

  init(startBit: Int, bitCount: Int, isBigEndian: Bool) {
    self.isBigEndian = isBigEndian
    self.bitCount = bitCount
    firstBit = isBigEndian ? startBit & ~7 | (7 - startBit & 7) : startBit
    firstByte = firstBit >> 3
    endByte = (firstBit + bitCount + 7) >> 3
  }

  init(_ signal: SignalRecord) {
    self.init(
      startBit: Int(signal.startBit), bitCount: Int(signal.bitCount),
      isBigEndian: signal.flags.contains(.bigEndian))
  }

  /// The bits of the signal in one of its bytes.
  func mask(ofByte byte: Int) -> UInt8 {
    let first = max(firstBit, byte * 8) & 7
    let end = min(firstBit + bitCount, byte * 8 + 8) - byte * 8
    guard end > first else { return 0 }
    let width = end - first
    let ones = UInt8(truncatingIfNeeded: (1 << width) - 1)
    return isBigEndian ? ones << UInt8(8 - end) : ones << UInt8(first)
  }
}
