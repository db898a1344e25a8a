/// An input of a formula: a name (`raw`) or a tag (`{line1/flow}`).
public struct FormulaDependency: Sendable, Hashable {
  /// The name, or the tag's path without its braces.
  public let name: String
  /// Whether it was written in braces, or is the tag that the formula is attached to.
  public let isTag: Bool

  /// An input by its name; the compiler makes these, tests and configuration compare them.
  public init(name: String, isTag: Bool = false) {
    self.name = name
    self.isTag = isTag
  }
}

extension FormulaDependency: ExpressibleByStringLiteral, CustomStringConvertible {
  /// `"raw"` is a name, `"{line1/flow}"` a tag.
  public init(stringLiteral value: String) {
    if value.hasPrefix("{"), value.hasSuffix("}") {
      self.init(name: String(value.dropFirst().dropLast()), isTag: true)
    } else {
      self.init(name: value)
    }
  }

  /// The input as it is written in a formula.
  public var description: String { isTag ? "{\(name)}" : name }
}
