/// How surely a message is delivered.
public enum MQTTQoS: UInt8, Sendable, Hashable, Comparable {
  /// Sent once; may be lost.
  case atMostOnce = 0
  /// Sent until acknowledged; may come twice.
  case atLeastOnce = 1
  /// Delivered once, for the price of two round trips.
  case exactlyOnce = 2

  /// By increasing sureness.
  public static func < (left: MQTTQoS, right: MQTTQoS) -> Bool { left.rawValue < right.rawValue }
}

/// A message, to be published or as received.
public struct MQTTMessage: Sendable, Hashable {
  /// The topic it goes to or came from.
  public var topic: String
  /// Its content.
  public var payload: [UInt8]
  /// How surely it is delivered, on this leg of its way.
  public var qos: MQTTQoS
  /// To publish: the broker keeps it for later subscribers. Received: it had been kept.
  public var retain: Bool
  /// What MQTT 5 adds; nil when there is nothing.
  public var properties: MQTTProperties?

  /// A message.
  public init(
    topic: String, payload: [UInt8], qos: MQTTQoS = .atLeastOnce, retain: Bool = false,
    properties: MQTTProperties? = nil
  ) {
    self.topic = topic
    self.payload = payload
    self.qos = qos
    self.retain = retain
    self.properties = properties
  }

  /// A message with a text.
  public init(
    topic: String, text: String, qos: MQTTQoS = .atLeastOnce, retain: Bool = false,
    properties: MQTTProperties? = nil
  ) {
    self.init(
      topic: topic, payload: Array(text.utf8), qos: qos, retain: retain, properties: properties)
  }

  /// The payload as text; bytes that are no UTF-8 become U+FFFD.
  public var text: String { String(decoding: payload, as: UTF8.self) }
}
