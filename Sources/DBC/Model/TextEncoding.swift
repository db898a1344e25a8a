/// How the bytes of a DBC file stand for characters; nothing in the file says it.
public enum TextEncoding: Sendable, Hashable {
  /// Each text is UTF-8 if it is valid UTF-8, else Windows-1252.
  case automatic
  /// UTF-8; damaged bytes become U+FFFD.
  case utf8
  /// Windows-1252, what the tools on Windows write; its five unused codes become the C1 controls.
  case windows1252
  /// ISO 8859-1.
  case latin1

  /// The characters of the given bytes.
  func text(of bytes: UnsafeBufferPointer<UInt8>) -> String {
    switch self {
    case .utf8:
      return String(decoding: bytes, as: UTF8.self)
    case .automatic:
      return String(validating: bytes, as: UTF8.self) ?? Self.windows1252.text(of: bytes)
    case .windows1252, .latin1:
      if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
      var text = String.UnicodeScalarView()
      for byte in bytes {
        let isSpecial = self == .windows1252 && byte & 0xE0 == 0x80
        let code = isSpecial ? Self.windows1252Specials[Int(byte & 0x1F)] : UInt16(byte)
        text.append(Unicode.Scalar(code) ?? "\u{FFFD}")
      }
      return String(text)
    }
  }

  /// The byte of a character in Windows-1252 or ISO 8859-1; a question mark when it has none.
  func byte(of scalar: Unicode.Scalar) -> UInt8 {
    if self == .windows1252,
      let place = Self.windows1252Specials.firstIndex(of: UInt16(clamping: scalar.value))
    {
      return UInt8(0x80 + place)
    }
    return scalar.value < 0x100 ? UInt8(scalar.value) : UInt8(ascii: "?")
  }

  /// The characters of 0x80 to 0x9F.
  private static let windows1252Specials: [UInt16] = [
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
  ]
}
