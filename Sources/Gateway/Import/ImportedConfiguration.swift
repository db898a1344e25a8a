/// What became of the configuration of another gateway.
public struct ImportedConfiguration: Sendable, Equatable {
  /// A configuration of ours (docs/configuration.md).
  public var yaml: String
  /// What could not be taken over, or should be looked at.
  public var notes: [String]

  /// A result from its parts.
  public init(yaml: String, notes: [String]) {
    self.yaml = yaml
    self.notes = notes
  }
}
