/// Reads a line as `LineProtocolStyle` writes it, to tell where it ends.
struct LineProtocolScanner {
  private let text: ArraySlice<UInt8>
  private var index: Int

  private init(_ text: ArraySlice<UInt8>) {
    self.text = text
    index = text.startIndex
  }

  /// What begins a text.
  static func scan(_ text: ArraySlice<UInt8>) -> LineScan {
    var scanner = LineProtocolScanner(text)
    return scanner.line()
  }

  /// The shortest lines are told from other text only by their first `=`.
  private mutating func line() -> LineScan {
    guard skipName(to: UInt8(ascii: " ")), skipName(to: UInt8(ascii: "=")) else { return .foreign }
    while true {
      guard skipValue(), let delimiter = next() else { return endedEarly }
      if delimiter == UInt8(ascii: " ") { break }
      guard delimiter == UInt8(ascii: ",") else { return .foreign }
      guard skipName(to: UInt8(ascii: "=")) else { return endedEarly }
    }
    guard skip(while: Self.isPartOfTime), let lineEnd = next() else { return endedEarly }
    return lineEnd == UInt8(ascii: "\n") ? .whole(index) : .foreign
  }

  private var endedEarly: LineScan { index == text.endIndex ? .unfinished : .foreign }

  private mutating func next() -> UInt8? {
    guard index < text.endIndex else { return nil }
    defer { index += 1 }
    return text[index]
  }

  /// A measurement or a field's key, and what delimits it.
  private mutating func skipName(to delimiter: UInt8) -> Bool {
    while let byte = next() {
      switch byte {
      case delimiter: return true
      case UInt8(ascii: "\\"): _ = next()
      case 0..<0x20, UInt8(ascii: " "), UInt8(ascii: ","): return false
      default: break
      }
    }
    return false
  }

  private mutating func skipValue() -> Bool {
    guard index < text.endIndex, text[index] == UInt8(ascii: "\"") else {
      return skip(while: Self.isScalar)
    }
    index += 1
    while let byte = next() {
      if byte == UInt8(ascii: "\"") { return true }
      if byte == UInt8(ascii: "\\") { _ = next() }
    }
    return false
  }

  /// Skips bytes of a kind; false when there is none.
  private mutating func skip(while isPart: (UInt8) -> Bool) -> Bool {
    let start = index
    while index < text.endIndex, isPart(text[index]) { index += 1 }
    return index > start
  }

  private static func isPartOfTime(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
  }

  /// Whether a byte may stand in a truth or a number.
  private static func isScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
