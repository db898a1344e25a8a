import Foundation
import MQTT
import TestSupport
import Testing

@Suite("Topic aliases", .timeLimit(.minutes(15))) struct TopicAliasTests {
  /// The alias property with a number (section 3.3.2.3.4).
  private static func alias(_ number: UInt8) -> [UInt8] { [0x23, 0, number] }

  private static let one = "plant/hall/one"
  private static let two = "plant/hall/two"

  /// Accepts the connection with a maximum of topic aliases; acknowledges what asks for it.
  private static func server(
    _ log: PacketLog, maximum: @escaping @Sendable (_ connection: Int) -> UInt8,
    endsAt end: @escaping @Sendable (PacketLog.Packet) -> Bool = { _ in false }
  ) throws -> LoopbackServer {
    try log.makeServer { packet in
      if end(packet) { return nil }
      switch packet.kind {
      case 1: return [0x20, 6, 0, 0, 3, 0x22, 0, maximum(packet.connection)]
      case 3 where packet.bytes[0] & 6 == 2:
        let identifier = PacketLog.publish(packet).identifier
        return [0x40, 2, UInt8(identifier >> 8), UInt8(identifier & 0xFF)]
      default: return []
      }
    }
  }

  @Test func aTopicCrossesTheNetworkOnce() async throws {
    let log = PacketLog()
    let server = try Self.server(log, maximum: { _ in 2 })
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    var properties = MQTTProperties()
    properties.expirySeconds = 7
    let topics = [Self.one, Self.one, Self.two, "short", Self.two, "plant/hall/three", Self.one]
    for topic in topics { try await client.publish("x", to: topic, qos: .atMostOnce) }
    try await client.publish("x", to: "plant/hall/three", qos: .atMostOnce)
    try await client.publish("x", to: Self.two, qos: .atMostOnce, properties: properties)
    // Messages that may be sent again on another connection keep their topic.
    try await client.publish("x", to: Self.one, qos: .atLeastOnce)
    try await log.wait { $0.publishes.count == 10 }
    let sent = log.publishes
    #expect(
      sent.map(\.topic) == [
        Self.one, "", Self.two, "short", "", "plant/hall/three", "", "plant/hall/three", "",
        Self.one,
      ])
    #expect(
      sent.map(\.properties) == [
        Self.alias(1), Self.alias(1), Self.alias(2), [], Self.alias(2), [], Self.alias(1), [],
        [0x02, 0, 0, 0, 7] + Self.alias(2), [],
      ])
    #expect(sent.allSatisfy { $0.payload == "x" })
  }

  @Test func aNewConnectionKnowsNoNumbers() async throws {
    let log = PacketLog()
    // The first connection ends with the third message; the second knows no aliases at all, the third some.
    let server = try Self.server(log, maximum: { [5, 0, 1][min($0, 3) - 1] }) { packet in
      packet.kind == 3 && PacketLog.publish(packet).payload == "end"
    }
    var options = ReconnectionTests.quick
    options.timeout = .seconds(60)
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    for connection in 1...3 {
      while client.statistics.connections < connection { try await client.connect() }
      try await client.publish("\(connection)", to: Self.one, qos: .atMostOnce)
      try await client.publish("\(connection)", to: Self.one, qos: .atMostOnce)
      try await client.publish("end", to: Self.one, qos: .atMostOnce)
      if connection < 3 {
        while client.statistics.connections == connection {
          try await Task.sleep(for: .milliseconds(2))
        }
      }
    }
    try await log.wait { $0.publishes.count == 9 }
    let topics = log.publishes.map(\.topic)
    #expect(topics == [Self.one, "", "", Self.one, Self.one, Self.one, Self.one, "", ""])
    #expect(log.publishes[3].properties == [] && log.publishes[6].properties == Self.alias(1))
  }

  @Test func theyCanBeSwitchedOffAndVersion311HasNone() async throws {
    for version in [MQTTVersion.v5, .v311] {
      let log = PacketLog()
      let server = try log.makeServer { packet in
        guard packet.kind == 1 else { return [] }
        return version == .v5 ? [0x20, 6, 0, 0, 3, 0x22, 0, 9] : [0x20, 2, 0, 0]
      }
      var options = MQTTOptions(version: version)
      options.usesTopicAliases = version == .v311
      let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
      for _ in 0..<3 { try await client.publish("x", to: Self.one, qos: .atMostOnce) }
      try await log.wait { $0.packets(kind: 3).count == 3 }
      #expect(Set(log.packets(kind: 3).map(\.bytes)).count == 1)
      #expect(log.publishes.allSatisfy { $0.topic == Self.one })
    }
  }

  /// The library can't read them, so the broker is not allowed to send them, and one that does is not believed.
  @Test func noneAreAskedForAndNoneAreTaken() async throws {
    let log = PacketLog()
    let topic = [0, 1, UInt8(ascii: "t")]
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return [0x20, 3, 0, 0, 0]
      case 8:
        let body = Array(packet.body)
        let granted: [UInt8] = [0x90, 4, body[0], body[1], 0, 0]
        // A number that was never said.
        return packet.connection == 1
          ? granted + [0x30, 7, 0, 0, 3] + Self.alias(1) + [UInt8(ascii: "!")]
          : granted + [0x30, 5] + topic + [0, UInt8(ascii: "2")]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: ReconnectionTests.quick)
    let subscription = try await client.subscribe("#")
    #expect(try await collect(1, from: subscription).map(\.text) == ["2"])
    for connect in log.packets(kind: 1) {
      // Protocol name and level, flags, keep-alive: 10 bytes; then the properties.
      var properties = connect.body.dropFirst(11).prefix(Int(Array(connect.body)[10]))
      var kinds: [UInt8] = []
      while let kind = properties.first {
        kinds.append(kind)
        // Session expiry has four bytes, the receive maximum two.
        properties = properties.dropFirst(kind == 0x11 ? 5 : 3)
      }
      #expect(!kinds.contains(0x22))
      #expect(Set(kinds).isSubset(of: [0x11, 0x21]))
    }
  }

  @Test(.enabled(if: Mosquitto.isInstalled, "needs mosquitto"))
  func aRealBrokerKnowsWhatIsMeant() async throws {
    let broker = try await Mosquitto()
    let subscriber = try MQTTClient(broker.url)
    let subscription = try await subscriber.subscribe("plant/#", qos: .atMostOnce)
    let publisher = try MQTTClient(broker.url)
    // More topics than it allows numbers (10).
    let messages = (0..<600).map { number in
      let topic = "plant/line-\(number * 7 % 25)/temperature"
      return MQTTMessage(topic: topic, text: "\(number)", qos: .atMostOnce)
    }
    try await publisher.publish(messages)
    let received = try await collect(600, from: subscription)
    #expect(received.map(\.topic) == messages.map(\.topic))
    #expect(received.map(\.text) == messages.map(\.text))
  }
}
