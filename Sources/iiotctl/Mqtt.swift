public import ArgumentParser
public import MQTT

/// The noun `mqtt`.
struct MqttCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mqtt", abstract: "Publishes to and subscribes at an MQTT broker.",
    discussion: """
      A broker is mqtt://user:password@host:1883/topic, or mqtts:// for TLS.

      Example:
        iiotctl mqtt sub mqtt://broker/plant/# --verbose
      """,
    subcommands: [MqttPub.self, MqttSub.self, MqttBench.self])
}

extension MQTTQoS: ExpressibleByArgument {}

/// What all `mqtt` commands need to know of the broker.
struct MqttBrokerOptions: ParsableArguments {
  enum Version: String, ExpressibleByArgument, CaseIterable {
    case v5 = "5"
    case v311 = "3.1.1"
  }

  @Argument(
    help: ArgumentHelp(
      "mqtt://user:password@host:1883/topic, or mqtts:// for TLS.", valueName: "url"))
  var broker: String

  @Option(name: [.customShort("V"), .long], help: "The version of MQTT.")
  var protocolVersion = Version.v5

  @Option(name: [.customShort("i"), .long], help: "The client identifier (default: the broker's).")
  var id: String?

  @Option(
    help: ArgumentHelp("Certificates of the authorities to trust, PEM.", valueName: "file"))
  var caFile: String?

  @Option(help: ArgumentHelp("The client's certificate, PEM.", valueName: "file"))
  var certFile: String?

  @Option(help: ArgumentHelp("The key of the client's certificate, PEM.", valueName: "file"))
  var keyFile: String?

  @Option(help: "How long to wait for the broker, such as 5s.")
  var timeout = DurationArgument(.seconds(30))

  func validate() throws {
    let files = [("--ca-file", caFile), ("--cert-file", certFile), ("--key-file", keyFile)]
    // A wrong address is told by whoever uses it.
    if let address = try? MQTTAddress(broker), !address.usesTLS,
      let (option, _) = files.first(where: { $0.1 != nil })
    {
      throw ValidationError("\(option) goes with TLS: begin the address with mqtts://.")
    }
    if (certFile == nil) != (keyFile == nil) {
      let (given, missing) =
        keyFile == nil ? ("--cert-file", "--key-file") : ("--key-file", "--cert-file")
      throw ValidationError("\(given) goes with \(missing); give both.")
    }
  }

  func address() throws -> MQTTAddress {
    do throws(MQTTError) {
      return try MQTTAddress(broker)
    } catch {
      throw Failure(error.message, at: shownBroker, advice: "", exitCode: 64)
    }
  }

  /// Without user and password: an error may go to a log.
  private var shownBroker: String {
    // Nobody knows where a wrong address has its password: all up to the last @ is left out.
    guard let at = broker.lastIndex(of: "@") else { return broker }
    let scheme = broker.prefix { $0 != ":" }
    return "\(scheme)://…\(broker[at...])"
  }

  var options: MQTTOptions {
    var options = MQTTOptions(version: protocolVersion == .v5 ? .v5 : .v311)
    options.clientIdentifier = id
    options.tls.authorityFile = caFile
    options.tls.certificateFile = certFile
    options.tls.keyFile = keyFile
    options.timeout = timeout.duration
    options.connectTimeout = min(timeout.duration, options.connectTimeout)
    return options
  }
}

extension Failure {
  /// Of the MQTT wire.
  init(_ error: MQTTError) {
    let place = [error.broker, error.topic.map { "topic \($0)" }].compactMap { $0 }
      .joined(separator: ", ")
    let advice: String =
      switch error.code {
      case .unreachable: "check the address, and that the broker runs"
      case .refused: "check user name, password and the broker's log"
      case .denied: "ask for the right on this topic (the broker's access list)"
      case .timedOut: "check the broker, or give it longer with --timeout"
      case .tls: "check --ca-file, the port and the host name"
      default: ""
      }
    self.init(error.message, at: place, advice: advice)
  }
}
