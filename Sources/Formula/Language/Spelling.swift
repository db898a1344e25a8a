/// Finds what somebody who mistyped a name may have meant.
package enum Spelling {
  /// The candidate with the fewest edits from `word`, if it is near enough to be a likely slip.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    let letters = Array(word.utf8)
    guard letters.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let other = Array(candidate.utf8)
      let allowed = Swift.max(1, Swift.min(letters.count, other.count) / 3)
      guard Swift.abs(letters.count - other.count) <= allowed else { continue }
      let distance = edits(letters, other)
      // Another letter is another name, not a slip.
      if distance == 1, letters.count == 1, other.count == 1 { continue }
      if distance <= allowed, distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours; case counts nothing.
  private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
    func fold(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in 0..<b.count {
        var cost = Swift.min(row[j] + 1, last[j + 1] + 1)
        cost = Swift.min(cost, last[j] + (fold(a[i]) == fold(b[j]) ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = Swift.min(cost, beforeLast[j - 1] + 1)
        }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
