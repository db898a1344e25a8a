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
