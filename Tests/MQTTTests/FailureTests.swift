import Foundation
import MQTT
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15)))
struct FailureTests {
  @Test func nobodyListening() async throws {
    let port = Loopback.refusingPort
    let client = try MQTTClient("mqtt://127.0.0.1:\(port)")
    let error = await #expect(throws: MQTTError.self) { try await client.publish("x", to: "y") }
    #expect(error?.code == .unreachable)
    #expect(error?.isRetriable == true)
    #expect(error?.broker == "127.0.0.1:\(port)")
    #expect(error?.message.contains("Connection refused") == true)
    let subscribing = await #expect(throws: MQTTError.self) { try await client.subscribe("y") }
    #expect(subscribing?.code == .unreachable)
  }

  @Test func noSuchHost() async throws {
    let client = try MQTTClient("mqtt://no-such-host.invalid")
    let error = await #expect(throws: MQTTError.self) { try await client.connect() }
    #expect(error?.code == .unreachable)
    #expect(error?.message.contains("no-such-host.invalid") == true)
  }

  @Test func aServerThatSaysNothingIsGivenUp() async throws {
    let server = try LoopbackServer { connection in
      _ = LoopbackServer.readPacket(connection); stayOpen()
    }
    var options = MQTTOptions()
    options.connectTimeout = .milliseconds(200)
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    let error = await #expect(throws: MQTTError.self) { try await client.connect() }
    #expect(error?.code == .timedOut)
  }

  /// A broker that answers later would have a client that nobody knows of.
  @Test func aTryThatTookTooLongEndsItsConnection() async throws {
    let (ends, continuation) = AsyncStream<Bool>.makeStream()
    let server = try LoopbackServer { connection in
      _ = LoopbackServer.readPacket(connection)
      continuation.yield(LoopbackServer.readPacket(connection) == nil)
    }
    var options = MQTTOptions()
    options.connectTimeout = .milliseconds(200)
    // Or the library would end it after a while.
    options.keepAlive = .seconds(3600)
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    let error = await #expect(throws: MQTTError.self) { try await client.connect() }
    #expect(error?.code == .timedOut)
    var iterator = ends.makeAsyncIterator()
    let hasEnded = await iterator.next()
    #expect(hasEnded == true)
    await client.close()
  }

  @Test func aPropertyThatMQTTDoesNotAllowIsRefusedAndNotLeftOut() async throws {
    let server = try Self.makeStubbornBroker()
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    var pair = MQTTProperties()
    pair.userProperties = [.init("unit", "bar\u{1}")]
    var type = MQTTProperties()
    type.contentType = "text\u{1F}"
    for properties in [pair, type] {
      let error = await #expect(throws: MQTTError.self) {
        try await client.publish("x", to: "y", qos: .atMostOnce, properties: properties)
      }
      #expect(error?.code == .invalidArgument)
      var options = MQTTOptions()
      options.will = MQTTMessage(topic: "y", text: "gone", properties: properties)
      let refusal = #expect(throws: MQTTError.self) {
        try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
      }
      #expect(refusal?.code == .invalidArgument)
    }
    try await client.publish("x", to: "y", qos: .atMostOnce)
  }

  @Test func aServerThatSpeaksSomethingElseIsNoBroker() async throws {
    let server = try LoopbackServer { connection in
      LoopbackServer.write(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), to: connection)
      _ = LoopbackServer.readPacket(connection)
    }
    var options = MQTTOptions()
    (options.connectTimeout, options.timeout) = (.seconds(600), .seconds(600))
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    let error = await #expect(throws: MQTTError.self) { try await client.connect() }
    #expect([.unreachable, .protocolViolation].contains(error?.code))
  }

  /// Accepts the connection, refuses every subscription, never acknowledges a message.
  static func makeStubbornBroker() throws -> LoopbackServer {
    try LoopbackServer { connection in
      while let packet = LoopbackServer.readPacket(connection) {
        switch packet[0] >> 4 {
        case 1: LoopbackServer.write([0x20, 3, 0, 0, 0], to: connection)
        case 8: LoopbackServer.write([0x90, 4, packet[2], packet[3], 0, 0x87], to: connection)
        default: break
        }
      }
    }
  }

  @Test func aDeniedSubscriptionThrows() async throws {
    let server = try Self.makeStubbornBroker()
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    let error = await #expect(throws: MQTTError.self) { try await client.subscribe("secret/#") }
    #expect(error?.code == .denied)
    #expect(error?.reason == .notAuthorized)
    #expect(error?.topic == "secret/#")
  }

  /// It is the broker that can't, for whatever message.
  @Test func aBrokerThatDoesNotOfferTheQualityOfServiceDeniesTheMessage() async throws {
    let server = try PacketLog().makeServer { packet in
      // Maximum QoS 0 (MQTT 5, section 3.2.2.3.4).
      packet.kind == 1 ? [0x20, 5, 0, 0, 2, 0x24, 0] : []
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    let error = await #expect(throws: MQTTError.self) {
      try await client.publish("x", to: "y", qos: .atLeastOnce)
    }
    #expect(error?.code == .denied)
    #expect(error?.reason == .qosNotSupported)
    #expect(error?.isRetriable == false)
    try await client.publish("x", to: "y", qos: .atMostOnce)
  }

  @Test func whichMessagesOfACallWereRefusedIsTold() async throws {
    let server = try PacketLog().makeServer { packet in
      switch packet.kind {
      case 1: return [0x20, 3, 0, 0, 0]
      case 3:
        let publish = PacketLog.publish(packet)
        let (high, low) = publish.identifier.quotientAndRemainder(dividingBy: 256)
        let reason: UInt8 = publish.payload == "3" ? 0x97 : 0
        return [0x40, 3, UInt8(high), UInt8(low), reason]
      default: return []
      }
    }
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    let messages = (0..<6).map {
      MQTTMessage(topic: $0 == 1 ? "a/#" : "t", text: "\($0)", qos: .atLeastOnce)
    }
    let refusals = try await client.publishEach(messages)
    #expect(refusals.map(\.index) == [1, 3])
    #expect(refusals.map(\.error.code) == [.invalidArgument, .denied])
    #expect(refusals.last?.error.reason == .quotaExceeded)
  }

  @Test func anAnswerThatDoesNotComeTimesOut() async throws {
    let server = try Self.makeStubbornBroker()
    var options = MQTTOptions()
    options.timeout = .milliseconds(300)
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)", options: options)
    let error = await #expect(throws: MQTTError.self) {
      try await client.publish("x", to: "y", qos: .atLeastOnce)
    }
    #expect(error?.code == .timedOut)
    #expect(error?.message.contains("may still arrive") == true)
    // QoS 0 needs no answer: the client is still of use.
    try await client.publish("x", to: "y", qos: .atMostOnce)
  }

  @Test func cancellingReturnsAtOnceAndLeavesTheClientUsable() async throws {
    let server = try Self.makeStubbornBroker()
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    try await client.connect()
    for round in 0..<100 {
      let task = Task { try await client.publish("x", to: "y", qos: .atLeastOnce) }
      if round % 2 == 0 { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    try await client.publish("x", to: "y", qos: .atMostOnce)
    // A connection that is never answered, cancelled.
    let silent = try LoopbackServer { connection in
      _ = LoopbackServer.readPacket(connection); stayOpen()
    }
    let waiting = try MQTTClient("mqtt://127.0.0.1:\(silent.port)")
    let task = Task { try await waiting.connect() }
    await Task.yield()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aClosedClientSaysSo() async throws {
    let server = try Self.makeStubbornBroker()
    let client = try MQTTClient("mqtt://127.0.0.1:\(server.port)")
    try await client.connect()
    let waiting = Task { try await client.publish("x", to: "y", qos: .atLeastOnce) }
    while client.statistics.connections == 0 { await Task.yield() }
    await client.close()
    let interrupted = await #expect(throws: MQTTError.self) { try await waiting.value }
    #expect(interrupted?.code == .closed)
    let late = await #expect(throws: MQTTError.self) { try await client.publish("x", to: "y") }
    #expect(late?.code == .closed)
    await client.close()
  }

  @Test func propertiesNeedVersionFive() async throws {
    let client = try MQTTClient("mqtt://127.0.0.1", options: MQTTOptions(version: .v311))
    let error = await #expect(throws: MQTTError.self) {
      try await client.publish("x", to: "y", properties: MQTTProperties())
    }
    #expect(error?.code == .invalidArgument)
    await #expect(throws: MQTTError.self) { try await client.publish("x", to: "a/#") }
    await #expect(throws: MQTTError.self) { try await client.subscribe("a/#/b") }
  }
}

private func stayOpen() {
  // Long enough for any test; the thread ends with the process.
  sleep(60)
}
