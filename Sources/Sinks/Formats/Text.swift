extension [UInt8] {
  package mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  /// Appends a part of a text. Its view of UTF-8, taken as any sequence, would ask for memory.
  mutating func append(_ text: Substring) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }

  package mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  /// Appends bytes as lower-case hexadecimal.
  package mutating func append(hex bytes: some Sequence<UInt8>) {
    let digits: StaticString = "0123456789abcdef"
    for byte in bytes {
      append(digits.utf8Start[Int(byte >> 4)])
      append(digits.utf8Start[Int(byte & 15)])
    }
  }

  /// Appends a text as a JSON string with its quotes (RFC 8259 section 7).
  package mutating func append(json text: String) {
    append(json: text.utf8)
  }

  /// Appends UTF-8 bytes as a JSON string with its quotes.
  package mutating func append(json utf8: some Sequence<UInt8>) {
    append(UInt8(ascii: "\""))
    append(jsonContent: utf8)
    append(UInt8(ascii: "\""))
  }

  /// Appends UTF-8 bytes as a part of a JSON string.
  mutating func append(jsonContent utf8: some Sequence<UInt8>) {
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"" as StaticString)
      case UInt8(ascii: "\\"): append("\\\\" as StaticString)
      case 0x0A: append("\\n" as StaticString)
      case 0x0D: append("\\r" as StaticString)
      case 0x09: append("\\t" as StaticString)
      case 0..<0x20, 0x7F:
        append("\\u00" as StaticString)
        append(hex: CollectionOfOne(byte))
      default: append(byte)
      }
    }
  }

  /// Appends bytes percent-encoded (RFC 3986, section 2.3: what is not unreserved).
  mutating func append(percentEncoding bytes: some Sequence<UInt8>) {
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        append(byte)
      default:
        append(UInt8(ascii: "%"))
        append(hex: CollectionOfOne(byte))
      }
    }
  }
}

extension Sequence<UInt8> {
  /// UTF-8 text with a mark in place of each control character (C0, C1 and DEL): it stays on its line, and commands no terminal.
  package func replacingControls(with mark: UInt8) -> [UInt8] {
    var text: [UInt8] = []
    for byte in self {
      if (0x80...0x9F).contains(byte), text.last == 0xC2 {
        // C1 is U+0080 to U+009F.
        text[text.count - 1] = mark
      } else {
        text.append(byte < 0x20 || byte == 0x7F ? mark : byte)
      }
    }
    return text
  }
}

extension String {
  /// The text with a blank in place of each control character, as it may stand in a message.
  package var withoutControls: String {
    String(decoding: utf8.replacingControls(with: UInt8(ascii: " ")), as: UTF8.self)
  }
}
