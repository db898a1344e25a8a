/// A topic filter: `plant/+/level`, `plant/#`, `$share/group/plant/#`.
///
/// Checked before anything is sent, by the rules of MQTT 5 section 4.7.
public struct MQTTTopicFilter: Sendable, Hashable {
  /// The filter as it was written.
  public let text: String
  /// The group of a shared subscription, whose members get each message once between them.
  public let sharedGroup: String?

  /// The part that is matched, behind `$share/group/`.
  private let pattern: [UInt8]

  /// A filter.
  /// - Throws: ``MQTTError/Code/invalidArgument``, saying what is wrong.
  public init(_ text: String) throws(MQTTError) {
    try Self.checkText(text, kind: "topic filter")
    self.text = text
    var rest = Substring(text)
    if text.hasPrefix("$share/") {
      let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty,
        !parts[1].contains("+"), !parts[1].contains("#")
      else {
        throw MQTTError(
          .invalidArgument, "a shared subscription looks like $share/GROUP/FILTER", topic: text)
      }
      sharedGroup = String(parts[1])
      rest = parts[2]
    } else {
      sharedGroup = nil
    }
    // By bytes, as brokers do: a combining character behind a wildcard does not make another one of it.
    let levels = rest.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for (index, level) in levels.enumerated() {
      if level.contains(UInt8(ascii: "#")) && (level.count > 1 || index != levels.count - 1) {
        throw MQTTError(
          .invalidArgument, "# must stand alone on the last level of a filter", topic: text)
      }
      if level.contains(UInt8(ascii: "+")) && level.count > 1 {
        throw MQTTError(
          .invalidArgument, "+ must stand alone on its level of a filter", topic: text)
      }
    }
    pattern = Array(rest.utf8)
  }

  /// Whether messages on `topic` belong to this filter.
  public func matches(_ topic: String) -> Bool {
    var topic = topic
    return topic.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
  }

  func matches(_ topic: UnsafeRawBufferPointer) -> Bool {
    let plus = UInt8(ascii: "+")
    let hash = UInt8(ascii: "#")
    let slash = UInt8(ascii: "/")
    // Wildcards on the first level don't match the broker's own $SYS topics (section 4.7.2).
    if topic.first == UInt8(ascii: "$"), let first = pattern.first, first == plus || first == hash {
      return false
    }
    var position = 0
    var index = 0
    while index < pattern.count {
      switch pattern[index] {
      case hash:
        return true
      case plus:
        while position < topic.count && topic[position] != slash { position += 1 }
        index += 1
      default:
        guard position < topic.count, topic[position] == pattern[index] else {
          // `a/#` matches `a` too.
          return position == topic.count && index + 2 == pattern.count
            && pattern[index] == slash && pattern[index + 1] == hash
        }
        position += 1
        index += 1
      }
    }
    return position == topic.count
  }

  /// Checks a topic to publish to: no wildcards, not empty.
  static func checkTopic(_ topic: String) throws(MQTTError) {
    try checkText(topic, kind: "topic")
    if topic.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
      throw MQTTError(
        .invalidArgument, "+ and # are for filters; a message goes to one topic", topic: topic)
    }
  }

  private static func checkText(_ text: String, kind: String) throws(MQTTError) {
    if text.isEmpty { throw MQTTError(.invalidArgument, "the \(kind) is empty") }
    if text.utf8.count > 65_535 {
      throw MQTTError(.invalidArgument, "the \(kind) is longer than 65535 bytes")
    }
    if text.utf8.contains(0) {
      throw MQTTError(.invalidArgument, "the \(kind) contains a NUL character")
    }
  }
}

extension MQTTTopicFilter: CustomStringConvertible {
  /// The filter as it was written.
  public var description: String { text }
}
