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
  /// The number of the first entry that holds; nil where none does.
  private(set) var first: UInt64?
  /// That the trail begins behind another file. It says so itself, and who wrote it was the gateway.
  private(set) var continuation: Finding?
  /// What gateways found wrong before, and wrote down.
  private var told: Set<Finding> = []
  /// All that is wrong and that no gateway has written so.
  var doubts: [Finding] { findings.filter { $0 != continuation && !told.contains($0) } }
  /// Whether the trail held all up to a head that it was checked against.
  private(set) var holdsAnchors = true

  /// What a reader is told of many findings; nil for none.
  static func summary(of findings: [Finding]) -> String? {
    findings.first.map { "\(findings.count) places, the first: \($0)" }
  }

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
    // Entries that are in other files, by what entries here say.
    var elsewhere: [Range<UInt64>] = []
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
      func keyUsed(after code: AuditCode) -> Int? {
        keys.firstIndex { key in
          entry.code.isSame(as: AuditCode(of: entry.body, after: code, key: key))
        }
      }
      var used = keyUsed(after: previous)
      // The code of an entry that goes on behind another file is joined to that one's last.
      let before = used == nil ? entry.resumedHead : nil
      if let before { used = keyUsed(after: before.code) }
      if used == nil, entry.number > AuditLine.largestUnproven {
        findings.append(Finding(line: line, message: "this is no entry"))
        continue
      }
      entries += 1
      if used != nil, first == nil { first = entry.number }
      // From here on nobody writes with an earlier one.
      if used == 0, keys.count > 1 { keys = [keys[0]] }
      if used == nil {
        findings.append(
          Finding(
            line: line,
            message:
              "entry \(entry.number) was changed, or what stood before it, or the key is another one"
          ))
      } else if let before {
        let finding = Finding(
          line: line,
          message:
            "entry \(entry.number) goes on behind a file that others moved, deleted or emptied: "
            + "without that one, up to head \(before), this is not the whole trail")
        findings.append(finding)
        if line == 1 { continuation = finding }
        if number < before.number { elsewhere.append((number + 1)..<before.number) }
        found.insert(before)
      } else if entry.number != number &+ 1 {
        findings.append(
          Finding(
            line: line, message: "entry \(entry.number) follows entry \(number)"))
      }
      if used != nil, entry.isDoubt {
        let finding = Finding(
          line: line,
          message:
            "entry \(entry.number) says that the trail was not as it had been written when a gateway looked at it"
        )
        findings.append(finding)
        told.insert(finding)
      }
      (number, previous) = (entry.number, entry.code)
      found.insert(AuditHead(number: number, code: previous))
    }
    head = AuditHead(number: number, code: previous)
    for anchor in anchors where anchor.number > 0 && !found.contains(anchor) {
      if elsewhere.contains(where: { $0.contains(anchor.number) }) { continue }
      holdsAnchors = false
      findings.append(
        Finding(
          line: line + 1,
          message: anchor.number > number
            ? "what came up to entry \(anchor.number) was cut off"
            : "entry \(anchor.number) is not the one that was anchored"))
    }
  }

  /// Finds that lines are missing before an entry that goes on behind another file. Its code holds in the first line too, as where
  /// the file was begun with it; only where the file began when it was anchored tells the one from the other.
  mutating func compareBeginning(with anchor: AuditAnchor) {
    guard continuation != nil, let first, let before = anchor.first, before < first,
      // An older anchor tells of the file before: a crash between the two files.
      first <= anchor.head.number
    else { return }
    findings.append(
      Finding(
        line: 1,
        message:
          "the file began with entry \(before): what stood in it before entry \(first) was cut off"
      ))
  }
}
