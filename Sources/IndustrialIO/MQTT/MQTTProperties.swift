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

extension MQTTProperties {
  /// Checks what the library would cut off without a word.
  func check(topic: String) throws(MQTTError) {
    let texts =
      [contentType, responseTopic].compactMap { $0 }
      + userProperties.flatMap { [$0.name, $0.value] }
    guard texts.allSatisfy({ $0.utf8.count <= 65_535 && !$0.utf8.contains(0) }),
      correlationData?.count ?? 0 <= 65_535
    else {
      throw MQTTError(
        .invalidArgument, "a property is longer than 65535 bytes or contains a NUL character",
        topic: topic)
    }
    // A receiver may end the connection because of one (MQTT 5, 1.5.4), and the message would come again and again.
    guard texts.allSatisfy({ $0.unicodeScalars.allSatisfy(Self.isAllowed) }) else {
      throw MQTTError(
        .invalidArgument, "a property contains a control character or what is no character",
        topic: topic)
    }
    if let responseTopic { try MQTTTopicFilter.checkTopic(responseTopic) }
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory != .control && !scalar.properties.isNoncharacterCodePoint
  }
}
