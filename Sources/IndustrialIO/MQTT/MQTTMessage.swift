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

/// What MQTT 5 adds to a message (section 3.3.2.3). To publish with any of them, the client must use version 5.
public struct MQTTProperties: Sendable, Hashable {
  /// A name and a value that the applications agree on; names may repeat.
  public struct UserProperty: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The value.
    public var value: String

    /// A pair.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The payload is UTF-8 text.
  public var isText = false
  /// Seconds after which the broker drops the message undelivered.
  public var expirySeconds: UInt32?
  /// The kind of content, such as `application/json`.
  public var contentType: String?
  /// Where an answer should go.
  public var responseTopic: String?
  /// What tells the asker to which question an answer belongs.
  public var correlationData: [UInt8]?
  /// Names and values that the applications agree on, in order.
  public var userProperties: [UserProperty] = []
  /// Received: which of the client's subscriptions matched.
  public var subscriptionIdentifiers: [UInt32] = []

  /// Nothing.
  public init() {}
}
