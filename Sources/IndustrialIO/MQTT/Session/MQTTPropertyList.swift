internal import CMosquitto
internal import Glibc

/// The library's list of MQTT 5 properties, owned by this value.
struct MQTTPropertyList: ~Copyable {
  private(set) var list: OpaquePointer?
  /// The first refusal to add a property: the list lacks it, and must not be sent.
  private(set) var status = MOSQ_ERR_SUCCESS.rawValue

  init() {}

  /// The list of a message to be published.
  init(_ properties: MQTTProperties) {
    if properties.isText { add(byte: 1, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR) }
    if let expiry = properties.expirySeconds { add(expiry, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL) }
    if let type = properties.contentType { add(type, MQTT_PROP_CONTENT_TYPE) }
    if let topic = properties.responseTopic { add(topic, MQTT_PROP_RESPONSE_TOPIC) }
    if let data = properties.correlationData {
      guard let count = UInt16(exactly: data.count) else {
        status = MOSQ_ERR_INVAL.rawValue
        return
      }
      note(
        mosquitto_property_add_binary(
          &list, Int32(MQTT_PROP_CORRELATION_DATA.rawValue), data, count))
    }
    for pair in properties.userProperties {
      note(
        mosquitto_property_add_string_pair(
          &list, Int32(MQTT_PROP_USER_PROPERTY.rawValue), pair.name, pair.value))
    }
  }

  mutating func add(byte value: UInt8, _ property: mqtt5_property) {
    note(mosquitto_property_add_byte(&list, Int32(property.rawValue), value))
  }

  mutating func add(_ value: UInt16, _ property: mqtt5_property) {
    note(mosquitto_property_add_int16(&list, Int32(property.rawValue), value))
  }

  mutating func add(_ value: UInt32, _ property: mqtt5_property) {
    note(mosquitto_property_add_int32(&list, Int32(property.rawValue), value))
  }

  mutating func add(variable value: UInt32, _ property: mqtt5_property) {
    note(mosquitto_property_add_varint(&list, Int32(property.rawValue), value))
  }

  mutating func add(_ value: String, _ property: mqtt5_property) {
    note(mosquitto_property_add_string(&list, Int32(property.rawValue), value))
  }

  private mutating func note(_ added: Int32) {
    if status == MOSQ_ERR_SUCCESS.rawValue { status = added }
  }

  /// The library has taken the list over.
  mutating func forget() { list = nil }

  deinit {
    var list = list
    mosquitto_property_free_all(&list)
  }

  // MARK: Reading

  /// The properties of a received message; nil when there are none that say anything.
  static func message(_ list: OpaquePointer?) -> MQTTProperties? {
    guard list != nil else { return nil }
    var result = MQTTProperties()
    var property = list
    while let current = property {
      let identifier = mosquitto_property_identifier(current)
      switch UInt32(bitPattern: identifier) {
      case MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue:
        var value: UInt8 = 0
        _ = mosquitto_property_read_byte(current, identifier, &value, false)
        result.isText = value == 1
      case MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue:
        var value: UInt32 = 0
        _ = mosquitto_property_read_int32(current, identifier, &value, false)
        result.expirySeconds = value
      case MQTT_PROP_CONTENT_TYPE.rawValue:
        result.contentType = string(current, identifier)
      case MQTT_PROP_RESPONSE_TOPIC.rawValue:
        result.responseTopic = string(current, identifier)
      case MQTT_PROP_CORRELATION_DATA.rawValue:
        var value: UnsafeMutableRawPointer?
        var count: UInt16 = 0
        _ = mosquitto_property_read_binary(current, identifier, &value, &count, false)
        result.correlationData = Array(UnsafeRawBufferPointer(start: value, count: Int(count)))
        free(value)
      case MQTT_PROP_USER_PROPERTY.rawValue:
        var name: UnsafeMutablePointer<CChar>?
        var value: UnsafeMutablePointer<CChar>?
        _ = mosquitto_property_read_string_pair(current, identifier, &name, &value, false)
        if let name, let value {
          result.userProperties.append(.init(String(cString: name), String(cString: value)))
        }
        free(name)
        free(value)
      case MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue:
        var value: UInt32 = 0
        _ = mosquitto_property_read_varint(current, identifier, &value, false)
        result.subscriptionIdentifiers.append(value)
      default:
        break
      }
      property = mosquitto_property_next(current)
    }
    return result
  }

  /// A property of one byte, if it is in the list.
  static func byte(_ list: OpaquePointer?, _ property: mqtt5_property) -> UInt8? {
    var value: UInt8 = 0
    let found = mosquitto_property_read_byte(list, Int32(property.rawValue), &value, false)
    return found == nil ? nil : value
  }

  /// A 16-bit property, if it is in the list.
  static func int16(_ list: OpaquePointer?, _ property: mqtt5_property) -> UInt16? {
    var value: UInt16 = 0
    let found = mosquitto_property_read_int16(list, Int32(property.rawValue), &value, false)
    return found == nil ? nil : value
  }

  /// A text property, if it is in the list.
  static func string(_ list: OpaquePointer?, _ property: mqtt5_property) -> String? {
    string(list, Int32(property.rawValue))
  }

  private static func string(_ list: OpaquePointer?, _ identifier: Int32) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    _ = mosquitto_property_read_string(list, identifier, &value, false)
    defer { free(value) }
    return value.map { String(cString: $0) }
  }
}
