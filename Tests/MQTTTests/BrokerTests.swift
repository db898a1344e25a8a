import Foundation
import MQTT
import TestSupport
import Testing

@Suite(.enabled(if: Mosquitto.isInstalled, "needs mosquitto"), .timeLimit(.minutes(15)))
struct BrokerTests {
  @Test(arguments: [MQTTVersion.v311, .v5], [MQTTQoS.atMostOnce, .atLeastOnce, .exactlyOnce])
  func whatIsPublishedArrivesOnceAndInOrder(version: MQTTVersion, qos: MQTTQoS) async throws {
    let broker = try await Mosquitto()
    let subscriber = try MQTTClient(broker.url, options: MQTTOptions(version: version))
    let publisher = try MQTTClient(broker.url, options: MQTTOptions(version: version))
    let subscription = try await subscriber.subscribe("plant/+/level", qos: qos)
    #expect(subscription.grantedQoS == qos)
    let messages = (0..<300).map {
      MQTTMessage(topic: "plant/tank\($0 % 3)/level", text: "\($0)", qos: qos)
    }
    try await publisher.publish(Array(messages.prefix(200)))
    for message in messages.suffix(100) {
      try await publisher.publish(message.payload, to: message.topic, qos: qos)
    }
    try await publisher.publish("elsewhere", to: "plant/tank/pressure", qos: qos)
    let received = try await collect(300, from: subscription)
    #expect(received.map(\.text) == messages.map(\.text))
    #expect(received.map(\.topic) == messages.map(\.topic))
    #expect(received.allSatisfy { $0.qos == qos && !$0.retain })
    #expect(publisher.statistics.published == 301)
    #expect(subscriber.statistics.received == 300)
    #expect(subscriber.statistics.connections == 1)
    #expect(publisher.statistics.connections == 1)
    await publisher.close()
    await subscriber.close()
  }

  @Test func payloadsOfAllSizesComeBack() async throws {
    let broker = try await Mosquitto()
    let client = try MQTTClient(broker.url)
    let subscription = try await client.subscribe("#", qos: .exactlyOnce)
    let sizes = [0, 1, 127, 128, 16_383, 16_384, 2_097_152, 3_000_000]
    for size in sizes {
      let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try await client.publish(payload, to: "size/\(size)", qos: .exactlyOnce)
      let received = try await collect(1, from: subscription)
      #expect(received.first?.payload == payload)
    }
  }

  @Test func propertiesArriveAsTheyWereSet() async throws {
    let broker = try await Mosquitto()
    let client = try MQTTClient(broker.url)
    let subscription = try await client.subscribe("p")
    var properties = MQTTProperties()
    properties.isText = true
    properties.expirySeconds = 100
    properties.contentType = "application/json"
    properties.responseTopic = "answers/1"
    properties.correlationData = [1, 0, 2]
    properties.userProperties = [.init("unit", "bar"), .init("unit", "psi"), .init("", "é")]
    try await client.publish("{}", to: "p", properties: properties)
    let received = try #require(try await collect(1, from: subscription).first?.properties)
    #expect(received.isText)
    #expect((90...100).contains(received.expirySeconds ?? 0))
    #expect(received.contentType == "application/json")
    #expect(received.responseTopic == "answers/1")
    #expect(received.correlationData == [1, 0, 2])
    #expect(received.userProperties == properties.userProperties)
    #expect(received.subscriptionIdentifiers.count == 1)
  }

  @Test func retainedMessagesComeToLaterSubscribers() async throws {
    let broker = try await Mosquitto()
    let client = try MQTTClient(broker.url)
    try await client.publish("kept", to: "r", retain: true)
    let first = try await client.subscribe("r")
    let kept = try #require(try await collect(1, from: first).first)
    #expect(kept.text == "kept" && kept.retain)
    var options = MQTTSubscribeOptions()
    options.retainedMessages = .none
    options.excludesOwnMessages = true
    let other = try MQTTClient(broker.url)
    let second = try await other.subscribe("r", options: options)
    try await other.publish("own", to: "r")
    try await client.publish("new", to: "r")
    #expect(try await collect(1, from: second).map(\.text) == ["new"])
  }

  @Test func overlappingSubscriptionsEachGetTheirMessagesOnce() async throws {
    for version in [MQTTVersion.v5, .v311] {
      let broker = try await Mosquitto()
      let client = try MQTTClient(broker.url, options: MQTTOptions(version: version))
      let wide = try await client.subscribe("a/#")
      let narrow = try await client.subscribe("a/b")
      let twin = try await client.subscribe("a/b")
      for number in 0..<20 { try await client.publish("\(number)", to: "a/b") }
      try await client.publish("last", to: "a/c")
      try await client.publish("end", to: "a/b")
      let numbers = (0..<20).map(String.init)
      #expect(try await collect(22, from: wide).map(\.text) == numbers + ["last", "end"])
      #expect(try await collect(21, from: narrow).map(\.text) == numbers + ["end"])
      #expect(try await collect(21, from: twin).map(\.text) == numbers + ["end"])
    }
  }

  @Test func theFieldsOwnToolsUnderstandUs() async throws {
    let publish = try #require(PeerProcess.find("mosquitto_pub"))
    let broker = try await Mosquitto()
    let client = try MQTTClient(broker.url)
    let subscription = try await client.subscribe("tool/#")
    let sent = try await Tool(
      publish,
      ["-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "tool/x", "-m", "from outside", "-q", "1"])
    #expect(sent.status == 0)
    #expect(try await collect(1, from: subscription).map(\.text) == ["from outside"])
    try await client.publish("kept for the tool", to: "for/tool", retain: true)
    let subscribe = try #require(PeerProcess.find("mosquitto_sub"))
    let got = try await Tool(
      subscribe, ["-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "for/#", "-C", "1", "-W", "20"])
    #expect(got.output == "kept for the tool\n")
  }

  @Test func aDeniedPublishThrows() async throws {
    let folder = try TemporaryFolder()
    try folder.write("user gw\ntopic readwrite allowed/#\n", to: "acl")
    let password = try #require(PeerProcess.find("mosquitto_passwd"))
    _ = try await Tool(password, ["-c", "-b", folder.file("passwords"), "gw", "secret"])
    let broker = try await Mosquitto(
      "allow_anonymous false\npassword_file @/passwords\nacl_file @/acl", folder: folder)
    let address = "mqtt://gw:secret@127.0.0.1:\(broker.port)"
    let client = try MQTTClient(address)
    try await client.publish("fine", to: "allowed/x")
    for qos in [MQTTQoS.atLeastOnce, .exactlyOnce] {
      let error = await #expect(throws: MQTTError.self) {
        try await client.publish("no", to: "forbidden/x", qos: qos)
      }
      #expect(error?.code == .denied)
      #expect(error?.reason == .notAuthorized)
      #expect(error?.topic == "forbidden/x")
      #expect(error?.isRetriable == false)
    }
    // One refusal among many: the others went through.
    let subscription = try await client.subscribe("allowed/#")
    await #expect(throws: MQTTError.self) {
      try await client.publish([
        MQTTMessage(topic: "allowed/1", text: "a"), MQTTMessage(topic: "forbidden/1", text: "b"),
        MQTTMessage(topic: "allowed/2", text: "c"),
      ])
    }
    #expect(try await collect(2, from: subscription).map(\.text) == ["a", "c"])

    for wrong in ["mqtt://gw:wrong@", "mqtt://"] {
      for version in [MQTTVersion.v5, .v311] {
        let stranger = try MQTTClient(
          "\(wrong)127.0.0.1:\(broker.port)", options: MQTTOptions(version: version))
        let error = await #expect(throws: MQTTError.self) { try await stranger.connect() }
        #expect(error?.code == .refused)
        #expect(error?.reason == .notAuthorized)
        #expect(error?.description.contains("wrong") == false, "no password in a message")
      }
    }
  }

  @Test func persistentSessionsKeepWhatComesWhileAway() async throws {
    for version in [MQTTVersion.v5, .v311] {
      let broker = try await Mosquitto()
      let options = MQTTOptions(
        version: version, session: .persistent(clientIdentifier: "gw1"))
      do {
        let client = try MQTTClient(broker.url, options: options)
        _ = try await client.subscribe("jobs/#")
        // Closed while the subscription is still held, so that the broker keeps it.
        let held = try await client.subscribe("jobs/#")
        await client.close()
        _ = held
      }
      let publisher = try MQTTClient(broker.url)
      for number in 0..<50 { try await publisher.publish("\(number)", to: "jobs/\(number)") }
      let back = try MQTTClient(broker.url, options: options)
      // Connects first: what waits at the broker comes before anybody has subscribed again.
      try await back.connect()
      let subscription = try await back.subscribe("jobs/#")
      #expect(try await collect(50, from: subscription).map(\.text) == (0..<50).map(String.init))
    }
  }
}
