/// The lines that differ between two texts, with their numbers: what was, and what is.
struct LineChanges {
  /// Lines of the old text that are not in the new one: `12: every: 1s`.
  private(set) var removed: [String] = []
  /// Lines of the new text that are not in the old one.
  private(set) var added: [String] = []

  /// The largest number of pairs that are compared one with another; beyond it everything between the first and the last
  /// difference counts as different.
  private static let comparisons = 4_000_000

  init(from old: String, to new: String) {
    let (old, new) = (Self.lines(old), Self.lines(new))
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
    var (oldEnd, newEnd) = (old.count, new.count)
    while oldEnd > start, newEnd > start, old[oldEnd - 1] == new[newEnd - 1] {
      oldEnd -= 1
      newEnd -= 1
    }
    let (before, after) = (old[start..<oldEnd], new[start..<newEnd])
    guard before.count.multipliedReportingOverflow(by: after.count).partialValue < Self.comparisons
    else {
      removed = before.indices.map { Self.line($0, old[$0]) }
      added = after.indices.map { Self.line($0, new[$0]) }
      return
    }
    for change in Array(after).difference(from: Array(before)) {
      switch change {
      case .remove(let offset, let line, _): removed.append(Self.line(start + offset, line))
      case .insert(let offset, let line, _): added.append(Self.line(start + offset, line))
      }
    }
    // A difference tells removals from the last to the first.
    removed.reverse()
  }

  private static func lines(_ text: String) -> [Substring] {
    // By bytes: of characters, a line feed behind a carriage return is none by itself.
    text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map(Substring.init)
  }

  private static func line(_ index: Int, _ text: Substring) -> String { "\(index + 1): \(text)" }

  /// Lines below each other, at most so many bytes; what is left out is said.
  static func text(_ lines: [String], limit: Int = 32_768) -> String {
    var text = ""
    for (index, line) in lines.enumerated() {
      guard text.utf8.count + line.utf8.count < limit else {
        return text + "\n(and \(lines.count - index) lines more)"
      }
      text += "\n" + line
    }
    return text
  }
}
