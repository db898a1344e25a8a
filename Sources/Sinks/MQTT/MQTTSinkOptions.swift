public import MQTT

/// What an MQTT sink publishes, and where.
public struct MQTTSinkOptions: Sendable, Equatable {
  /// What a message holds.
  public enum Payload: String, Sendable, Equatable, CaseIterable {
    /// The JSON object of docs/json-lines.md, without a line end; several samples are lines.
    case json
    /// InfluxDB line protocol.
    case influx
    /// The value alone as text; nothing at all when there is no usable value.
    case value
  }

  /// The broker.
  public var broker: MQTTEndpoint
  /// Where a sample goes.
  public var topic: TopicTemplate
  /// What a message holds.
  public var payload: Payload = .json
  /// How surely the broker gets a message; `atMostOnce` counts as `atLeastOnce`, because nothing confirms it.
  public var qos: MQTTQoS = .atLeastOnce
  /// Whether the broker keeps the last message of each topic for later subscribers.
  public var retain = false
  /// Samples of the same topic that share a message at most; with `Payload.value` always one.
  public var samplesPerMessage = 1
  /// A topic whose retained message is `online` while the sink is connected, and `offline` afterwards.
  public var state: TopicTemplate?

  /// Samples to a topic of a broker, with the defaults.
  public init(broker: MQTTEndpoint, topic: TopicTemplate) {
    self.broker = broker
    self.topic = topic
  }
}
