/// What an escape in a JSON text stands for (RFC 8259, section 7).
package struct JSONEscape {
  /// Half of a surrogate pair is U+FFFD: no text can hold it.
  package let scalar: Unicode.Scalar
  /// How many bytes it takes behind its backslash.
  package let length: Int

  /// Reads the bytes behind a backslash, and no further than the escape goes; nil where they are no escape.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard let first = bytes.first else { return nil }
    var code = UInt32(first)
    var length = 1
    switch first {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): break
    case UInt8(ascii: "b"): code = 0x08
    case UInt8(ascii: "f"): code = 0x0C
    case UInt8(ascii: "n"): code = 0x0A
    case UInt8(ascii: "r"): code = 0x0D
    case UInt8(ascii: "t"): code = 0x09
    case UInt8(ascii: "u"):
      guard let unit = Self.hexadecimal(bytes.dropFirst()) else { return nil }
      (code, length) = (unit, 5)
      let rest = bytes.dropFirst(5)
      if (0xD800..<0xDC00).contains(unit), rest.starts(with: "\\u".utf8),
        let low = Self.hexadecimal(rest.dropFirst(2)), (0xDC00..<0xE000).contains(low)
      {
        (code, length) = (0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00), 11)
      }
    default: return nil
    }
    scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
    self.length = length
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    let digits = bytes.prefix(4)
    guard digits.count == 4 else { return nil }
    var code: UInt32 = 0
    for byte in digits {
      switch byte {
      case 0x30...0x39: code = code << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: code = code << 4 | UInt32(byte - 0x41 + 10)
      case 0x61...0x66: code = code << 4 | UInt32(byte - 0x61 + 10)
      default: return nil
      }
    }
    return code
  }
}
