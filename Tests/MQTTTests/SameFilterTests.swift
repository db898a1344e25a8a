import MQTT
import Testing

/// To the broker, subscriptions of one client with the same filter are one: the latest request replaces the others [MQTT-3.8.4-3].
@Suite("Subscriptions with the same filter", .timeLimit(.minutes(15)))
struct SameFilterTests {
  /// Grants everything, with QoS 1.
  private static func makeServer(_ log: PacketLog) throws -> LoopbackServer {
    try log.makeServer { packet in
      let body = Array(packet.body)
      switch packet.kind {
      case 1: return [0x20, 3, 0, 0, 0]
      case 8: return [0x90, 4, body[0], body[1], 0, 1]
      default: return []
      }
    }
  }

  @Test(arguments: [MQTTVersion.v5, .v311])
  func theSecondDoesNotLowerTheFirst(version: MQTTVersion) async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      let properties: [UInt8] = version == .v5 ? [0] : []
      let body = Array(packet.body)
      switch packet.kind {
      case 1: return [0x20, UInt8(2 + properties.count), 0, 0] + properties
      case 8:
        return [0x90, UInt8(3 + properties.count), body[0], body[1]] + properties + [1]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: MQTTOptions(version: version))
    let first = try await client.subscribe("a", qos: .atLeastOnce)
    let second = try await client.subscribe("a", qos: .atMostOnce)
    let other = try await client.subscribe("b", qos: .atMostOnce)
    // The last byte of a SUBSCRIBE with one filter.
    #expect(log.packets(kind: 8).map { ($0.bytes.last ?? 0) & 3 } == [1, 1, 0])
    #expect(first.grantedQoS == .atLeastOnce && second.grantedQoS == .atLeastOnce)
    #expect(other.filter.text == "b")
  }

  @Test func otherOptionsAreRefused() async throws {
    let log = PacketLog()
    let server = try Self.makeServer(log)
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    var own = MQTTSubscribeOptions()
    own.excludesOwnMessages = true
    var marked = MQTTSubscribeOptions()
    marked.keepsRetainMark = true
    let first = try await client.subscribe("a", options: own)
    let error = await #expect(throws: MQTTError.self) {
      try await client.subscribe("a", options: marked)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.topic == "a")
    #expect(error?.message.contains("excludesOwnMessages") == true)
    #expect(error?.message.contains("keepsRetainMark") == true)
    let twin = try await client.subscribe("a", options: own)
    let elsewhere = try await client.subscribe("b", options: marked)
    #expect(log.packets(kind: 8).count == 3)
    #expect([first, twin, elsewhere].map(\.filter.text) == ["a", "a", "b"])
  }

  /// The broker would have to end the connection [MQTT-3.8.3-4].
  @Test func aSharedSubscriptionCannotLeaveOutOwnMessages() async throws {
    let client = try MQTTClient("mqtt://127.0.0.1:1")
    var own = MQTTSubscribeOptions()
    own.excludesOwnMessages = true
    let error = await #expect(throws: MQTTError.self) {
      try await client.subscribe("$share/g/a", options: own)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.topic == "$share/g/a")
  }
}
