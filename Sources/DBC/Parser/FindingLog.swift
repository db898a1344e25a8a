/// Findings while a text is parsed: places are byte offsets; lines are counted once, at the end.
struct FindingLog {
  struct Entry {
    var offset: Int
    var severity: Severity
    var rule: Rule
    var message: String
  }

  private(set) var entries: [Entry] = []
  private var dropped = 0
  private var droppedSeverity = Severity.note

  /// The most findings of one file. Whoever has so many has no use for more, and each takes more memory than the few
  /// bytes that may have caused it.
  static let limit = 20_000

  mutating func add(_ offset: Int, _ severity: Severity, _ rule: Rule, _ message: String) {
    guard entries.count < Self.limit else {
      dropped += 1
      droppedSeverity = max(droppedSeverity, severity)
      return
    }
    entries.append(Entry(offset: offset, severity: severity, rule: rule, message: message))
  }

  /// The findings in the order of the text.
  func findings(in text: UnsafeBufferPointer<UInt8>) -> [Finding] {
    let order = entries.indices.sorted {
      (entries[$0].offset, $0) < (entries[$1].offset, $1)
    }
    var line = 1
    var lineStart = 0
    var index = 0
    var findings: [Finding] = []
    findings.reserveCapacity(order.count)
    for entryIndex in order {
      let entry = entries[entryIndex]
      let target = min(entry.offset, text.count)
      while index < target {
        let byte = text[index]
        let isPair = byte == 0x0D && index + 1 < text.count && text[index + 1] == 0x0A
        if byte == 0x0A || (byte == 0x0D && !isPair) {
          line += 1
          lineStart = index + 1
        }
        index += 1
      }
      findings.append(
        Finding(
          line: line, column: max(0, target - lineStart) + 1, severity: entry.severity,
          rule: entry.rule, message: entry.message))
    }
    if dropped > 0, let last = findings.last {
      findings.append(
        Finding(
          line: last.line, column: last.column, severity: droppedSeverity, rule: .findingsLimit,
          message: "\(dropped) more findings are not listed"))
    }
    return findings
  }
}
