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
  private let key: [UInt8]
  private let descriptor: Int32
  private var head: AuditHead

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
  static func open(
    _ path: String, anchor anchorPath: String, key: [UInt8], earlierKeys: [[UInt8]] = []
  ) throws(SystemFailure) -> Opening {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw SystemFailure("open") }
    guard let bytes = readFile(path) else {
      close(descriptor)
      throw SystemFailure("open")
    }
    let whole = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    let unfinished = bytes.count - whole
    if unfinished > 0, ftruncate(descriptor, off_t(whole)) != 0 || fdatasync(descriptor) != 0 {
      close(descriptor)
      throw SystemFailure("ftruncate")
    }
    if bytes.isEmpty { syncFolder(ofFile: path) }
    let anchor = readFile(anchorPath).flatMap(AuditHead.init(file:))
    // The anchor may be one entry behind: a crash between the two files.
    let check = AuditCheck(
      Array(bytes[..<whole]), keys: [key] + earlierKeys, anchors: anchor.map { [$0] } ?? [])
    // One entry without an anchor is what a crash at the very first leaves.
    var findings = check.findings
    if anchor == nil, check.entries > 1 {
      findings.append(
        .init(
          line: check.entries,
          message: "the anchor is missing or no head; entries that were cut off are not seen"))
    }
    let trail = AuditTrail(
      path: path, anchorPath: anchorPath, key: key, descriptor: descriptor, head: check.head)
    return Opening(trail: trail, findings: findings, unfinished: unfinished)
  }

  private init(
    path: String, anchorPath: String, key: [UInt8], descriptor: Int32, head: AuditHead
  ) {
    self.path = path
    self.anchorPath = anchorPath
    self.key = key
    self.descriptor = descriptor
    self.head = head
  }

  deinit { close(descriptor) }

  /// Writes an entry down, durably, and anchors it.
  ///
  /// - Returns: The head, to be kept elsewhere too.
  func append(_ entry: AuditEntry) throws(SystemFailure) -> AuditHead {
    let number = head.number + 1
    let (line, code) = AuditLine.bytes(of: entry, number: number, after: head.code, key: key)
    let before = lseek(descriptor, 0, SEEK_END)
    do throws(SystemFailure) {
      try writeWhole(line[...], to: descriptor)
      guard fdatasync(descriptor) == 0 else { throw SystemFailure("fdatasync") }
    } catch {
      // Half a line must not stand before the next one.
      let reason = errno
      if before >= 0 { _ = ftruncate(descriptor, before) }
      errno = reason
      throw error
    }
    head = AuditHead(number: number, code: code)
    try replaceFile(anchorPath, with: Array("\(head)\n".utf8))
    return head
  }
}
