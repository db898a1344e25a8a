/// Reads a line as `CSVStyle` writes it, to tell where it ends.
enum CSVScanner {
  /// How a line begins; a zero stands for any digit.
  private static let beginning = Array("0000-00-00T00:00:00.000000000Z,".utf8)

  /// What begins a text.
  static func scan(_ text: ArraySlice<UInt8>, header: [UInt8]) -> LineScan {
    if text.starts(with: header) { return .whole(text.startIndex + header.count) }
    guard beginsLine(text) else { return .foreign }
    // A quote inside of quotes is doubled, so that it ends them and begins them anew.
    var isQuoted = false
    for (index, byte) in zip(text.indices, text) {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == UInt8(ascii: "\n"), !isQuoted { return .whole(index + 1) }
    }
    return .unfinished
  }

  private static func beginsLine(_ text: ArraySlice<UInt8>) -> Bool {
    text.count >= beginning.count
      && zip(text, beginning).allSatisfy { byte, wanted in
        wanted == UInt8(ascii: "0")
          ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == wanted
      }
  }
}
