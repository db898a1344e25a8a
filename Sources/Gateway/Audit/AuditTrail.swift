internal import Glibc
internal import IOThreads

/// The file in which a gateway writes down who did what to it: one line an entry, only ever appended, each joined to the
/// one before by a keyed code (`AuditCode`), and its head kept in a second file, the anchor, which belongs on another disk.
///
/// An entry is on the disk when `append` returns.
actor AuditTrail {
  private let thread = BlockingThread(name: "audit")
  private let path: String
  private let anchorPath: String
  /// That which entries are written with, and those with which earlier ones may be.
  private let keys: (present: [UInt8], earlier: [[UInt8]])
  private let report: @Sendable (GatewayEvent) -> Void
  private var file: AuditFile
  private var head: AuditHead
  /// The number of the first entry in the file that holds; nil where there is none yet.
  private var first: UInt64?

  /// The trail's own thread: syncing a file blocks.
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// What opening a trail found.
  struct Opening {
    var trail: AuditTrail
    /// What is not as it was written. The trail goes on behind it.
    var findings: [AuditCheck.Finding]
    /// Bytes of a line that a crash left unfinished, and that were taken out.
    var unfinished: Int
  }

  /// Opens a trail, and makes it where there is none.
  ///
  /// - Parameters:
  ///   - path: The file of the trail.
  ///   - anchorPath: The file of its head.
  ///   - key: Secret; whoever has it can write what looks true.
  ///   - earlierKeys: With which entries may have been written before the first with `key`.
  ///   - report: Gets an event when others moved, deleted or changed the file.
  static func open(
    _ path: String, anchor anchorPath: String, key: [UInt8], earlierKeys: [[UInt8]] = [],
    report: @escaping @Sendable (GatewayEvent) -> Void = { _ in }
  ) throws(SystemFailure) -> Opening {
    var file = try AuditFile.open(path)
    let (lines, unfinished) = try file.read()
    let anchor = readFile(anchorPath).flatMap(AuditAnchor.init(file:))
    // The anchor may be one entry behind: a crash between the two files.
    var check = AuditCheck(
      lines, keys: [key] + earlierKeys, anchors: anchor.map { [$0.head] } ?? [])
    if let anchor { check.compareBeginning(with: anchor) }
    var findings = check.doubts
    // One entry without an anchor is what a crash at the very first leaves.
    if anchor == nil, check.entries > 1 || check.continuation != nil {
      findings.append(
        .init(
          line: check.entries,
          message: "the anchor is missing or no head; entries that were cut off are not seen"))
    }
    let trail = AuditTrail(
      path: path, anchorPath: anchorPath, keys: (key, earlierKeys), report: report,
      file: file, head: check.head, first: check.first)
    return Opening(trail: trail, findings: findings, unfinished: unfinished)
  }

  private init(
    path: String, anchorPath: String, keys: (present: [UInt8], earlier: [[UInt8]]),
    report: @escaping @Sendable (GatewayEvent) -> Void, file: consuming AuditFile, head: AuditHead,
    first: UInt64?
  ) {
    self.path = path
    self.anchorPath = anchorPath
    self.keys = keys
    self.report = report
    self.file = file
    self.head = head
    self.first = first
  }

  /// Writes an entry down, durably, and anchors it.
  ///
  /// - Returns: The head, to be kept elsewhere too.
  /// - Throws: `SystemFailure` when the trail or its anchor can't be written.
  func append(_ entry: AuditEntry) throws(SystemFailure) -> AuditHead {
    if file.isLost { try goOnAtPath() }
    let (line, next) = try signed(entry, after: head)
    try file.append(line)
    head = next
    first = first ?? next.number
    try replaceFile(anchorPath, with: AuditAnchor(head: head, first: first).file)
    return head
  }

  private func signed(
    _ entry: AuditEntry, after head: AuditHead
  ) throws(SystemFailure) -> (line: [UInt8], head: AuditHead) {
    let (number, isOverflow) = head.number.addingReportingOverflow(1)
    guard !isOverflow else { throw SystemFailure(call: "append", errorNumber: EOVERFLOW) }
    let (line, code) = AuditLine.bytes(
      of: entry, number: number, after: head.code, key: keys.present)
    return (line, AuditHead(number: number, code: code))
  }

  /// Lets go of a file that others moved, deleted or changed: what is written there is in no place where anybody looks for it. The
  /// trail goes on in the file that is at the path now, which gets an entry that says so.
  private func goOnAtPath() throws(SystemFailure) {
    var found = try AuditFile.open(path)
    let lines = try found.read().lines
    // Others put it there, or wrote to it: it has to hold all that was written.
    var check = AuditCheck(lines, keys: [keys.present] + keys.earlier, anchors: [head])
    check.compareBeginning(with: AuditAnchor(head: head, first: first))
    guard !lines.isEmpty, check.holdsAnchors else {
      try goOn(in: found, behind: lines.count, first: check.first)
      return
    }
    var next = check.head
    if let text = AuditCheck.summary(of: check.doubts) {
      let (line, doubted) = try signed(
        AuditEntry(.doubt, of: AuditLine.trail, by: LocalUser.current, after: text), after: next)
      try found.append(line)
      next = doubted
      report(
        GatewayEvent(
          .error, source: "audit",
          "others changed the trail at '\(path)' while the gateway ran (\(text)); see audit verify")
      )
    } else {
      report(
        GatewayEvent(
          .warning, source: "audit",
          "others put another file in the place of the trail at '\(path)', or wrote to it; all that was written is in it"
        ))
    }
    file = found
    head = next
    first = check.first
  }

  /// Goes on in a file that does not hold what was written. The code of its next entry joins it to the last one that was: who has all
  /// sees that nothing is between them, and who has not sees for ever that something is missing.
  ///
  /// - Parameters:
  ///   - length: How many bytes of lines there are.
  ///   - first: The first entry of them that holds.
  private func goOn(
    in found: consuming AuditFile, behind length: Int, first: UInt64?
  ) throws(SystemFailure) {
    guard head.number > 0 else {
      file = found
      self.first = first
      return
    }
    let what =
      length == 0
      ? "others moved, deleted or emptied the file that ended with this head"
      : "others put in its place, or left of it, a file that does not hold this head"
    let (line, resumed) = try signed(
      AuditEntry(
        .resume, of: AuditLine.trail, by: LocalUser.current, before: "\(head)", after: what),
      after: head)
    try found.append(line)
    report(
      GatewayEvent(
        .error, source: "audit",
        length == 0
          ? "others moved, deleted or emptied the trail at '\(path)' while the gateway ran; it goes on there behind "
            + "entry \(head.number), in a new file: find the old one, keep both, see audit verify"
          : "what others put at '\(path)', or left there, does not hold the trail up to entry \(head.number); it goes "
            + "on there behind that: find the old one, keep both, see audit verify"))
    file = found
    head = resumed
    self.first = first ?? resumed.number
  }
}
