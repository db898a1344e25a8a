/// What the broker answered, by the names of MQTT 5 (section 2.4). The five refusals of MQTT 3.1.1 are given as
/// their MQTT 5 equals.
public struct MQTTReasonCode: RawRepresentable, Sendable, Hashable {
  /// The code; 0x80 and above are failures.
  public let rawValue: UInt8

  /// A reason by its code.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Whether the broker refused.
  public var isFailure: Bool { rawValue >= 0x80 }

  /// Whether a broker that ends the connection for this reason may mean a subscription, and would end the next one over it too:
  /// what it could as well have answered (section 3.9.3) or calls a mistake. Not that it is busy, shuts down, wants another client or
  /// less of everything.
  var refusesSubscriptions: Bool {
    switch rawValue {
    // Unspecified, malformed, a breach of the protocol, implementation specific.
    case 0x80, 0x81, 0x82, 0x83: true
    // Not authorized, topic filter, quality of service.
    case 0x87, 0x8F, 0x9B: true
    // No shared subscriptions, subscription identifiers, wildcards.
    case 0x9E, 0xA1, 0xA2: true
    default: false
    }
  }

  /// Done.
  public static let success = MQTTReasonCode(rawValue: 0x00)
  /// Accepted, but nobody has subscribed to the topic.
  public static let noMatchingSubscribers = MQTTReasonCode(rawValue: 0x10)
  /// The broker does not say why.
  public static let unspecified = MQTTReasonCode(rawValue: 0x80)
  /// Accepted by the network, refused by the broker's implementation.
  public static let implementationSpecific = MQTTReasonCode(rawValue: 0x83)
  /// The broker does not speak this version of MQTT.
  public static let unsupportedProtocolVersion = MQTTReasonCode(rawValue: 0x84)
  /// The client identifier is not allowed.
  public static let clientIdentifierNotValid = MQTTReasonCode(rawValue: 0x85)
  /// Wrong user name or password.
  public static let badUserNameOrPassword = MQTTReasonCode(rawValue: 0x86)
  /// This user may not do this.
  public static let notAuthorized = MQTTReasonCode(rawValue: 0x87)
  /// The broker is not available.
  public static let serverUnavailable = MQTTReasonCode(rawValue: 0x88)
  /// The broker is busy.
  public static let serverBusy = MQTTReasonCode(rawValue: 0x89)
  /// This client has been banned.
  public static let banned = MQTTReasonCode(rawValue: 0x8A)
  /// The broker shuts down.
  public static let serverShuttingDown = MQTTReasonCode(rawValue: 0x8B)
  /// Another client connected with the same identifier.
  public static let sessionTakenOver = MQTTReasonCode(rawValue: 0x8E)
  /// The topic filter is not accepted.
  public static let topicFilterInvalid = MQTTReasonCode(rawValue: 0x8F)
  /// The topic name is not accepted.
  public static let topicNameInvalid = MQTTReasonCode(rawValue: 0x90)
  /// The broker does not know the message whose delivery is to be ended; it had it before.
  public static let packetIdentifierNotFound = MQTTReasonCode(rawValue: 0x92)
  /// The packet is larger than the broker takes.
  public static let packetTooLarge = MQTTReasonCode(rawValue: 0x95)
  /// A limit of the broker is reached.
  public static let quotaExceeded = MQTTReasonCode(rawValue: 0x97)
  /// The payload is not what its format indicator says.
  public static let payloadFormatInvalid = MQTTReasonCode(rawValue: 0x99)
  /// The broker keeps no retained messages.
  public static let retainNotSupported = MQTTReasonCode(rawValue: 0x9A)
  /// The broker does not offer this quality of service.
  public static let qosNotSupported = MQTTReasonCode(rawValue: 0x9B)
}
