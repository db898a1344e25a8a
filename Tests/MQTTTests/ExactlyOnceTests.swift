import Foundation
import MQTT
import TestSupport
import Testing

/// The four packets of QoS 2, each lost once: on the bytes of the wire (MQTT 5, section 4.3.3).
@Suite("Exactly once, over connections that break", .timeLimit(.minutes(15)))
struct ExactlyOnceTests {
  private static func persistent(_ identifier: String) -> MQTTOptions {
    var options = ReconnectionTests.quick
    options.session = .persistent(clientIdentifier: identifier)
    return options
  }

  /// Session present.
  private static let accepted: [UInt8] = [0x20, 3, 1, 0, 0]

  @Test func whatIsPublishedIsNeitherLostNorDoubled() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      case 3:
        // Lost on the first connection.
        let identifier = PacketLog.publish(packet).identifier
        return packet.connection == 1 ? nil : [0x50, 2, 0, UInt8(identifier)]
      case 6:
        // The first PUBREL is lost on its way, or its answer is.
        return packet.connection == 2 ? nil : [0x70, 2, 0, UInt8(packet.identifier)]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.persistent("sender"))
    try await client.publish("x", to: "t", qos: .exactlyOnce)
    try await client.publish("y", to: "t", qos: .exactlyOnce)
    let story = log.packets.filter { $0.kind != 1 }.map { "\($0.connection):\($0.kind)" }
    // The message goes again until it was received, and not after that; from then on only PUBREL goes again.
    #expect(story == ["1:3", "2:3", "2:6", "3:6", "3:3", "3:6"])
    let sent = log.publishes
    #expect(sent.map(\.payload) == ["x", "x", "y"])
    #expect(sent.map(\.isAgain) == [false, true, false])
    #expect(sent[0].identifier == sent[1].identifier && sent[1].identifier != sent[2].identifier)
    #expect(
      log.packets(kind: 6).map(\.identifier).prefix(2) == [sent[0].identifier, sent[0].identifier])
    #expect(client.statistics.published == 2)
  }

  /// A broker that has forgotten the session has the message all the same: it had answered with PUBREC.
  @Test func aReleaseOfAMessageThatTheBrokerNoLongerKnowsIsNoRefusal() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      case 3: return [0x50, 2, 0, UInt8(PacketLog.publish(packet).identifier)]
      case 6: return [0x70, 3, 0, UInt8(packet.identifier), 0x92]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.persistent("forgotten"))
    try await client.publish("x", to: "t", qos: .exactlyOnce)
    #expect(client.statistics.published == 1)
  }

  /// Mosquitto up to 2.0.12 does so now and then. Ending the connection would lose what comes until the next one.
  @Test func aBrokerThatSendsMoreThanTheWindowLosesNothing() async throws {
    let log = PacketLog()
    let count: UInt8 = 15
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return [0x20, 3, 0, 0, 0]
      case 8:
        let messages = (1...count).flatMap { number -> [UInt8] in
          [0x34, 7, 0, 1, 0x74, 0, number, 0, 0x61 + number]
        }
        return [0x90, 4, packet.bytes[2], packet.bytes[3], 0, 2] + messages
      case 5:
        // None is released before all have come.
        guard packet.identifier == count else { return [] }
        return (1...count).flatMap { number -> [UInt8] in [0x62, 2, 0, number] }
      default: return []
      }
    }
    var options = ReconnectionTests.quick
    options.maximumInflight = 10
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    let subscription = try await client.subscribe("t", qos: .exactlyOnce)
    let received = try await collect(Int(count), from: subscription)
    #expect(received.map(\.payload) == (1...count).map { [0x61 + $0] })
    #expect(client.statistics.connections == 1)
  }

  /// A full window of messages, each step of which comes late and in another order: nothing stops.
  @Test func aFullWindowMovesOnWhateverTheOrderOfTheAnswers() async throws {
    let log = PacketLog()
    let window = 20
    let waiting = Waiting()
    let server = try log.makeServer { packet in
      switch packet.kind {
      // Receive maximum 20.
      case 1: return [0x20, 6, 0, 0, 3, 0x21, 0, UInt8(window)]
      case 3:
        let identifier = PacketLog.publish(packet).identifier
        return waiting.add([0x50, 2, UInt8(identifier >> 8), UInt8(identifier & 0xFF)], window)
      case 6:
        let identifier = packet.identifier
        return waiting.add([0x70, 2, UInt8(identifier >> 8), UInt8(identifier & 0xFF)], window)
      default: return []
      }
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    let messages = (0..<(50 * window)).map {
      MQTTMessage(topic: "t", text: "\($0)", qos: .exactlyOnce)
    }
    try await client.publish(messages)
    #expect(log.publishes.map(\.payload) == messages.map(\.text))
    #expect(log.publishes.allSatisfy { !$0.isAgain })
    #expect(client.statistics.published == messages.count)
  }

  /// Keeps answers back until the window is full, and then gives them in reverse.
  private final class Waiting: @unchecked Sendable {
    // Sendable because only the one connection's thread uses it.
    private var answers: [[UInt8]] = []

    func add(_ answer: [UInt8], _ window: Int) -> [UInt8] {
      answers.append(answer)
      guard answers.count == window else { return [] }
      defer { answers = [] }
      return Array(answers.reversed().joined())
    }
  }

  @Test func whatIsReceivedComesOnceHoweverOftenItIsSent() async throws {
    let log = PacketLog()
    func message(_ identifier: UInt8, again: Bool) -> [UInt8] {
      [again ? 0x3C : 0x34, 7, 0, 1, UInt8(ascii: "t"), 0, identifier, 0, identifier]
    }
    let first = message(1, again: false)
    let firstAgain = message(1, again: true)
    let second = message(2, again: false)
    let server = try log.makeServer { packet in
      switch packet.kind {
      // What waits in the session: the PUBREC of the first connection was lost, so the message comes again.
      case 1: return packet.connection == 1 ? [0x20, 3, 0, 0, 0] : Self.accepted + firstAgain
      case 8:
        let body = Array(packet.body)
        return [0x90, 4, body[0], body[1], 0, 2] + (packet.connection == 1 ? first : [])
      // PUBREC: lost with its connection, then answered by PUBREL.
      case 5: return packet.connection == 1 ? nil : [0x62, 2, 0, UInt8(packet.identifier)]
      // PUBCOMP: the next.
      case 7: return packet.identifier == 1 ? second : []
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.persistent("receiver"))
    let subscription = try await client.subscribe("t", qos: .exactlyOnce)
    let received = try await collect(2, from: subscription)
    #expect(received.map(\.payload) == [[1], [2]])
    try await log.wait { $0.packets(kind: 7).count == 2 }
    #expect(log.packets(kind: 5).map(\.identifier) == [1, 1, 2])
    #expect(log.packets(kind: 7).map(\.identifier) == [1, 2])
  }

  /// A clean session is new with each connection, its numbers with it.
  @Test func aCleanSessionDoesNotMixUpTheNumbersOfTwoConnections() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return [0x20, 3, 0, 0, 0]
      case 8:
        let body = Array(packet.body)
        let name: [UInt8] = [0x34, 7, 0, 1, UInt8(ascii: "t"), 0, 1, 0]
        return [0x90, 4, body[0], body[1], 0, 2] + name + [UInt8(packet.connection)]
      // PUBREC: the connection breaks before the first message is released.
      case 5: return packet.connection < 4 ? nil : [0x62, 2, 0, 1]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: ReconnectionTests.quick)
    let subscription = try await client.subscribe("t", qos: .exactlyOnce)
    #expect(try await collect(1, from: subscription).map(\.payload) == [[4]])
  }

  @Test func aBrokerThatKeepsNoRetainedMessagesRefusesThem() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      packet.kind == 1 ? [0x20, 5, 0, 0, 2, 0x25, 0] : []
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    let error = await #expect(throws: MQTTError.self) {
      try await client.publish("x", to: "t", qos: .atMostOnce, retain: true)
    }
    #expect(error?.code == .denied && error?.reason == .retainNotSupported)
    try await client.publish("y", to: "t", qos: .atMostOnce)
    try await log.wait { !$0.publishes.isEmpty }
    #expect(log.publishes.map(\.payload) == ["y"])
  }
}
