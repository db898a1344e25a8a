/// The characters that log formats are made of, and arithmetic on eight of them at a time.
///
/// Eight characters are loaded as one little-endian word (the first is the lowest byte) and treated
/// side by side in its bytes.
enum ASCII {
  static let tab: UInt8 = 0x09
  static let newline: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let escape: UInt8 = 0x1B
  static let space: UInt8 = 0x20
  static let hash: UInt8 = 0x23
  static let quote: UInt8 = 0x27
  static let openParenthesis: UInt8 = 0x28
  static let closeParenthesis: UInt8 = 0x29
  static let minus: UInt8 = 0x2D
  static let dot: UInt8 = 0x2E
  static let zero: UInt8 = 0x30
  static let colon: UInt8 = 0x3A
  static let underscore: UInt8 = 0x5F
  static let backquote: UInt8 = 0x60

  /// The value of a hexadecimal digit, or nil.
  @inline(__always)
  static func hexValue(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character &- 0x30
    case 0x41...0x46: character &- 0x37
    case 0x61...0x66: character &- 0x57
    default: nil
    }
  }

  /// The value of a decimal digit, or nil.
  @inline(__always)
  static func decimalValue(_ character: UInt8) -> UInt8? {
    character >= 0x30 && character <= 0x39 ? character &- 0x30 : nil
  }

  /// 1 for a hexadecimal digit, 0 for anything else, without a branch.
  @inline(__always)
  static func isHex(_ character: UInt64) -> UInt64 {
    // The top bit of a difference says which of the two is smaller.
    let digit = character &- 0x30
    let letter = (character | 0x20) &- 0x61
    return ((digit &- 10) & ~digit | (letter &- 6) & ~letter) &>> 63
  }

  /// The value of a hexadecimal digit; rubbish for anything else.
  @inline(__always)
  static func nibble(_ digit: UInt64) -> UInt64 { (digit & 0x0F) &+ (digit &>> 6) &* 9 & 0x0F }

  @inline(__always) private static var high: UInt64 { 0x8080_8080_8080_8080 }
  @inline(__always) private static func all(_ byte: UInt8) -> UInt64 {
    UInt64(byte) &* 0x0101_0101_0101_0101
  }

  /// Whether all eight characters are decimal digits.
  @inline(__always)
  static func areDecimal(_ word: UInt64) -> Bool {
    let tens = word & 0xF0F0_F0F0_F0F0_F0F0
    let above = ((word &+ all(6)) & 0xF0F0_F0F0_F0F0_F0F0) &>> 4
    return tens | above == 0x3333_3333_3333_3333
  }

  /// The number that eight decimal digits make; they must be digits.
  @inline(__always)
  static func decimal(_ word: UInt64) -> UInt64 {
    var value = ((word & all(0x0F)) &* 2561) &>> 8
    value = ((value & 0x00FF_00FF_00FF_00FF) &* 6_553_601) &>> 16
    return ((value & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) &>> 32
  }

  /// Eight characters read as hexadecimal digits.
  struct HexDigits {
    /// How many of them, from the first on, are hexadecimal digits: 0 to 8.
    let count: Int
    /// The values of all, one a byte; rubbish behind `count`.
    let nibbles: UInt64

    @inline(__always)
    init(_ word: UInt64) {
      let low = word & ~high
      let isDecimal = (low &+ all(0x80 - 0x30)) & ~(low &+ all(0x80 - 0x3A))
      let folded = low | all(0x20)
      let isLetter = (folded &+ all(0x80 - 0x61)) & ~(folded &+ all(0x80 - 0x67)) & high
      let wrong = ~(isDecimal | isLetter) & high | (word & high)
      count = wrong.trailingZeroBitCount &>> 3
      nibbles = (word & all(0x0F)) &+ (isLetter &>> 7) &* 9
    }

    /// The four bytes that eight digits make, the first in the lowest byte.
    @inline(__always)
    var bytes: UInt64 {
      var value = (nibbles &<< 4 | nibbles &>> 8) & 0x00FF_00FF_00FF_00FF
      value = (value | value &>> 8) & 0x0000_FFFF_0000_FFFF
      return (value | value &>> 16) & 0xFFFF_FFFF
    }

    /// The number that all eight digits make.
    @inline(__always)
    var number: UInt32 { UInt32(truncatingIfNeeded: bytes).byteSwapped }

    /// The number that the first three digits make.
    @inline(__always)
    var firstThree: UInt32 {
      UInt32(
        truncatingIfNeeded: (nibbles & 0xFF) &<< 8 | (nibbles &>> 4) & 0xF0
          | (nibbles &>> 16) & 0x0F)
    }
  }
}
