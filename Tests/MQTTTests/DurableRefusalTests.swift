import MQTT
import TestSupport
import Testing

/// A broker that has lost the session may not grant its subscription again.
@Suite(.timeLimit(.minutes(15)))
struct DurableRefusalTests {
  @Test(arguments: [0x80, 0x87, 0x97] as [UInt8], [MQTTVersion.v5, .v311])
  func aSubscriptionThatIsRefusedAfterAReconnectionEnds(
    reason: UInt8, version: MQTTVersion
  ) async throws {
    let log = PacketLog()
    let properties: [UInt8] = version == .v5 ? [0] : []
    let server = try LoopbackServer { connection in
      let isFirst = log.packets.isEmpty
      while let packet = LoopbackServer.readPacket(connection) {
        log.add(packet)
        switch packet[0] >> 4 {
        case 1:
          let body = [0, 0] + properties
          LoopbackServer.write([0x20, UInt8(body.count)] + body, to: connection)
        case 8:
          // What version 3.1.1 can say is 0x80.
          let refusal = version == .v5 ? reason : 0x80
          let body = [packet[2], packet[3]] + properties + [isFirst ? 1 : refusal]
          LoopbackServer.write([0x90, UInt8(body.count)] + body, to: connection)
          if isFirst { return }
        default: break
        }
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)",
      options: DurableTests.options("refused", version: version))
    let subscription = try await client.durableSubscription("t")
    let error = await #expect(throws: MQTTError.self) {
      for try await batch in subscription { batch.acknowledge() }
    }
    #expect(error?.code == .denied)
    #expect(error?.topic == "t")
    if version == .v5 { #expect(error?.reason?.rawValue == reason) }
    #expect(log.packets(kind: 8).count == 2)
  }

  /// Its messages stay at the broker, for whoever asks again.
  @Test func whatComesForARefusedSubscriptionIsNotAcknowledged() async throws {
    let log = PacketLog()
    let server = try LoopbackServer { connection in
      let isFirst = log.packets.isEmpty
      while let packet = LoopbackServer.readPacket(connection) {
        log.add(packet)
        switch packet[0] >> 4 {
        case 1: LoopbackServer.write([0x20, 3, 0, 0, 0], to: connection)
        case 8:
          let answer = [0x90, 4, packet[2], packet[3], 0, isFirst ? 1 : 0x87]
          let message: [UInt8] = [0x32, 7, 0, 1, UInt8(ascii: "t"), 0, 9, 0, 1]
          LoopbackServer.write(isFirst ? answer : answer + message, to: connection)
          if isFirst { return }
        default: break
        }
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: DurableTests.options("refused"))
    let subscription = try await client.durableSubscription("t")
    await #expect(throws: MQTTError.self) {
      for try await batch in subscription { batch.acknowledge() }
    }
    await subscription.close()
    #expect(log.packets(kind: 4).isEmpty)
  }
}
