/// Memory of a column run that holds nothing between batches.
struct ColumnScratch: Sendable {
  /// The message of each frame, or -1.
  var messages: [Int32] = []
  /// By message: rows so far.
  var counts: [Int32] = []
  /// By message: where its words begin in `words`.
  var wordStarts: [Int] = []
  /// The payloads, by message and branch, a column a word.
  var words: [UInt64] = []
  /// The rows whose selector opens a branch, and beside each the section of the branch.
  var openedRows: [UInt32] = []
  var openedBy: [Int32] = []
  /// The sections of the branches that are open, those of inner multiplexors behind those of outer ones.
  var openedSections: [Int32] = []
  /// The number of data bytes, a row each.
  var lengths: [UInt8] = []
  /// By section: where the words of an open branch begin.
  var sectionWords: [Int] = []
  /// By section: rows of an open branch so far.
  var cursors: [Int32] = []
}

extension Array {
  /// Makes the array at least so long; what the elements hold does not matter.
  @inline(__always)
  mutating func grow(to count: Int, filling element: Element) {
    if self.count < count {
      reserveCapacity(count)
      append(contentsOf: repeatElement(element, count: count - self.count))
    }
  }
}
