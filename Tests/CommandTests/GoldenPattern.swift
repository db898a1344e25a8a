import Foundation

/// The first line in which a text differs from what was expected, or nil when there is none.
///
/// In `expected`, `<TIME>`, `<NUM>` and `<ANY>` stand for what may vary.
func firstDifference(_ actual: String, expected: String) -> String? {
  if actual == expected { return nil }
  let actualLines = actual.split(separator: "\n", omittingEmptySubsequences: false)
  let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
  for index in 0..<max(actualLines.count, expectedLines.count) {
    let line = index < actualLines.count ? actualLines[index] : nil
    let wanted = index < expectedLines.count ? expectedLines[index] : nil
    if let line, let wanted, matches(line, wanted) { continue }
    return "line \(index + 1) is \(quoted(line)), expected \(quoted(wanted))"
  }
  return nil
}

private func quoted(_ line: Substring?) -> String { line.map { "\"\($0)\"" } ?? "missing" }

private func matches(_ line: Substring, _ pattern: Substring) -> Bool {
  if line == pattern { return true }
  guard pattern.contains("<") else { return false }
  var expression = NSRegularExpression.escapedPattern(for: String(pattern))
  for (placeholder, meaning) in [
    ("<TIME>", #"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z"#),
    ("<NUM>", #"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?"#),
    ("<ANY>", ".*"),
  ] {
    expression = expression.replacingOccurrences(of: placeholder, with: meaning)
  }
  return line.range(of: "^\(expression)$", options: .regularExpression) != nil
}
