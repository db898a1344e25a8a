internal import MQTT

/// The topic that a tag's samples go to: `plant/{gateway}/{device}/{tag}`.
///
/// `{device}` is the part of a tag's path before its first slash, `{tag}` what comes behind it (with its further slashes),
/// `{gateway}` the gateway's name.
public struct TopicTemplate: Sendable, Equatable {
  private let template: MQTTTopicTemplate

  /// The template as it was written.
  public var text: String { template.text }

  /// A template.
  ///
  /// - Throws: `SinkError` of code `invalid` for unknown names in braces, wildcards, and what can't be a topic.
  public init(_ text: String) throws(SinkError) {
    func invalid(_ message: String, _ advice: String) -> SinkError {
      SinkError(code: .invalid, destination: text, message: message, advice: advice)
    }
    guard !text.isEmpty, text.utf8.count <= 1024 else {
      throw invalid("a topic has 1 to 1024 bytes", "write one such as {gateway}/{device}/{tag}")
    }
    do throws(MQTTError) {
      template = try MQTTTopicTemplate(text)
    } catch {
      throw invalid(error.message, "write one such as {gateway}/{device}/{tag}")
    }
    guard !template.isSubscriptionOnly else {
      throw invalid(
        "'+' and '#' are for subscriptions; a sample goes to one topic", "leave them out")
    }
    let known = ["gateway", "device", "tag"]
    if let name = template.names.first(where: { !known.contains($0) }) {
      throw invalid("unknown name '{\(name)}' in the topic", "known: {gateway}, {device}, {tag}")
    }
  }

  /// Whether the topic is the same for every tag, as that of a gateway's state has to be.
  public var isConstant: Bool {
    !template.names.contains("device") && !template.names.contains("tag")
  }

  /// The topic of a tag. What MQTT forbids in a topic becomes `_`.
  public func topic(gateway: String, tag path: String) -> String {
    let parts = TagPath(path)
    let topic = template.render { name in
      switch name {
      case "gateway": gateway
      case "device": String(parts.device)
      default: String(parts.tag)
      }
    }
    return String(topic.map { $0 == "+" || $0 == "#" || $0 == "\0" ? "_" : $0 })
  }
}
