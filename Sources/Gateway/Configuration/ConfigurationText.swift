/// The YAML that a configuration was read from. It holds no secrets: those are references there.
public struct ConfigurationText: Sendable {
  /// The whole file.
  public var yaml: String

  /// A text.
  public init(_ yaml: String) { self.yaml = yaml }
}

extension ConfigurationText: Equatable {
  /// Always true: configurations are the same when they say the same, in whatever words.
  public static func == (a: ConfigurationText, b: ConfigurationText) -> Bool { true }
}
