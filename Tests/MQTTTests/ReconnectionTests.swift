import Foundation
import MQTT
import TestSupport
import Testing

@Suite(.enabled(if: Mosquitto.isInstalled, "needs mosquitto"), .timeLimit(.minutes(15)))
struct ReconnectionTests {
  static var quick: MQTTOptions {
    var options = MQTTOptions()
    options.backoff = MQTTBackoff(initial: .milliseconds(20), maximum: .milliseconds(100))
    return options
  }

  /// Every publish that returned is received, whatever is cut in between; duplicates are allowed.
  @Test func nothingAcknowledgedIsLostWhenConnectionsBreak() async throws {
    let broker = try await Mosquitto("allow_anonymous true\nmax_queued_messages 0")
    let proxy = try CuttingProxy(to: broker.port)
    var persistent = Self.quick
    persistent.session = .persistent(clientIdentifier: "receiver")
    let subscriber = try MQTTClient("mqtt://127.0.0.1:\(proxy.port)", options: persistent)
    let subscription = try await subscriber.subscribe("n", qos: .atLeastOnce)
    let publisher = try MQTTClient("mqtt://127.0.0.1:\(proxy.port)", options: Self.quick)
    let receiving = Task { () -> Set<Int> in
      var numbers: Set<Int> = []
      for try await batch in subscription {
        for message in batch {
          guard let number = Int(message.text) else { return numbers }
          numbers.insert(number)
        }
      }
      return numbers
    }
    for round in 0..<10 {
      let messages = (0..<100).map {
        MQTTMessage(topic: "n", text: "\(round * 100 + $0)", qos: .atLeastOnce)
      }
      async let published: Void = publisher.publish(messages)
      if round % 2 == 1 { proxy.cut() }
      try await published
    }
    try await publisher.publish("end", to: "n")
    #expect(try await receiving.value == Set(0..<1000))
    #expect(publisher.statistics.connections > 1)
    #expect(subscriber.statistics.connections > 1)
  }

  @Test func aRestartedBrokerIsFoundAgainAndSubscribedToAnew() async throws {
    let broker = try await Mosquitto()
    let client = try MQTTClient(broker.url, options: Self.quick)
    let subscription = try await client.subscribe("a")
    try await client.publish("before", to: "a")
    #expect(try await collect(1, from: subscription).map(\.text) == ["before"])
    broker.kill()
    // Waits for the broker to come back.
    let waiting = Task { try await client.publish("after", to: "b", retain: true) }
    try await broker.start()
    try await waiting.value
    let peer = try MQTTClient(broker.url)
    // The subscription is there again when a message gets through.
    let sending = Task {
      while !Task.isCancelled {
        try await peer.publish("again", to: "a")
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    #expect(try await collect(1, from: subscription).first?.text == "again")
    sending.cancel()
    #expect(client.statistics.connections == 2)
  }

  @Test func theWillIsPublishedWhenTheConnectionBreaksAndOnlyThen() async throws {
    let broker = try await Mosquitto()
    let watcher = try MQTTClient(broker.url)
    let wills = try await watcher.subscribe("will/#")
    for breaks in [false, true] {
      let proxy = try CuttingProxy(to: broker.port)
      var options = MQTTOptions()
      options.backoff = MQTTBackoff(initial: .seconds(30))
      options.will = MQTTMessage(topic: "will/\(breaks)", text: "gone", qos: .atLeastOnce)
      let client = try MQTTClient("mqtt://127.0.0.1:\(proxy.port)", options: options)
      try await client.connect()
      if breaks { proxy.cut() } else { await client.close() }
    }
    #expect(try await collect(1, from: wills).map(\.topic) == ["will/true"])
  }

  @Test func aSlowConsumerHoldsBackTheBrokerOrDropsByItsPolicy() async throws {
    let broker = try await Mosquitto("allow_anonymous true\nmax_queued_messages 0")
    let publisher = try MQTTClient(broker.url)
    let messages = (0..<5000).map { MQTTMessage(topic: "s", text: "\($0)", qos: .atLeastOnce) }
    for overflow in [MQTTBuffer.Overflow.wait, .dropOldest, .dropNewest] {
      let client = try MQTTClient(broker.url)
      let subscription = try await client.subscribe(
        "s", buffer: MQTTBuffer(messages: 50, overflow: overflow))
      let mark = try await client.subscribe("mark")
      try await publisher.publish(messages)
      if overflow == .wait {
        #expect(try await collect(5000, from: subscription).map(\.text) == messages.map(\.text))
        #expect(subscription.dropped == 0)
      } else {
        // The mark comes behind all of them on the same connection.
        try await publisher.publish("now", to: "mark")
        _ = try await collect(1, from: mark)
        let left = try await collect(1, from: subscription)
        #expect(left.count == 50)
        #expect(subscription.dropped == 4950)
        #expect(client.statistics.dropped == 4950)
        let expected = overflow == .dropOldest ? messages.suffix(50) : messages.prefix(50)
        #expect(left.map(\.text) == expected.map(\.text))
      }
    }
  }
}
