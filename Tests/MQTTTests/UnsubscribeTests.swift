import Dispatch
import Foundation
import MQTT
import TestSupport
import Testing

/// A persistent session keeps at the broker what nobody takes back.
@Suite("What a persistent session holds", .timeLimit(.minutes(15)))
struct UnsubscribeTests {
  private static var options: MQTTOptions {
    var options = ReconnectionTests.quick
    options.session = .persistent(clientIdentifier: "gw")
    options.timeout = .seconds(600)
    return options
  }

  private static func accepted(sessionPresent: Bool) -> [UInt8] {
    [0x20, 3, sessionPresent ? 1 : 0, 0, 0]
  }

  /// Grants or acknowledges whatever asks for it.
  private static func answer(_ packet: PacketLog.Packet) -> [UInt8] {
    let body = Array(packet.body)
    switch packet.kind {
    case 3 where packet.bytes[0] & 6 == 2:
      let identifier = PacketLog.publish(packet).identifier
      return [0x40, 2, UInt8(identifier >> 8), UInt8(identifier & 0xFF)]
    case 8: return [0x90, 4, body[0], body[1], 0, 1]
    case 10: return [0xB0, 4, body[0], body[1], 0, 0]
    default: return []
    }
  }

  private static func isCut(_ packet: PacketLog.Packet) -> Bool {
    packet.kind == 3 && PacketLog.publish(packet).payload == "cut"
  }

  @Test func isTakenBackAgainWhereTheBrokersAnswerWasLost() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted(sessionPresent: packet.connection > 1)
      case 10 where packet.connection == 1: return nil
      default: return Self.isCut(packet) ? nil : Self.answer(packet)
      }
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: Self.options)
    // Let go at once.
    _ = try await client.subscribe("a")
    try await log.wait { $0.packets(kind: 10).contains { $0.connection == 2 } }
    // Its answer comes behind that to the UNSUBSCRIBE.
    try await client.publish("x", to: "t", qos: .atLeastOnce)
    try await client.publish("cut", to: "t", qos: .atMostOnce)
    try await log.wait { $0.packets(kind: 1).count == 3 }
    try await client.publish("y", to: "t", qos: .atLeastOnce)
    #expect(log.packets(kind: 10).map(\.connection) == [1, 2])
    #expect(log.packets(kind: 8).map(\.connection) == [1])
  }

  @Test(arguments: [true, false])
  func isTakenBackWhenTheConnectionIsThereAgain(sessionPresent: Bool) async throws {
    let log = PacketLog()
    let isGone = DispatchSemaphore(value: 0)
    let server = try log.makeServer { packet in
      guard packet.kind == 1 else { return Self.isCut(packet) ? nil : Self.answer(packet) }
      // Only when the subscription is gone.
      if packet.connection == 2 { isGone.wait() }
      return Self.accepted(sessionPresent: packet.connection > 1 && sessionPresent)
    }
    var options = Self.options
    options.connectTimeout = .seconds(600)
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    var subscription: MQTTSubscription? = try await client.subscribe("a")
    try await client.publish("cut", to: "t", qos: .atMostOnce)
    try await log.wait { $0.packets(kind: 1).count == 2 }
    #expect(subscription?.filter.text == "a")
    subscription = nil
    isGone.signal()
    // Behind whatever comes of it.
    try await client.publish("x", to: "t", qos: .atLeastOnce)
    let asked = log.packets(kind: 8).count(where: { $0.connection == 2 })
    let takenBack = log.packets(kind: 10).count(where: { $0.connection == 2 })
    // A new session has it only if the connection was there before the subscription went, and was asked for it.
    #expect(takenBack == (sessionPresent ? 1 : asked))
  }

  /// The broker refuses to grant it again, and keeps what it has granted.
  @Test func isTakenBackWhereALaterSubscriptionToItWasRefused() async throws {
    let log = PacketLog()
    let isGone = DispatchSemaphore(value: 0)
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1:
        // Only when the one subscription is gone and the other is there.
        if packet.connection == 2 { isGone.wait() }
        return Self.accepted(sessionPresent: packet.connection > 1)
      case 8 where packet.connection == 2:
        let body = Array(packet.body)
        return [0x90, 4, body[0], body[1], 0, 0x87]
      default: return Self.isCut(packet) ? nil : Self.answer(packet)
      }
    }
    var options = Self.options
    options.connectTimeout = .seconds(600)
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    var subscription: MQTTSubscription? = try await client.subscribe("a")
    try await client.publish("cut", to: "t", qos: .atMostOnce)
    try await log.wait { $0.packets(kind: 1).count == 2 }
    #expect(subscription?.filter.text == "a")
    subscription = nil
    let again = Task { try await client.subscribe("a") }
    // If that is too short, the filter is taken back before it is asked for again.
    try await Task.sleep(for: .milliseconds(200))
    isGone.signal()
    let error = await #expect(throws: MQTTError.self) { try await again.value }
    #expect(error?.code == .denied)
    try await log.wait { $0.packets(kind: 10).contains { $0.connection == 2 } }
  }

  /// A broker that ends the connection over it would have none that lasts.
  @Test func isNotTakenBackForEver() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted(sessionPresent: packet.connection > 1)
      case 10: return nil
      default: return Self.answer(packet)
      }
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: Self.options)
    _ = try await client.subscribe("a")
    try await log.wait { $0.packets(kind: 1).count == 4 }
    try await client.publish("x", to: "t", qos: .atLeastOnce)
    #expect(log.packets(kind: 10).map(\.connection) == [1, 2, 3])
  }

  /// The session of the second connection is new, and the third finds it: without the subscription.
  @Test func isAskedForAgainWhereTheConnectionBrokeBeforeTheAnswer() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted(sessionPresent: packet.connection > 2)
      case 8 where packet.connection == 2: return nil
      default: return Self.isCut(packet) ? nil : Self.answer(packet)
      }
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: Self.options)
    let subscription = try await client.subscribe("a")
    try await client.publish("cut", to: "t", qos: .atMostOnce)
    try await log.wait { $0.packets(kind: 8).contains { $0.connection == 3 } }
    #expect(log.packets(kind: 8).map(\.connection) == [1, 2, 3])
    #expect(subscription.filter.text == "a")
  }
}
