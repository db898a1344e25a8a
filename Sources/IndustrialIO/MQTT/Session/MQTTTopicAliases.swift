internal import CMosquitto

/// The numbers that stand for topics on the connection at hand, so that a long topic crosses the network once (MQTT 5,
/// section 3.3.2.3.4). Confined to the session's thread.
///
/// Only for QoS 0. Messages with QoS 1 and 2 the library sends again as they were when a connection broke, and by then their
/// numbers would mean nothing, or another topic.
struct MQTTTopicAliases {
  /// A number, and the list of properties that consists of it.
  final class Alias {
    let number: UInt16
    let properties: MQTTPropertyList

    init(_ number: UInt16) {
      self.number = number
      var properties = MQTTPropertyList()
      properties.add(number, MQTT_PROP_TOPIC_ALIAS)
      self.properties = properties
    }
  }

  private var aliases: [String: Alias] = [:]
  private var maximum = 0
  /// Most messages have the topic of the one before.
  private var last: (topic: String, alias: Alias)?

  /// A number costs three bytes; shorter topics gain nothing worth it.
  private static let shortestTopic = 8
  private static let most = 1000

  /// A new connection: no number means anything yet.
  mutating func reset(maximum: UInt16) {
    aliases = [:]
    last = nil
    self.maximum = min(Int(maximum), Self.most)
  }

  /// The number of a topic, and whether the broker has yet to be told of it; nil when it has none. The first topics get the numbers
  /// that the broker allows, and keep them.
  mutating func alias(of topic: String) -> (alias: Alias, isNew: Bool)? {
    guard maximum > 0 else { return nil }
    if let last, last.topic == topic { return (last.alias, false) }
    if let known = aliases[topic] {
      last = (topic, known)
      return (known, false)
    }
    guard aliases.count < maximum, topic.utf8.count >= Self.shortestTopic else { return nil }
    let new = Alias(UInt16(truncatingIfNeeded: aliases.count + 1))
    aliases[topic] = new
    return (new, true)
  }

  /// The message that was to tell the broker was not sent; it was the latest.
  mutating func forget(_ topic: String) {
    aliases[topic] = nil
    if last?.topic == topic { last = nil }
  }
}
