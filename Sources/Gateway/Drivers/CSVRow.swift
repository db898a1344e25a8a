/// A row of CSV split into cells (RFC 4180): a cell that begins with a quote may hold commas, line ends, and doubled quotes.
/// A quote elsewhere is a character like others.
package struct CSVRow {
  /// The cells, without quotes around them.
  package private(set) var cells: [ArraySlice<UInt8>] = []
  /// Whether the last cell's closing quote is missing: it goes on in the next line.
  package private(set) var isOpen = false

  /// Splits a row without its line end.
  package init(_ line: ArraySlice<UInt8>) {
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
