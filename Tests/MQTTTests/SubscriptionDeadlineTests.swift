import Foundation
import MQTT
import TestSupport
import Testing

/// Whoever waits for a broker hears of it in the end.
@Suite("No call waits for longer than its timeout", .timeLimit(.minutes(15)))
struct SubscriptionDeadlineTests {
  private static let accepted: [UInt8] = [0x20, 3, 0, 0, 0]

  /// Grants a SUBSCRIBE with QoS 0.
  private static func grant(_ packet: PacketLog.Packet) -> [UInt8] {
    let body = Array(packet.body)
    return [0x90, 4, body[0], body[1], 0, 0]
  }

  private static func options(_ timeout: Duration) -> MQTTOptions {
    var options = ReconnectionTests.quick
    options.timeout = timeout
    return options
  }

  /// A machine that stands still may take longer than a short timeout.
  private func connect(_ client: MQTTClient) async {
    while client.statistics.connections == 0 { try? await client.connect() }
  }

  @Test func aBrokerThatEndsTheConnectionInPlaceOfAnAnswerIsAskedEverMoreSeldom() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in packet.kind == 1 ? Self.accepted : nil }
    var options = Self.options(.seconds(1))
    options.backoff = MQTTBackoff(initial: .milliseconds(10), maximum: .seconds(3600))
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    let error = await #expect(throws: MQTTError.self) { try await client.subscribe("a") }
    #expect(error?.code == .timedOut)
    // Each wait is twice the one before, give or take a fifth: no more than eight begin within the timeout, on any machine. All alike
    // there would be a hundred.
    #expect(log.packets(kind: 1).count <= 10)
  }

  @Test func aDurableSubscriptionThatIsNotAnsweredTimesOut() async throws {
    let server = try PacketLog().makeServer { packet in packet.kind == 1 ? Self.accepted : [] }
    var options = Self.options(.milliseconds(300))
    options.session = .persistent(clientIdentifier: "gw")
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    let error = await #expect(throws: MQTTError.self) {
      try await client.durableSubscription("a")
    }
    #expect(error?.code == .timedOut)
  }

  /// The broker may still grant it.
  @Test func aSubscriptionThatTimedOutIsTakenBack() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      case 10:
        // The late answer comes first.
        let late = log.packets(kind: 8).first.map(Self.grant) ?? []
        let body = Array(packet.body)
        return late + [0xB0, 4, body[0], body[1], 0, 0]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options(.milliseconds(300)))
    await connect(client)
    let error = await #expect(throws: MQTTError.self) { try await client.subscribe("a") }
    #expect(error?.code == .timedOut)
    #expect(error?.topic == "a")
    #expect(error?.message.contains("granted") == true)
    try await log.wait { !$0.packets(kind: 10).isEmpty }
    #expect(log.packets(kind: 8).count == 1)
    try await client.publish("x", to: "t", qos: .atMostOnce)
  }

  @Test func aReasonInPlaceOfAnAnswerIsTheAnswer() async throws {
    let server = try PacketLog().makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      // DISCONNECT: not authorized.
      case 8: return [0xE0, 1, 0x87]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options(.seconds(600)))
    let error = await #expect(throws: MQTTError.self) { try await client.subscribe("a") }
    #expect(error?.code == .denied)
    #expect(error?.reason == .notAuthorized)
    #expect(error?.topic == "a")
  }

  /// Busy, shutting down, keep alive, taken over, quota, administrative action.
  @Test(arguments: [0x89, 0x8B, 0x8D, 0x8E, 0x97, 0x98] as [UInt8])
  func aReasonThatIsNoRefusalDeniesNobody(reason: UInt8) async throws {
    let server = try PacketLog().makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      case 8: return packet.connection == 1 ? [0xE0, 1, reason] : Self.grant(packet)
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options(.seconds(600)))
    let subscription = try await client.subscribe("a")
    #expect(subscription.filter.text == "a")
  }

  @Test func aReasonInPlaceOfAnAnswerIsForTheOldestRequest() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      case 8 where packet.connection == 1:
        return log.packets(kind: 8).count == 2 ? [0xE0, 1, 0x87] : []
      case 8: return Self.grant(packet)
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options(.seconds(600)))
    await connect(client)
    let calls = ["a", "b"].map { filter in Task { try await client.subscribe(filter) } }
    var denied: [String?] = []
    for call in calls {
      do {
        _ = try await call.value
      } catch let error as MQTTError {
        denied.append(error.topic)
      }
    }
    // The filter's one letter, and its options.
    let first = String(decoding: log.packets(kind: 8)[0].bytes.suffix(2).prefix(1), as: UTF8.self)
    #expect(denied == [first])
  }

  /// The consumer of the full buffer may be the one who waits for the answer.
  @Test func aFullBufferDoesNotHoldBackTheAnswerToALaterSubscription() async throws {
    let log = PacketLog()
    // More than is read in one go.
    let count = 2000
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      case 8:
        let message: [UInt8] = [0x30, 5, 0, 1, UInt8(ascii: "a"), 0, UInt8(ascii: "!")]
        var answer: [UInt8] = []
        if log.packets(kind: 8).count == 2 {
          for _ in 0..<count { answer += message }
        }
        return answer + Self.grant(packet)
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options(.seconds(600)))
    let first = try await client.subscribe("a", buffer: MQTTBuffer(messages: 1))
    let second = try await client.subscribe("b")
    #expect(second.filter.text == "b")
    #expect(try await collect(count, from: first).count == count)
  }

  /// Ends each connection a tenth of a second after it took so many packets on it.
  private static func endingServer(_ log: PacketLog, messages: Int) throws -> LoopbackServer {
    try LoopbackServer { connection in
      guard let packet = LoopbackServer.readPacket(connection) else { return }
      log.add(packet)
      LoopbackServer.write(Self.accepted, to: connection)
      for _ in 0..<messages {
        guard let message = LoopbackServer.readPacket(connection) else { return }
        log.add(message)
      }
      usleep(100_000)
    }
  }

  /// With each wait twice the one before, which soon takes long.
  private static var backingOff: MQTTOptions {
    var options = options(.seconds(600))
    options.backoff = MQTTBackoff(initial: .milliseconds(1), maximum: .seconds(3600))
    return options
  }

  /// Nothing but the acceptance can come on such a connection.
  @Test func whoAsksForNothingComesBackSoonAfterAConnectionThatLasted() async throws {
    let log = PacketLog()
    let server = try Self.endingServer(log, messages: 0)
    let options = Self.backingOff
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    try await client.connect()
    // With each wait twice the one before it would take half an hour.
    try await log.wait { $0.packets(kind: 1).count >= 22 }
    await client.close()
  }

  /// Messages with QoS 0 have no answer either.
  @Test func whoOnlySendsWithQoS0ComesBackSoonAfterAConnectionThatLasted() async throws {
    let log = PacketLog()
    let server = try Self.endingServer(log, messages: 1)
    let options = Self.backingOff
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    try await client.connect()
    let publishing = Task {
      while !Task.isCancelled {
        // What goes down with a connection is lost, and throws.
        try? await client.publish("x", to: "t", qos: .atMostOnce)
        try? await Task.sleep(for: .milliseconds(1))
      }
    }
    // With each wait twice the one before it would take half an hour.
    try await log.wait { $0.packets(kind: 1).count >= 22 }
    #expect(!log.packets(kind: 3).isEmpty)
    publishing.cancel()
    await publishing.value
    await client.close()
  }

  /// Nobody is told of it any more, so it has to stay.
  @Test func aSubscriptionThatWasGrantedOnceOutlivesTheTimeout() async throws {
    let log = PacketLog()
    let server = try log.makeServer { packet in
      switch packet.kind {
      case 1: return Self.accepted
      // Only the first connection gets answers.
      case 8: return packet.connection == 1 ? Self.grant(packet) : []
      case 3:
        guard PacketLog.publish(packet).payload == "go" else { return nil }
        return [0x30, 5, 0, 1, UInt8(ascii: "a"), 0, UInt8(ascii: "!")]
      default: return []
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options(.milliseconds(300)))
    await connect(client)
    var granted: MQTTSubscription?
    while granted == nil { granted = try? await client.subscribe("a", qos: .atMostOnce) }
    let subscription = try #require(granted)
    try? await client.publish("cut", to: "t", qos: .atMostOnce)
    try await log.wait { $0.packets(kind: 8).contains { $0.connection == 2 } }
    // A call that began later has timed out.
    let error = await #expect(throws: MQTTError.self) { try await client.subscribe("b") }
    #expect(error?.code == .timedOut)
    try await client.publish("go", to: "t", qos: .atMostOnce)
    #expect(try await collect(1, from: subscription).map(\.text) == ["!"])
  }

  @Test func whoWaitsForALostConnectionIsToldWhyItIsGone() async throws {
    let server = try PacketLog().makeServer { packet in packet.kind == 1 ? Self.accepted : nil }
    var options = Self.options(.milliseconds(300))
    options.backoff = MQTTBackoff(initial: .seconds(3600), maximum: .seconds(3600))
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    await connect(client)
    try? await client.publish("cut", to: "t", qos: .atMostOnce)
    // It returns at once until the loss is noticed.
    let error = await #expect(throws: MQTTError.self) {
      while true { try await client.connect() }
    }
    #expect(error?.code == .timedOut)
    #expect(error?.message.contains("the broker closed the connection") == true)
  }
}
