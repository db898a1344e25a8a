internal import IndustrialModel
internal import MQTT

/// The tags that come into being with the topics of messages: `{device}/level` of `iot/{device}/raw`.
struct TagForms: Sendable {
  private var forms: [(path: MQTTTopicTemplate, unit: String?)] = []

  var isEmpty: Bool { forms.isEmpty }

  fileprivate mutating func add(_ path: String, unit: String?) {
    // What is no form at all is told when the driver is made.
    guard let path = try? MQTTTopicTemplate(path), !path.names.isEmpty else { return }
    forms.append((path, unit))
  }

  /// Whether there may be such a tag.
  func contains(_ tag: String) -> Bool { forms.contains { $0.path.match(tag) != nil } }

  /// The unit of such a tag.
  func unit(of tag: String) -> String? { forms.first { $0.path.match(tag) != nil }?.unit }
}

extension GatewayConfiguration {
  /// The forms of all tags with names in braces.
  var tagForms: TagForms {
    var forms = TagForms()
    for device in devices {
      for tag in device.messages { forms.add("\(device.name)/\(tag.name)", unit: tag.unit) }
    }
    return forms
  }

  /// The forms of those on a bus.
  func tagForms(on bus: String) -> TagForms {
    GatewayConfiguration(id: "", dataFolder: "", devices: devices.filter { $0.bus == bus }).tagForms
  }
}

extension GatewayConfiguration.Device {
  /// The topics of a tag. `{device}` below a device with a name of its own is that name.
  func topic(of tag: MessageTag) throws(MQTTError) -> MQTTTopicTemplate {
    let topic = try MQTTTopicTemplate(tag.topic)
    guard topic.names.contains("device"), !name.contains("{") else { return topic }
    return try MQTTTopicTemplate(topic.render { $0 == "device" ? name : "{\($0)}" })
  }

  /// Has the sampler make this device's tags of messages.
  func addMessages(to sampler: inout MQTTSampler) throws(MQTTError) {
    for tag in messages { try add(tag, to: &sampler) }
  }

  func add(_ tag: MessageTag, to sampler: inout MQTTSampler) throws(MQTTError) {
    var reader = MQTTPayloadReader(as: tag.type, scale: tag.scale, offset: tag.offset)
    if let path = tag.path { reader.path = try MQTTJSONPath(path) }
    try sampler.add("\(name)/\(tag.name)", from: topic(of: tag), reading: reader)
  }
}
