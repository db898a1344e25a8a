/// One of the configurations with which a gateway has worked.
public struct ConfigurationVersion: Sendable, Hashable {
  /// From 1 on, in the order in which they came into force; 0 for one that has no text, because a program made it. Samples carry
  /// it (`Sample.configurationVersion`).
  public var number: UInt32
  /// SHA-256 of the text, 64 hexadecimal digits; nil where there is no text.
  public var digest: String?

  /// A version.
  public init(number: UInt32, digest: String? = nil) {
    self.number = number
    self.digest = digest
  }
}

extension ConfigurationVersion: CustomStringConvertible {
  /// `version 3 (sha256 64 digits)`.
  public var description: String {
    guard number > 0 else { return "a configuration without a text" }
    return "version \(number)" + (digest.map { " (sha256 \($0))" } ?? "")
  }
}
