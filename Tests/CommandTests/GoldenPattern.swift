import Foundation

/// The first line in which a text differs from what was expected, or nil when there is none.
///
/// In `expected`, `<TIME>`, `<CLOCK>`, `<NUM>` and `<ANY>` stand for what may vary.
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
    ("<CLOCK>", #"\d{2}:\d{2}:\d{2}(\.\d+)?"#),
    ("<NUM>", #"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?"#),
    ("<ANY>", ".*"),
  ] {
    // Times of the run itself have been replaced by their placeholder already.
    expression = expression.replacingOccurrences(
      of: placeholder, with: "(?:\(meaning)|\(placeholder))")
  }
  return line.range(of: "^\(expression)$", options: .regularExpression) != nil
}

/// The text with `<TIME>` and `<CLOCK>` in place of the times (RFC 3339 in UTC, and hours, minutes and seconds) that lie in
/// the given span: those that say when the tool ran.
func replacingTimes(in text: String, of span: ClosedRange<Date>) -> String {
  let calendar = ISO8601DateFormatter()
  calendar.formatOptions = [.withInternetDateTime]
  func fraction(_ digits: Substring?) -> TimeInterval { digits.flatMap { Double("0\($0)") } ?? 0 }
  let withoutTimes = text.replacing(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z/) { match in
    guard let seconds = calendar.date(from: "\(match.1)Z"),
      span.contains(seconds.addingTimeInterval(fraction(match.2)))
    else { return String(match.0) }
    return "<TIME>"
  }
  let midnight = Calendar.utc.startOfDay(for: span.lowerBound)
  return withoutTimes.replacing(/\b(\d\d):(\d\d):(\d\d)(\.\d+)/) { match in
    guard let hours = Double(match.1), let minutes = Double(match.2), let seconds = Double(match.3)
    else { return String(match.0) }
    let time = hours * 3600 + minutes * 60 + seconds + fraction(match.4)
    return span.contains(midnight.addingTimeInterval(time)) ? "<CLOCK>" : String(match.0)
  }
}

extension Calendar {
  fileprivate static var utc: Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }
}
