/// Clear refusals of what other languages allow.
extension Lexer {
  /// The complaint about an operator or bracket that this language does not have.
  func foreign(_ first: UInt8, _ second: UInt8, at start: Int) -> Complaint {
    func complaint(_ code: FormulaError.Code, _ message: String, _ length: Int = 1) -> Complaint {
      Complaint(code, message, at: start, length: length)
    }
    switch (first, second) {
    case (UInt8(ascii: "<"), UInt8(ascii: ">")):
      return complaint(.syntax, "'<>' is not an operator; write !=", 2)
    case (UInt8(ascii: "-"), UInt8(ascii: ">")):
      return complaint(.syntax, "'->' is not an operator", 2)
    case (UInt8(ascii: "="), UInt8(ascii: "<")):
      return complaint(.syntax, "'=<' is not an operator; write <=", 2)
    case (UInt8(ascii: "="), UInt8(ascii: ">")):
      return complaint(.syntax, "'=>' is not an operator; write >=", 2)
    case (UInt8(ascii: ":"), UInt8(ascii: "=")):
      return complaint(.notAllowed, "assignment is not allowed; compare with ==", 2)
    case (UInt8(ascii: "="), _):
      return complaint(.notAllowed, "assignment is not allowed; compare with ==")
    case (UInt8(ascii: "&"), _): return complaint(.syntax, "'&&' is not an operator; write and", 2)
    case (UInt8(ascii: "|"), _): return complaint(.syntax, "'||' is not an operator; write or", 2)
    case (UInt8(ascii: "!"), _): return complaint(.syntax, "'!' is not an operator; write not")
    case (UInt8(ascii: "?"), _):
      return complaint(.syntax, "'?' is not an operator; write a if condition else b")
    case (UInt8(ascii: "["), _), (UInt8(ascii: "]"), _):
      return complaint(.notAllowed, "lists and indexing are not allowed")
    case (UInt8(ascii: "}"), _): return complaint(.syntax, "'}' closes no tag")
    case (UInt8(ascii: "\""), _), (UInt8(ascii: "'"), _), (UInt8(ascii: "`"), _):
      return complaint(.notAllowed, "text is not allowed; a formula computes with numbers")
    case (UInt8(ascii: ";"), _):
      return complaint(.notAllowed, "a formula is one expression; ';' is not allowed")
    case (UInt8(ascii: ":"), _):
      return complaint(.notAllowed, "':' is not allowed; statements and slices have no place here")
    case (UInt8(ascii: "@"), _), (UInt8(ascii: "$"), _), (UInt8(ascii: "\\"), _):
      return complaint(
        .syntax, "the character '\(Character(Unicode.Scalar(first)))' is not allowed")
    default: return strange(at: start)
    }
  }

  /// The complaint about a byte that no formula holds.
  func strange(at index: Int) -> Complaint {
    let first = byte(index)
    guard first >= 0x80 else {
      let code = String(first, radix: 16, uppercase: true)
      return Complaint(
        .syntax,
        "the control character U+\(String(repeating: "0", count: 4 - code.count))\(code) is not allowed",
        at: index, length: 1)
    }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    let end = Swift.min(index + length, bytes.count)
    let scalar = String(decoding: bytes[index..<end], as: UTF8.self).unicodeScalars.first
    let code = String(scalar?.value ?? 0xFFFD, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: Swift.max(0, 4 - code.count)) + code
    return Complaint(
      .syntax,
      "the character U+\(padded) is not allowed; a formula is ASCII, other letters only in {tags}",
      at: index, length: end - index)
  }
}

/// The classes of ASCII bytes that the lexer tells apart.
enum CharacterClass {
  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always)
  static func isNameStart(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte == 0x5F
  }

  @inline(__always)
  static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

  /// Whether a comment may hold the byte: everything but control characters.
  static func isComment(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F || byte == 0x09 || byte == 0x0C || byte == 0x0D
  }
}
