import Foundation
import MQTT
import TestSupport
import Testing

/// Subscriptions have numbers in MQTT 5, counted from 1 in each process. A persistent session's messages may bear those of an earlier one.
@Suite(.timeLimit(.minutes(15))) struct SubscriptionNumberTests {
  /// A PUBLISH with QoS 0 and the number of a subscription, if it has one.
  private static func message(_ topic: String, _ text: String, number: UInt8?) -> [UInt8] {
    var body: [UInt8] = [0, UInt8(topic.utf8.count)]
    body += topic.utf8
    if let number { body += [2, 0x0B, number] } else { body.append(0) }
    body += text.utf8
    return [0x30, UInt8(body.count)] + body
  }

  @Test func whatAnEarlierRunSubscribedToReachesWhoeverHasTheTopicNow() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      // The session is still there.
      case 1: return [0x20, 3, 1, 0, 0]
      case 8:
        let body = Array(packet.body)
        var answer: [UInt8] = [0x90, 4, body[0], body[1], 0, 0]
        guard log.packets(kind: 8).count == 2 else { return answer }
        // Number 1 is "other" in this run, and 7 nobody.
        answer += Self.message("stranger", "lost", number: 1)
        answer += Self.message("jobs/1", "a", number: 1)
        answer += Self.message("jobs/1", "b", number: 7)
        answer += Self.message("jobs/1", "c", number: 2)
        answer += Self.message("other", "d", number: 1)
        return answer
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)",
      options: MQTTOptions(session: .persistent(clientIdentifier: "gw")))
    let other = try await client.subscribe("other", qos: .atMostOnce)
    let jobs = try await client.subscribe("jobs/#", qos: .atMostOnce)
    #expect(try await collect(3, from: jobs).map(\.text) == ["a", "b", "c"])
    #expect(try await collect(1, from: other).map(\.text) == ["d"])
    #expect(client.statistics.received == 5)
    #expect(client.statistics.unclaimed == 1)
    let stranger = try await client.subscribe("stranger", qos: .atMostOnce)
    #expect(try await collect(1, from: stranger).map(\.text) == ["lost"])
    #expect(client.statistics.unclaimed == 0)
  }

  /// AWS IoT Core is one.
  @Test func aBrokerWithoutNumbersIsAskedWithoutAndTheTopicDecides() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      // No subscription identifiers (MQTT 5, section 3.2.2.3.12).
      case 1: return [0x20, 5, 0, 0, 2, 0x29, 0]
      case 8:
        let body = Array(packet.body)
        // It ends the connection over any property: subscription identifiers not supported.
        guard body[2] == 0 else { return [0xE0, 1, 0xA1] }
        var answer: [UInt8] = [0x90, 4, body[0], body[1], 0, 0]
        guard log.packets(kind: 8).count == 2 else { return answer }
        answer += Self.message("a/b", "1", number: nil)
        answer += Self.message("a/c", "2", number: nil)
        answer += Self.message("a/b", "3", number: nil)
        return answer
      default: return []
      }
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    let wide = try await client.subscribe("a/#", qos: .atMostOnce)
    let narrow = try await client.subscribe("a/b", qos: .atMostOnce)
    #expect(try await collect(3, from: wide).map(\.text) == ["1", "2", "3"])
    #expect(try await collect(2, from: narrow).map(\.text) == ["1", "3"])
    #expect(client.statistics.unclaimed == 0)
    #expect(client.statistics.connections == 1)
  }

  /// Two of these have room where subscriptions keep their messages by default, three have not.
  @Test func whatNobodyHasSubscribedToIsBoundedInBytes() async throws {
    let log = PacketLog()
    let size = 24 << 20
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return [0x20, 3, 0, 0, 0]
      case 8:
        let body = Array(packet.body)
        var answer: [UInt8] = [0x90, 4, body[0], body[1], 0, 0]
        guard log.packets(kind: 8).count == 1 else { return answer }
        // Topic "big", no properties; the length has four parts of seven bits.
        let head: [UInt8] = [0, 3] + Array("big".utf8) + [0]
        let length = head.count + size
        for _ in 0..<3 {
          answer.append(0x30)
          for part in 0..<4 {
            let bits = UInt8(truncatingIfNeeded: length >> (7 * part)) & 0x7F
            answer.append(part < 3 ? bits | 0x80 : bits)
          }
          answer += head
          answer += [UInt8](repeating: UInt8(ascii: "x"), count: size)
        }
        answer += Self.message("mark", "here", number: nil)
        return answer
      default: return []
      }
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    // It comes behind the large ones.
    let mark = try await client.subscribe("mark", qos: .atMostOnce)
    #expect(try await collect(1, from: mark).map(\.text) == ["here"])
    #expect(client.statistics.unclaimed == 3)
    let big = try await client.subscribe("big", qos: .atMostOnce)
    #expect(try await collect(2, from: big).map(\.payload.count) == [size, size])
    #expect(client.statistics.unclaimed == 1)
  }
}
