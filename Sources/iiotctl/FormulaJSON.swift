internal import MQTT

/// Reads the one line of JSON that `formula batch` takes: `{"src": "...", "vars": {"a": 1}}`; other keys are skipped.
struct FormulaJSON {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private(set) var source: String?
  private(set) var values: [String: Double] = [:]

  /// Where a line is no such object.
  struct Malformed: Error {
    var message: String
    /// In bytes from the start of the line, from 1.
    var column: Int
  }

  init(_ line: ArraySlice<UInt8>) throws(Malformed) {
    bytes = line
    position = line.startIndex
    try object { (reader, key) throws(Malformed) in
      switch key {
      case "src": reader.source = try reader.string()
      case "vars":
        try reader.object { (reader, name) throws(Malformed) in
          reader.values[name] = try reader.number()
        }
      default: try reader.skipValue()
      }
    }
    skipSpace()
    guard position == bytes.endIndex else { throw malformed("something follows the object") }
    guard source != nil else { throw malformed("the key \"src\" is missing") }
  }

  private func malformed(_ message: String) -> Malformed {
    Malformed(message: message, column: position - bytes.startIndex + 1)
  }

  private var next: UInt8 { position < bytes.endIndex ? bytes[position] : 0 }

  private mutating func skipSpace() {
    while next == 0x20 || next == 0x09 || next == 0x0D || next == 0x0A { position += 1 }
  }

  private mutating func take(_ byte: UInt8) throws(Malformed) {
    skipSpace()
    guard next == byte else {
      throw malformed("'\(Character(Unicode.Scalar(byte)))' is missing")
    }
    position += 1
  }

  private mutating func object(
    _ member: (inout FormulaJSON, String) throws(Malformed) -> Void
  ) throws(Malformed) {
    try take(UInt8(ascii: "{"))
    skipSpace()
    if next == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      skipSpace()
      let key = try string()
      try take(UInt8(ascii: ":"))
      skipSpace()
      try member(&self, key)
      skipSpace()
      if next == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try take(UInt8(ascii: "}"))
      return
    }
  }

  private mutating func string() throws(Malformed) -> String {
    try take(UInt8(ascii: "\""))
    var text: [UInt8] = []
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw malformed("a control character stands in a string")
      default: text.append(byte)
      }
    }
    throw malformed("a string is not closed")
  }

  private mutating func escape(into text: inout [UInt8]) throws(Malformed) {
    guard let escape = JSONEscape(bytes[position...]) else {
      throw malformed(
        next == UInt8(ascii: "u")
          ? "four hexadecimal digits are missing" : "an escape that JSON does not know")
    }
    text += String(escape.scalar).utf8
    position += escape.length
  }

  private mutating func word() -> String {
    let start = position
    while position < bytes.endIndex, !" \t,}]:".utf8.contains(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// A number, or true and false as 1 and 0.
  private mutating func number() throws(Malformed) -> Double {
    let start = position
    let text = word()
    switch text {
    case "true": return 1
    case "false": return 0
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default:
      guard let value = Double(text) else {
        position = start
        throw malformed("a variable's value is no number")
      }
      return value
    }
  }

  /// Passes over a value of any kind, with a count of brackets in place of recursion.
  private mutating func skipValue() throws(Malformed) {
    var depth = 0
    repeat {
      skipSpace()
      switch next {
      case UInt8(ascii: "\""): _ = try string()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw malformed("a value is missing") }
        position += 1
      default: guard !word().isEmpty else { throw malformed("a value is missing") }
      }
      skipSpace()
    } while depth > 0
  }
}
