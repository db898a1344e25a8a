/// What a check of an audit trail found.
public struct AuditCheck: Sendable {
  /// A place that is not as it was written.
  public struct Finding: Sendable, Hashable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// What is wrong there.
    public var message: String
    /// `line 7: message`.
    public var description: String { "line \(line): \(message)" }
  }

  /// How many entries there are.
  public private(set) var entries = 0
  /// Whether a head that was kept elsewhere was there to compare with; without one, entries that were cut off at the end are not seen.
  public internal(set) var isAnchored = false
  /// All that is wrong.
  public private(set) var findings: [Finding] = []
  /// The last entry.
  public private(set) var head: AuditHead

  /// Checks the bytes of a trail.
  ///
  /// - Parameters:
  ///   - bytes: The file's.
  ///   - key: The key it was written with.
  ///   - anchors: Heads that were kept elsewhere, at any time.
  public init(_ bytes: [UInt8], key: [UInt8], anchors: [AuditHead] = []) {
    self.init(bytes, keys: [key], anchors: anchors)
  }

  /// - Parameter keys: The key that entries are written with, and others with which those before its first entry may be.
  init(_ bytes: [UInt8], keys: [[UInt8]], anchors: [AuditHead]) {
    var keys = keys
    var previous = AuditCode.origin
    var number: UInt64 = 0
    var line = 0
    var found: Set<AuditHead> = []
    var start = bytes.startIndex
    while start < bytes.endIndex {
      line += 1
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else {
        findings.append(
          Finding(
            line: line,
            message: "the line is unfinished, as a crash leaves it; it was acknowledged to nobody"
          ))
        break
      }
      let text = bytes[start..<end]
      start = end + 1
      guard let entry = AuditLine(text) else {
        findings.append(Finding(line: line, message: "this is no entry"))
        continue
      }
      entries += 1
      let used = keys.firstIndex { key in
        entry.code.isSame(as: AuditCode(of: entry.body, after: previous, key: key))
      }
      // From here on nobody writes with an earlier one.
      if used == 0, keys.count > 1 { keys = [keys[0]] }
      if used == nil {
        findings.append(
          Finding(
            line: line,
            message:
              "entry \(entry.number) was changed, or what stood before it, or the key is another one"
          ))
      } else if entry.number != number &+ 1 {
        findings.append(
          Finding(
            line: line, message: "entry \(entry.number) follows entry \(number)"))
      }
      (number, previous) = (entry.number, entry.code)
      found.insert(AuditHead(number: number, code: previous))
    }
    head = AuditHead(number: number, code: previous)
    for anchor in anchors where anchor.number > 0 && !found.contains(anchor) {
      findings.append(
        Finding(
          line: line + 1,
          message: anchor.number > number
            ? "what came up to entry \(anchor.number) was cut off"
            : "entry \(anchor.number) is not the one that was anchored"))
    }
  }
}
