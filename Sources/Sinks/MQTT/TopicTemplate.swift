/// The topic that a tag's samples go to: `plant/{gateway}/{device}/{tag}`.
///
/// `{device}` is the part of a tag's path before its first slash, `{tag}` what comes behind it (with its further slashes),
/// `{gateway}` the gateway's name.
public struct TopicTemplate: Sendable, Equatable {
  private enum Part: Sendable, Equatable {
    case text(String)
    case gateway
    case device
    case tag
  }

  /// The template as it was written.
  public let text: String
  private var parts: [Part] = []

  /// A template.
  ///
  /// - Throws: `SinkError` of code `invalid` for unknown names in braces, wildcards, and what can't be a topic.
  public init(_ text: String) throws(SinkError) {
    self.text = text
    func invalid(_ message: String, _ advice: String) -> SinkError {
      SinkError(code: .invalid, destination: text, message: message, advice: advice)
    }
    guard !text.isEmpty, text.utf8.count <= 1024, !text.utf8.contains(0) else {
      throw invalid("a topic has 1 to 1024 bytes", "write one such as {gateway}/{device}/{tag}")
    }
    guard !text.contains("+"), !text.contains("#") else {
      throw invalid(
        "'+' and '#' are for subscriptions; a sample goes to one topic", "leave them out")
    }
    var rest = Substring(text)
    while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
      guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}") else {
        throw invalid("a brace without its other one", "write {gateway}, {device} or {tag}")
      }
      switch rest[rest.index(after: brace)..<end] {
      case "gateway": parts.append(.gateway)
      case "device": parts.append(.device)
      case "tag": parts.append(.tag)
      default:
        throw invalid(
          "unknown name '\(rest[brace...end])' in the topic", "known: {gateway}, {device}, {tag}")
      }
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
  }

  /// Whether the topic is the same for every tag, as that of a gateway's state has to be.
  public var isConstant: Bool { !parts.contains(.device) && !parts.contains(.tag) }

  /// The topic of a tag. What MQTT forbids in a topic becomes `_`.
  public func topic(gateway: String, tag path: String) -> String {
    let slash = path.firstIndex(of: "/")
    let device = slash.map { path[..<$0] } ?? Substring(path)
    let tag = slash.map { path[path.index(after: $0)...] } ?? Substring(path)
    var topic = ""
    for part in parts {
      switch part {
      case .text(let text): topic += text
      case .gateway: topic += gateway
      case .device: topic += device
      case .tag: topic += tag
      }
    }
    return String(topic.map { $0 == "+" || $0 == "#" || $0 == "\0" ? "_" : $0 })
  }
}
