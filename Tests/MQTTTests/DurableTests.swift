import Foundation
import MQTT
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15)))
struct DurableTests {
  static func options(_ identifier: String, version: MQTTVersion = .v5) -> MQTTOptions {
    var options = MQTTOptions(
      version: version, session: .persistent(clientIdentifier: identifier))
    options.backoff = MQTTBackoff(initial: .milliseconds(20), maximum: .milliseconds(100))
    // A machine that stands still for half a minute is no broken connection, and a batch that is held for so long is none to drop.
    options.keepAlive = .seconds(3600)
    (options.connectTimeout, options.timeout) = (.seconds(600), .seconds(600))
    return options
  }

  /// The kinds of packets that a scripted broker has received, in order.
  final class Seen: Sendable {
    private let packets = Mutex<[[UInt8]]>([])
    func add(_ packet: [UInt8]) { packets.withLock { $0.append(packet) } }
    /// Packet identifiers of the acknowledgements so far.
    var acknowledged: [UInt8] {
      packets.withLock { $0.filter { $0[0] >> 4 == 4 }.map { $0[3] } }
    }
    var kinds: [UInt8] { packets.withLock { $0.map { $0[0] >> 4 } } }
  }

  /// Accepts everything and sends five messages after the subscription, and again with each connection.
  static func makeServer(
    _ seen: Seen, accepting: [UInt8] = [0x20, 3, 0, 0, 0]
  ) throws -> LoopbackServer {
    try LoopbackServer { connection in
      while let packet = LoopbackServer.readPacket(connection) {
        seen.add(packet)
        switch packet[0] >> 4 {
        case 1: LoopbackServer.write(accepting, to: connection)
        case 8:
          LoopbackServer.write([0x90, 4, packet[2], packet[3], 0, 1], to: connection)
          for number in 1...5 as ClosedRange<UInt8> {
            LoopbackServer.write(
              [0x32, 7, 0, 1, UInt8(ascii: "t"), 0, number, 0, number], to: connection)
          }
        default: break
        }
      }
    }
  }

  @Test func acknowledgementsLeaveOnlyAfterTheBatchIsSafe() async throws {
    let seen = Seen()
    let server = try Self.makeServer(seen)
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options("wire"))
    let subscription = try await client.durableSubscription("t")
    var iterator = subscription.makeAsyncIterator()
    // The five may come in one batch or more; each is acknowledged only when we say so.
    var got: [UInt8] = []
    while got.count < 5 {
      let batch = try #require(try await iterator.next())
      // Time enough for a wrong acknowledgement to arrive.
      try await Task.sleep(for: .milliseconds(100))
      #expect(seen.acknowledged == got)
      got += batch.messages.map { $0.payload[0] }
      batch.acknowledge()
      batch.acknowledge()
      while seen.acknowledged.count < got.count { try await Task.sleep(for: .milliseconds(5)) }
    }
    #expect(got == [1, 2, 3, 4, 5])
    #expect(seen.acknowledged == [1, 2, 3, 4, 5])
  }

  @Test func aNameThatMakesNoIdentifierIsRefused() async throws {
    let client = try MQTTClient("mqtt://127.0.0.1", options: Self.options("gw"))
    for name in ["a\0b", String(repeating: "x", count: 65_534)] {
      let error = await #expect(throws: MQTTError.self) {
        try await client.durableSubscription("t", options: MQTTDurableOptions(name: name))
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  /// A persistent session's messages come before the answer to the subscription.
  @Test func whatWaitedAtTheBrokerIsNotAcknowledgedWithTheSubscription() async throws {
    let seen = Seen()
    let server = try LoopbackServer { connection in
      while let packet = LoopbackServer.readPacket(connection) {
        seen.add(packet)
        switch packet[0] >> 4 {
        case 1:
          // Session present, and its messages in the same breath.
          let message: [UInt8] = [0x32, 7, 0, 1, UInt8(ascii: "t"), 0, 9, 0, 1]
          LoopbackServer.write([0x20, 3, 1, 0, 0] + message + message, to: connection)
        case 8: LoopbackServer.write([0x90, 4, packet[2], packet[3], 0, 1], to: connection)
        default: break
        }
      }
    }
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options("waiting"))
    let subscription = try await client.durableSubscription("t")
    var iterator = subscription.makeAsyncIterator()
    var count = 0
    while count < 2 {
      let batch = try #require(try await iterator.next())
      try await Task.sleep(for: .milliseconds(100))
      #expect(seen.acknowledged.count == count)
      count += batch.messages.count
      batch.acknowledge()
      while seen.acknowledged.count < count { try await Task.sleep(for: .milliseconds(5)) }
    }
    #expect(seen.kinds == [1, 8, 4, 4])
  }

  /// The library wakes its own thread with each acknowledgement, by a pipe that nobody empties here.
  @Test func batchesStayLargeHoweverManyMessagesHaveCome() async throws {
    let seen = Seen()
    let count = 5000
    let server = try LoopbackServer { connection in
      while let packet = LoopbackServer.readPacket(connection) {
        seen.add(packet)
        switch packet[0] >> 4 {
        case 1: LoopbackServer.write([0x20, 3, 0, 0, 0], to: connection)
        case 8:
          let messages = (1...count).flatMap { number -> [UInt8] in
            [0x32, 6, 0, 1, UInt8(ascii: "t"), UInt8(number >> 8), UInt8(number & 0xFF), 0]
          }
          LoopbackServer.write([0x90, 4, packet[2], packet[3], 0, 1] + messages, to: connection)
        default: break
        }
      }
    }
    var options = MQTTDurableOptions()
    options.batchLimit = 65_535
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options("large"))
    let subscription = try await client.durableSubscription("t", options: options)
    var batches = 0
    var messages = 0
    for try await batch in subscription {
      batches += 1
      messages += batch.messages.count
      batch.acknowledge()
      if messages >= count { break }
    }
    #expect(batches < count / 10)
  }

  @Test func aBatchThatIsLetGoComesAgainUnacknowledged() async throws {
    let seen = Seen()
    let server = try Self.makeServer(seen)
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options("let-go"))
    let subscription = try await client.durableSubscription("t")
    var iterator = subscription.makeAsyncIterator()
    #expect(try await iterator.next()?.messages.first?.payload == [1])
    // Gone with the expression above: the connection is dropped and made again.
    #expect(try await iterator.next()?.messages.first?.payload == [1])
    #expect(seen.acknowledged == [])
    #expect(seen.kinds.filter { $0 == 1 }.count >= 2)
  }

  @Test func aBatchThatIsHeldForTooLongComesAgainAndItsLateAcknowledgementIsVoid() async throws {
    let seen = Seen()
    let server = try Self.makeServer(seen)
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options("hold"))
    var durable = MQTTDurableOptions()
    durable.maximumHold = .milliseconds(100)
    let subscription = try await client.durableSubscription("t", options: durable)
    var iterator = subscription.makeAsyncIterator()
    let held = try #require(try await iterator.next())
    // On a busy machine the rest of the five may come in a batch of its own before.
    var again = try #require(try await iterator.next())
    while again.messages.first?.payload != held.messages.first?.payload {
      again = try #require(try await iterator.next())
    }
    held.acknowledge()
    #expect(seen.acknowledged == [])
  }

  /// The client offers an hour, the broker wants to hear of it every five seconds and would end the connection.
  @Test func theHoldFollowsTheKeepAliveTimeOfTheBroker() async throws {
    let seen = Seen()
    // Server keep alive 5 (MQTT 5, section 3.2.2.3.14).
    let server = try Self.makeServer(seen, accepting: [0x20, 6, 0, 0, 3, 0x13, 0, 5])
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options("follow"))
    let subscription = try await client.durableSubscription("t")
    var iterator = subscription.makeAsyncIterator()
    let held = try #require(try await iterator.next())
    #expect(held.messages.first?.payload == [1])
    // The connection is dropped, and the broker delivers it again.
    var again = try #require(try await iterator.next())
    while again.messages.first?.payload != held.messages.first?.payload {
      again = try #require(try await iterator.next())
    }
    held.acknowledge()
    #expect(seen.acknowledged == [])
  }

  @Test func closingLeavesTheUnacknowledgedAtTheBroker() async throws {
    let seen = Seen()
    let server = try Self.makeServer(seen)
    let client = try MQTTClient(
      "mqtt://127.0.0.1:\(server.port)", options: Self.options("close"))
    let subscription = try await client.durableSubscription("t")
    var iterator = subscription.makeAsyncIterator()
    let batch = try #require(try await iterator.next())
    await subscription.close()
    batch.acknowledge()
    try await Task.sleep(for: .milliseconds(100))
    #expect(seen.acknowledged == [])
    #expect(try await iterator.next() == nil)
  }

  @Test func whatCannotBeDurableIsRefused() async throws {
    let clean = try MQTTClient("mqtt://127.0.0.1:1")
    var error = await #expect(throws: MQTTError.self) {
      try await clean.durableSubscription("t")
    }
    #expect(error?.code == .invalidArgument)
    let client = try MQTTClient("mqtt://127.0.0.1:1", options: Self.options("x"))
    var durable = MQTTDurableOptions()
    durable.maximumHold = .seconds(1801)
    error = await #expect(throws: MQTTError.self) {
      try await client.durableSubscription("t", options: durable)
    }
    #expect(error?.code == .invalidArgument)
    error = await #expect(throws: MQTTError.self) { try await client.durableSubscription("t") }
    #expect(error?.code == .unreachable)
  }

  /// Connections break and batches are let go all the time; what was stored is complete.
  @Test(
    .enabled(if: Mosquitto.isInstalled, "needs mosquitto"), arguments: [MQTTVersion.v5, .v311])
  func nothingIsLostInAStorm(version: MQTTVersion) async throws {
    let broker = try await Mosquitto(
      "allow_anonymous true\nmax_queued_messages 0\npersistence true\npersistence_location @/")
    let proxy = try CuttingProxy(to: broker.port)
    var options = Self.options("storm", version: version)
    (options.keepAlive, options.connectTimeout) = (.seconds(30), .seconds(10))
    let client = try MQTTClient("mqtt://127.0.0.1:\(proxy.port)", options: options)
    let publisher = try MQTTClient(broker.url)
    // Small enough for some to get through between the gusts.
    var durable = MQTTDurableOptions()
    durable.batchLimit = 100
    let subscription = try await client.durableSubscription("n/#", options: durable)
    let count = 3000
    let publishing = Task {
      for start in stride(from: 0, to: count, by: 100) {
        try await publisher.publish(
          (start..<(start + 100)).map { MQTTMessage(topic: "n/\($0 % 7)", text: "\($0)") })
      }
    }
    var stored: Set<Int> = []
    var delivered = 0
    for try await batch in subscription {
      // A batch may be one message or a thousand: the storm follows the messages.
      let before = delivered
      delivered += batch.messages.count
      if before / 300 != delivered / 300 { proxy.cut() }
      if before / 400 != delivered / 400 { continue }
      for message in batch.messages {
        stored.insert(Int(message.text) ?? -1)
      }
      batch.acknowledge()
      if stored.count == count { break }
    }
    try await publishing.value
    let missing = Set(0..<count).subtracting(stored)
    #expect(missing.isEmpty, "\(missing.count) are missing")
    #expect(subscription.statistics.connections > 5)
  }
}
