public import MQTT

/// Where an MQTT broker is and who we are to it.
public struct MQTTEndpoint: Sendable, Equatable {
  /// The broker, without user and password.
  public var address: MQTTAddress
  /// The user name; nil for none.
  public var user: String?
  /// The user's password.
  public var password: Secret?
  /// The version of the protocol. With 3.1.1 a broker can't say that it refuses a message.
  public var version: MQTTVersion = .v5
  /// The client identifier, which no other client of the broker has; nil for one that follows from the gateway's name.
  public var clientIdentifier: String?
  /// Certificates for addresses that begin with `mqtts://`.
  public var tls = MQTTTLSOptions()
  /// The longest wait for the broker's answer.
  public var timeout: Duration = .seconds(30)

  /// A broker at an address, with the defaults.
  public init(_ address: MQTTAddress) { self.address = address }

  /// The address with user and password, for the client alone.
  package var fullAddress: MQTTAddress {
    var address = address
    if let user { address.userName = user }
    if let password { address.password = password.value }
    return address
  }

  /// Who a sink is to a broker unless it is configured. No name in a configuration has a colon: a bus of the same name, whose session
  /// is `GATEWAY-BUS`, is another client.
  package static func clientIdentifier(ofSink name: String, gateway: String) -> String {
    "\(gateway):sink:\(name)"
  }

  /// Who looks whether the broker of a bus is there: of the session whose name begins with `client`.
  package static func clientIdentifier(ofWatcherOf bus: String, client: String) -> String {
    "\(client):watch:\(bus)"
  }

  /// What the client is told besides the address.
  package func options(session: MQTTSessionKind) -> MQTTOptions {
    var options = MQTTOptions(version: version, session: session)
    options.clientIdentifier = clientIdentifier
    options.tls = tls
    options.timeout = timeout
    return options
  }
}
