import Foundation
import MQTT
import TestSupport
import Testing

@Suite(
  .enabled(
    if: Mosquitto.isInstalled && PeerProcess.find("openssl") != nil, "needs mosquitto and openssl"),
  .timeLimit(.minutes(15)))
struct TLSTests {
  /// An authority, and a certificate of it for `name`, in a folder of their own.
  static func makeCertificates(for name: String) async throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let openssl = PeerProcess.find("openssl") ?? ""
    try folder.write("subjectAltName=\(name)\n", to: "san")
    let commands = [
      "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-authority -keyout ca.key -out ca.pem",
      "req -newkey rsa:2048 -nodes -subj /CN=broker -keyout broker.key -out broker.csr",
      "x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san "
        + "-out broker.pem",
    ]
    for command in commands {
      let run = try await Tool(
        openssl, command.split(separator: " ").map(String.init), in: folder.path)
      try #require(run.status == 0, "\(run.errors)")
    }
    return folder
  }

  static let listener = "allow_anonymous true\ncertfile @/broker.pem\nkeyfile @/broker.key"

  @Test func onlyTheRightAuthorityAndHostAreTrusted() async throws {
    let folder = try await Self.makeCertificates(for: "IP:127.0.0.1")
    let broker = try await Mosquitto(Self.listener, folder: folder)
    let address = "mqtts://127.0.0.1:\(broker.port)"
    var options = MQTTOptions()
    options.tls.authorityFile = folder.file("ca.pem")
    let client = try MQTTClient(address, options: options)
    let subscription = try await client.subscribe("a")
    let payload = [UInt8](repeating: 7, count: 200_000)
    try await client.publish(payload, to: "a", qos: .exactlyOnce)
    #expect(try await collect(1, from: subscription).first?.payload == payload)

    let stranger = try await Self.makeCertificates(for: "IP:127.0.0.1")
    options.tls.authorityFile = stranger.file("ca.pem")
    var error = await #expect(throws: MQTTError.self) {
      try await MQTTClient(address, options: options).connect()
    }
    #expect(error?.code == .tls)
    options.tls.authorityFile = nil
    error = await #expect(throws: MQTTError.self) {
      try await MQTTClient(address, options: options).connect()
    }
    #expect(error?.code == .tls, "the system's authorities don't know ours")
    options.tls.authorityFile = folder.file("missing.pem")
    error = await #expect(throws: MQTTError.self) {
      try await MQTTClient(address, options: options).connect()
    }
    #expect(error?.code == .tls)
    #expect(error?.message.contains("missing.pem") == true)
    // No TLS spoken to a TLS port.
    error = await #expect(throws: MQTTError.self) {
      try await MQTTClient("mqtt://127.0.0.1:\(broker.port)").connect()
    }
    #expect([.unreachable, .protocolViolation, .timedOut].contains(error?.code))
  }

  @Test func aCertificateForAnotherHostIsRefused() async throws {
    let folder = try await Self.makeCertificates(for: "IP:127.0.0.2")
    let broker = try await Mosquitto(Self.listener, folder: folder)
    var options = MQTTOptions()
    options.tls.authorityFile = folder.file("ca.pem")
    let error = await #expect(throws: MQTTError.self) {
      try await MQTTClient("mqtts://127.0.0.1:\(broker.port)", options: options).connect()
    }
    #expect(error?.code == .tls)
    options.tls.acceptsAnyHostName = true
    try await MQTTClient("mqtts://127.0.0.1:\(broker.port)", options: options).connect()
  }
}
