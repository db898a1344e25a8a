/// Messages of a persistent session that nobody has subscribed to yet: bounded as the buffer of a subscription is unless it is told
/// otherwise, and what does not fit goes. One that takes all of it may begin with a full buffer. Confined to the session's thread.
struct MQTTUnclaimed {
  private static let bound = MQTTBuffer()

  private var messages: [MQTTMessage] = []
  private var bytes = 0

  var isEmpty: Bool { messages.isEmpty }

  mutating func add(_ message: MQTTMessage) {
    let price = message.bufferCost
    guard messages.count < Self.bound.messages, bytes + price <= Self.bound.bytes else { return }
    messages.append(message)
    bytes += price
  }

  /// Takes out what belongs to a filter.
  mutating func take(_ filter: MQTTTopicFilter) -> [MQTTMessage] {
    let taken = messages.filter { filter.matches($0.topic) }
    guard !taken.isEmpty else { return [] }
    messages.removeAll { filter.matches($0.topic) }
    bytes = messages.reduce(0) { $0 + $1.bufferCost }
    return taken
  }
}

extension MQTTMessage {
  /// What a message counts against ``MQTTBuffer/bytes``.
  var bufferCost: Int { payload.count + topic.utf8.count }
}
