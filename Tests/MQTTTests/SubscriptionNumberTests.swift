import Foundation
import MQTT
import TestSupport
import Testing

/// Subscriptions have numbers in MQTT 5, counted from 1 in each process. A persistent session's messages may bear those of an earlier one.
@Suite(.timeLimit(.minutes(15))) struct SubscriptionNumberTests {
  /// A PUBLISH with QoS 0 and the number of a subscription.
  private static func message(_ topic: String, _ text: String, number: UInt8) -> [UInt8] {
    var body: [UInt8] = [0, UInt8(topic.utf8.count)]
    body += topic.utf8
    body += [2, 0x0B, number]
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
}
