/// The version of the protocol.
public enum MQTTVersion: Sendable, Hashable {
  /// MQTT 3.1.1. The broker can't say why it refuses a message: a denied publish goes unnoticed.
  case v311
  /// MQTT 5.
  case v5
}

/// Whether the broker remembers the client while it is away.
public enum MQTTSessionKind: Sendable, Hashable {
  /// Nothing is remembered; subscriptions are made anew at each connection.
  case clean
  /// Subscriptions stay and messages with QoS 1 and 2 wait at the broker, under this client identifier.
  /// Version 5: for `expirySeconds` after the connection ended (the maximum means for ever).
  case persistent(clientIdentifier: String, expirySeconds: UInt32 = 7 * 24 * 3600)
}

/// How a TLS connection is made.
public struct MQTTTLSOptions: Sendable, Hashable {
  /// A file with the certificates of the authorities that may have signed the broker's, in PEM form; nil for
  /// those of the system.
  public var authorityFile: String?
  /// The client's own certificate, in PEM form, if the broker wants one.
  public var certificateFile: String?
  /// The key of the client's certificate, in PEM form, without a passphrase.
  public var keyFile: String?
  /// Accepts a certificate for another host name. For tests only: it opens the way for a man in the
  /// middle.
  public var acceptsAnyHostName = false

  /// The system's authorities, no client certificate.
  public init(authorityFile: String? = nil) { self.authorityFile = authorityFile }
}

/// How a client connects and behaves.
public struct MQTTOptions: Sendable {
  /// The version of the protocol.
  public var version = MQTTVersion.v5
  /// Whether the broker remembers the client.
  public var session = MQTTSessionKind.clean
  /// The client identifier of a clean session; nil lets the broker choose.
  public var clientIdentifier: String?
  /// The message that the broker publishes when the client goes without saying so.
  public var will: MQTTMessage?
  /// Seconds that the broker waits before it publishes the will (version 5).
  public var willDelaySeconds: UInt32 = 0
  /// TLS, for addresses that begin with `mqtts://`.
  public var tls = MQTTTLSOptions()
  /// The longest silence: after it the client asks whether the broker is still there. At least 5
  /// seconds, whole ones.
  public var keepAlive = Duration.seconds(30)
  /// The longest wait for an answer to any call, counted from the call. A wait may also be cut
  /// short by cancelling its task.
  public var timeout = Duration.seconds(30)
  /// The longest wait for one try to connect.
  public var connectTimeout = Duration.seconds(10)
  /// How long to wait before connecting again.
  public var backoff = MQTTBackoff()
  /// The most messages with QoS 1 or 2 that wait for the broker's answer at a time, 1 to 65535. A broker
  /// that speaks version 5 may lower it; with version 3.1.1 there are never more than 20 with QoS 2.
  public var maximumInflight = 100
  /// Whether topics of messages with QoS 0 become numbers, as far as the broker allows (version 5).
  public var usesTopicAliases = true

  /// The defaults.
  public init(version: MQTTVersion = .v5, session: MQTTSessionKind = .clean) {
    self.version = version
    self.session = session
  }
}
