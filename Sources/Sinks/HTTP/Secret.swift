/// A password or token. It does not show itself: neither printing nor interpolation reveals it.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
  package let value: String
  /// What the text was made of. A file's bytes may be no text, and are kept as they are.
  package let bytes: [UInt8]

  /// A secret of the given text.
  public init(_ value: String) { self.init(value, of: Array(value.utf8)) }

  /// A secret whose text was made of these bytes.
  package init(_ value: String, of bytes: [UInt8]) {
    self.value = value
    self.bytes = bytes
  }

  /// Whether nothing in it could end a header field.
  package var isOneLine: Bool { !value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F } }

  /// A placeholder.
  public var description: String { "(secret)" }
  /// A placeholder.
  public var debugDescription: String { description }
}

extension Secret: ExpressibleByStringLiteral {
  /// For what is called a secret only because it stands where one may be.
  public init(stringLiteral value: String) { self.init(value) }
}

extension Secret: CustomReflectable {
  /// Nothing inside.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
