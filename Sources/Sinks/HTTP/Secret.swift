/// A password or token. It does not show itself: neither printing nor interpolation reveals it.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
  package let value: String

  /// A secret of the given text.
  public init(_ value: String) { self.value = value }

  /// A placeholder.
  public var description: String { "(secret)" }
  /// A placeholder.
  public var debugDescription: String { description }
}

extension Secret: CustomReflectable {
  /// Nothing inside.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
