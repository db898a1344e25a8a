public import MQTT

/// A tag whose values come as MQTT messages.
///
/// Names in braces in its topic, `iot/{device}/{kind}`, make a tag of each topic that comes: they stand in its own name or in that of
/// its device too. `{device}` below a device with a name of its own is that name.
public struct MessageTag: Sendable, Equatable {
  /// What a message's value is taken for.
  public typealias ValueType = MQTTPayloadReader.ValueType

  /// Its name below the device.
  public var name: String
  /// The topic of its messages, perhaps with names in braces.
  public var topic: String
  /// Where in a JSON payload the value stands, such as `readings.0.t` (`MQTTJSONPath`); nil when the payload is the value.
  public var path: String?
  /// What the value is taken for.
  public var type: ValueType
  /// Factor from the number received to the engineering value.
  public var scale: Double
  /// What is added after scaling.
  public var offset: Double
  /// Its unit as a UCUM code.
  public var unit: String?

  /// A tag.
  public init(
    name: String, topic: String, path: String? = nil, type: ValueType = .number,
    scale: Double = 1, offset: Double = 0, unit: String? = nil
  ) {
    self.name = name
    self.topic = topic
    self.path = path
    self.type = type
    self.scale = scale
    self.offset = offset
    self.unit = unit
  }
}
