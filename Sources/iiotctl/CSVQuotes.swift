/// Whether a row of CSV goes on in the next line, found with one look at each byte: splitting the whole row again for each of
/// its lines (`CSVRow`) would take a time that grows with its square.
struct CSVQuotes {
  private enum Place {
    case cellStart, unquoted, quoted
    /// Behind a quote in a quoted cell: the first of two, or the closing one.
    case behindQuote
  }

  private var place = Place.cellStart

  /// Whether the last cell's closing quote is missing in the lines so far.
  var isOpen: Bool { place == .quoted }

  /// Reads the next line of the row, without its end.
  mutating func read(_ line: ArraySlice<UInt8>) {
    for byte in line {
      switch (place, byte) {
      case (.cellStart, UInt8(ascii: "\"")), (.behindQuote, UInt8(ascii: "\"")): place = .quoted
      case (.quoted, UInt8(ascii: "\"")): place = .behindQuote
      case (.quoted, _): break
      case (_, UInt8(ascii: ",")): place = .cellStart
      default: place = .unquoted
      }
    }
  }
}
