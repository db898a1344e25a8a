/// A byte range of a formula's text as a person finds it: line, column and a marked excerpt.
struct SourcePlace {
  let offset: Int
  let length: Int
  let line: Int
  let column: Int
  let snippet: String

  /// No more of the source is ever quoted.
  private static let width = 80

  init(offset: Int, length: Int, in source: String) {
    let bytes = source.utf8
    // A formula too long to compile is not searched for its lines either.
    let start = Swift.min(Swift.max(offset, 0), bytes.count)
    var line = 1
    var lineStart = 0
    for (position, byte) in bytes.prefix(start).enumerated() where byte == UInt8(ascii: "\n") {
      line += 1
      lineStart = position + 1
    }
    let rest = bytes.dropFirst(lineStart).prefix { $0 != UInt8(ascii: "\n") }
    let before = String(
      decoding: bytes.dropFirst(lineStart).prefix(start - lineStart), as: UTF8.self)
    let columnIndex = before.unicodeScalars.count
    self.offset = start
    self.length = Swift.max(0, Swift.min(length, bytes.count - start))
    self.line = line
    self.column = columnIndex + 1

    let marked = String(
      decoding: bytes.dropFirst(start).prefix(self.length).prefix { $0 != UInt8(ascii: "\n") },
      as: UTF8.self
    ).unicodeScalars.count
    let first = Swift.max(0, columnIndex - Self.width / 2)
    let budget = Self.width * 4
    let text = String(decoding: rest.prefix(start - lineStart + budget), as: UTF8.self)
    let visible = text.unicodeScalars.dropFirst(first).prefix(Self.width)
    var excerpt = ""
    // Control characters and anything that could turn the line around are shown as a dot.
    for scalar in visible { excerpt.unicodeScalars.append(Self.isPrintable(scalar) ? scalar : "·") }
    let carets = Swift.max(1, Swift.min(marked, Self.width - (columnIndex - first)))
    snippet =
      "  " + excerpt + "\n  " + String(repeating: " ", count: columnIndex - first)
      + String(repeating: "^", count: carets)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: true
    }
  }
}
