extension SampleCodec {
  /// The most bytes of a tag's name in a block: shared prefixes would otherwise let a small block stand for names of unlimited length.
  static let longestName = 4096

  /// A name as a block has it. A reader would refuse the whole block for one that is too long, so that is cut; the sum of all
  /// of it (FNV-1a) at its end keeps names apart that begin alike.
  static func stored(_ name: String) -> String {
    guard name.utf8.count > longestName else { return name }
    let bytes = Array(name.utf8)
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    let digits = String(sum, radix: 16)
    let end = "~" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    var length = longestName - end.utf8.count
    // Not in the middle of a character.
    while bytes[length] & 0xC0 == 0x80 { length -= 1 }
    return String(decoding: bytes[..<length], as: UTF8.self) + end
  }
}
