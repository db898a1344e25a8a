/// What is kept outside an audit trail: its head, and where its file begins.
///
/// In the anchor file the head is the first line, all that earlier versions read and write, and `first 1` the second one.
struct AuditAnchor: Sendable, Hashable {
  var head: AuditHead
  /// The number of the first entry in the file that holds; nil where an earlier version anchored it, or there is none.
  var first: UInt64?

  private static let key = "first "

  init(head: AuditHead, first: UInt64?) {
    self.head = head
    self.first = first
  }

  /// Of the bytes of an anchor's file.
  init?(file bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let head = AuditHead(text) else { return nil }
    self.head = head
    // What later versions may add is passed over.
    let line = text.split(whereSeparator: \.isNewline).dropFirst().first { $0.hasPrefix(Self.key) }
    first = line.flatMap { UInt64($0.dropFirst(Self.key.count)) }
  }

  /// The bytes of an anchor's file.
  var file: [UInt8] {
    Array(("\(head)\n" + (first.map { "\(Self.key)\($0)\n" } ?? "")).utf8)
  }
}
