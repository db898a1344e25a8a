internal import Glibc

extension AuditCheck {
  /// Checks a trail and what is kept beside it.
  ///
  /// - Parameters:
  ///   - path: The file of the trail.
  ///   - keyFile: The file of the key it was written with; nil for `audit.key` in the same folder.
  ///   - anchors: Heads that were kept elsewhere, at any time.
  ///   - anchorFile: The file of the head; nil for `audit.head` in the same folder, if there is one.
  /// - Throws: `AuditError` for files that can't be read.
  public init(
    contentsOf path: String, keyFile: String? = nil, anchors: [AuditHead] = [],
    anchorFile: String? = nil
  ) throws(AuditError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let secret = try Self.read(
      keyFile ?? folder + "audit.key",
      "name the file of the key with --key; without it nothing can be checked")
    let (key, earlier) = AuditKey.keys(of: secret, as: SecretReference.text(of: secret))
    let bytes = try Self.read(path, "check the path and its permissions")
    var anchors = anchors
    var kept: AuditAnchor?
    let isNamed = anchorFile != nil
    let anchorPath = anchorFile ?? folder + "audit.head"
    if isNamed || access(anchorPath, F_OK) == 0 {
      let text = try Self.read(anchorPath, "check the path and its permissions")
      guard let anchor = AuditAnchor(file: text) else {
        throw AuditError(
          "this is no head of an audit trail", at: anchorPath,
          advice: "a head is NUMBER:CODE with 64 hexadecimal digits")
      }
      anchors.append(anchor.head)
      kept = anchor
    }
    self.init(bytes, keys: [key] + earlier, anchors: anchors)
    isAnchored = !anchors.isEmpty
    if let kept { compareBeginning(with: kept) }
  }

  private static func read(_ path: String, _ advice: String) throws(AuditError) -> [UInt8] {
    guard let bytes = readFile(path) else {
      throw AuditError(
        "can't read the file: \(String(cString: strerror(errno)))", at: path, advice: advice)
    }
    return bytes
  }
}
