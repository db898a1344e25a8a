/// What the broker answered, by the names of MQTT 5 (section 2.4). The five refusals of MQTT 3.1.1 are given as
/// their MQTT 5 equals.
public struct MQTTReasonCode: RawRepresentable, Sendable, Hashable {
  /// The code; 0x80 and above are failures.
  public let rawValue: UInt8

  /// A reason by its code.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Whether the broker refused.
  public var isFailure: Bool { rawValue >= 0x80 }

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

/// Why an MQTT call failed.
public struct MQTTError: Error, Sendable, Equatable {
  /// The kind of failure; new ones may come.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A stable name, such as `refused`.
    public let rawValue: String

    /// A code by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The broker's address can't be read as one.
    public static let invalidAddress = Code(rawValue: "invalidAddress")
    /// A topic, filter, payload or option breaks a rule of MQTT; nothing was sent.
    public static let invalidArgument = Code(rawValue: "invalidArgument")
    /// Nobody answers at the address, or its name can't be resolved.
    public static let unreachable = Code(rawValue: "unreachable")
    /// The TLS session could not be made, or a certificate file could not be read.
    public static let tls = Code(rawValue: "tls")
    /// The broker refused the connection; see `reason`.
    public static let refused = Code(rawValue: "refused")
    /// The broker refused the message or the subscription; see `reason`.
    public static let denied = Code(rawValue: "denied")
    /// The connection was lost.
    public static let connectionLost = Code(rawValue: "connectionLost")
    /// The deadline passed. A message that was already on its way may still arrive.
    public static let timedOut = Code(rawValue: "timedOut")
    /// The client was closed.
    public static let closed = Code(rawValue: "closed")
    /// The system refused memory, a thread or a descriptor.
    public static let outOfResources = Code(rawValue: "outOfResources")
    /// The broker broke the protocol.
    public static let protocolViolation = Code(rawValue: "protocolViolation")
  }

  /// The kind of failure.
  public let code: Code
  /// What is wrong and what to do, for a person. Holds no password.
  public let message: String
  /// What the broker answered, if it was the broker that refused.
  public let reason: MQTTReasonCode?
  /// The topic or filter that it is about.
  public let topic: String?
  /// The broker, as `host:port`.
  public let broker: String?

  init(
    _ code: Code, _ message: String, reason: MQTTReasonCode? = nil, topic: String? = nil,
    broker: String? = nil
  ) {
    self.code = code
    self.message = message
    self.reason = reason
    self.topic = topic
    self.broker = broker
  }

  /// Whether the same call may succeed later without any change.
  public var isRetriable: Bool {
    switch code {
    case .unreachable, .connectionLost, .timedOut, .outOfResources: return true
    case .refused, .denied:
      switch reason {
      case .serverBusy, .serverUnavailable, .quotaExceeded, .serverShuttingDown: return true
      default: return false
      }
    default: return false
    }
  }
}

extension MQTTError: CustomStringConvertible {
  /// The message, with the broker and the topic in front.
  public var description: String {
    [broker, topic.map { "topic \"\($0)\"" }, message].compactMap { $0 }.joined(separator: ": ")
  }
}
