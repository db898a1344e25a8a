/// Lines of source text, indented by the blocks that are open.
struct SourceWriter {
  private(set) var text = ""
  private var depth = 0

  mutating func line(_ line: String) {
    if !line.isEmpty {
      for _ in 0..<depth { text += "  " }
      text += line
    }
    text += "\n"
  }

  /// A line, and one level more from there on.
  mutating func open(_ line: String) {
    self.line(line)
    depth += 1
  }

  mutating func close(_ line: String) {
    depth -= 1
    self.line(line)
  }

  /// A line between two levels, such as `case` in a `switch`.
  mutating func label(_ line: String) {
    depth -= 1
    self.line(line)
    depth += 1
  }

  /// A comment in front of a declaration.
  mutating func documentation(_ comment: String) {
    for part in SourceText.lines(comment) { line(part.isEmpty ? "///" : "/// \(part)") }
  }
}

/// Texts of others, made fit for source code.
enum SourceText {
  /// The lines of a text without control characters; empty ones at the ends are dropped.
  static func lines(_ text: String) -> [String] {
    var lines: [String] = [""]
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\u{2028}", "\u{2029}", "\u{85}": lines.append("")
      case "\t": lines[lines.count - 1] += " "
      default:
        if scalar.value >= 0x20, scalar.value != 0x7F, scalar != "\u{FEFF}" {
          lines[lines.count - 1].unicodeScalars.append(scalar)
        }
      }
    }
    lines = lines.map(trimmed)
    while lines.count > 1, lines.last == "" { lines.removeLast() }
    while lines.count > 1, lines.first == "" { lines.removeFirst() }
    return lines
  }

  static func oneLine(_ text: String) -> String {
    lines(text).filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static func trimmed(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    while line.first == " " { line.removeFirst() }
    return String(line)
  }

  /// A string literal.
  static func literal(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" {
        literal += "\\"
        literal.unicodeScalars.append(scalar)
      } else if scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\u{FEFF}" {
        literal += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }

  /// A floating-point literal that reads back the same.
  static func literal(_ value: Double) -> String {
    if value.isNaN { return ".nan" }
    if value.isInfinite { return value < 0 ? "-.infinity" : ".infinity" }
    return "\(value)"
  }
}
