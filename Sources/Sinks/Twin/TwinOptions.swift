/// A digital twin that is kept up to date: where it is, and what of it is which tag.
public struct TwinOptions: Sendable, Equatable {
  /// How the twin is reached.
  public enum Transport: Sendable, Equatable {
    /// Messages to a topic, one for each device if `{device}` is in it.
    case mqtt(MQTTEndpoint, topic: TopicTemplate)
    /// Posts to an address, with what the template gives behind it.
    case http(HTTPEndpoint, path: TopicTemplate?)
  }

  /// How the twin is reached.
  public var transport: Transport
  /// The names of its attributes by the paths of the tags; other tags are none of its business.
  public var attributes: [String: String]

  /// A twin with its attributes by the paths of the tags.
  public init(_ transport: Transport, attributes: [String: String]) {
    self.transport = transport
    self.attributes = attributes
  }
}
