/// How a text is written so that it stays one text where it is put.
enum TextEscaping: Sendable, Equatable {
  /// RFC 8259, section 7.
  case json
  /// As character data and in attributes (XML 1.0, section 2.4). Characters that XML can't have become blanks.
  case xml
  /// Percent-encoded (RFC 3986), as in a form.
  case form
  /// As it is.
  case none

  /// What a content type (RFC 9110, section 8.3.1) asks for.
  init(contentType: String) {
    let type = contentType.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
    switch type {
    case "application/json": self = .json
    case "application/xml", "text/xml": self = .xml
    case "application/x-www-form-urlencoded": self = .form
    case _ where type.hasSuffix("+json"): self = .json
    case _ where type.hasSuffix("+xml"): self = .xml
    default: self = .none
    }
  }

  /// What stands between the parts of several samples.
  var separator: StaticString {
    switch self {
    case .json: ","
    case .form: "&"
    case .xml, .none: "\n"
    }
  }

  /// Appends a text that does not bring its own quotes.
  func append(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
    switch self {
    case .json: text.append(jsonContent: bytes)
    case .form: text.append(percentEncoding: bytes)
    case .none: text.append(contentsOf: bytes)
    case .xml:
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "&"): text.append("&amp;" as StaticString)
        case UInt8(ascii: "<"): text.append("&lt;" as StaticString)
        case UInt8(ascii: ">"): text.append("&gt;" as StaticString)
        case UInt8(ascii: "\""): text.append("&quot;" as StaticString)
        case UInt8(ascii: "'"): text.append("&apos;" as StaticString)
        case 0x09, 0x0A, 0x0D: text.append(byte)
        case 0..<0x20: text.append(UInt8(ascii: " "))
        default: text.append(byte)
        }
      }
    }
  }
}
