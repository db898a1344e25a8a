/// A row of CSV split into cells (RFC 4180): a cell that begins with a quote may hold commas, line ends, and doubled quotes.
/// A quote elsewhere is a character like others.
struct CSVRow {
  private(set) var cells: [ArraySlice<UInt8>] = []
  /// Whether the last cell's closing quote is missing: it goes on in the next line.
  private(set) var isOpen = false

  init(_ line: ArraySlice<UInt8>) {
    let quote = UInt8(ascii: "\"")
    var position = line.startIndex
    while true {
      guard position < line.endIndex, line[position] == quote else {
        let end = line[position...].firstIndex(of: UInt8(ascii: ",")) ?? line.endIndex
        cells.append(line[position..<end])
        guard end < line.endIndex else { return }
        position = end + 1
        continue
      }
      var cell: [UInt8] = []
      position += 1
      isOpen = true
      while position < line.endIndex {
        let byte = line[position]
        position += 1
        guard byte == quote else {
          cell.append(byte)
          continue
        }
        guard position < line.endIndex, line[position] == quote else {
          isOpen = false
          break
        }
        cell.append(quote)
        position += 1
      }
      // What stands behind the closing quote belongs to the cell; there should be nothing.
      let end = line[position...].firstIndex(of: UInt8(ascii: ",")) ?? line.endIndex
      cells.append((cell + line[position..<end])[...])
      guard end < line.endIndex else { return }
      position = end + 1
    }
  }
}

extension FormulaLineInput {
  /// The next row: a line, and those that a quoted cell goes on in. Empty lines are passed over.
  mutating func nextRow() throws -> ArraySlice<UInt8>? {
    while let line = try next() {
      if line.isEmpty { continue }
      let first = number
      var row = line
      while CSVRow(row).isOpen {
        guard row.count < 1 << 20, let more = try next() else {
          throw Failure(
            "the quoted cell has no end", at: "line \(first)",
            advice: "a cell that begins with a quote ends with one")
        }
        row.append(0x0A)
        row += more
      }
      return row
    }
    return nil
  }
}
