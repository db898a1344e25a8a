import CMosquitto
import TestSupport
import Testing

@testable import MQTT

@Suite struct TopicTests {
  @Test(arguments: [
    ("a/b", true), ("a/+/c", true), ("#", true), ("a/#", true), ("+", true), ("+/+", true),
    ("/", true), ("a//b", true), ("$SYS/#", true), ("$share/g/a/#", true), ("", false),
    ("a/#/b", false), ("a#", false), ("a+", false), ("a/b+/c", false), ("$share/g", false),
    ("$share//a", false), ("$share/+/a", false), ("$share/g/", false), ("a\0b", false),
  ])
  func filtersAreCheckedBeforeTheyAreSent(text: String, isValid: Bool) {
    if isValid {
      #expect((try? MQTTTopicFilter(text))?.text == text)
    } else {
      let error = #expect(throws: MQTTError.self) { try MQTTTopicFilter(text) }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func topicsToPublishToHaveNoWildcards() {
    for wrong in ["", "a/+", "#", "a\0", String(repeating: "x", count: 65_536)] {
      #expect(throws: MQTTError.self) { try MQTTTopicFilter.checkTopic(wrong) }
    }
    #expect(throws: Never.self) { try MQTTTopicFilter.checkTopic("a/b") }
  }

  /// libmosquitto's own matching is the oracle.
  @Test func matchingAgreesWithTheLibrary() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let levels = ["a", "b", "ab", "", "$x", "+", "#"]
    for _ in 0..<20_000 {
      let filterLevels = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        levels.randomElement(using: &random) ?? "a"
      }
      let topicLevels = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        levels.dropLast(2).randomElement(using: &random) ?? "a"
      }
      let text = filterLevels.joined(separator: "/")
      let topic = topicLevels.joined(separator: "/")
      guard !topic.isEmpty, let filter = try? MQTTTopicFilter(text) else { continue }
      var expected = false
      try #require(mosquitto_topic_matches_sub(text, topic, &expected) == 0)
      #expect(filter.matches(topic) == expected, "seed \(seed): \(text) against \(topic)")
    }
  }

  @Test func sharedSubscriptionsMatchBehindTheGroup() throws {
    let filter = try MQTTTopicFilter("$share/gateways/plant/+/level")
    #expect(filter.sharedGroup == "gateways")
    #expect(filter.matches("plant/tank/level"))
    #expect(!filter.matches("$share/gateways/plant/tank/level"))
  }
}

@Suite struct AddressTests {
  @Test func readsAllParts() throws {
    var address = try MQTTAddress("mqtts://us%40er:p%3Aw@broker.plant:8884/iot/+/raw")
    #expect(address.host == "broker.plant")
    #expect(address.port == 8884)
    #expect(address.usesTLS)
    #expect(address.userName == "us@er")
    #expect(address.password == "p:w")
    #expect(address.topic == "iot/+/raw")
    #expect(address.description == "broker.plant:8884")
    address = try MQTTAddress("mqtt://[::1]")
    #expect(address.host == "::1" && address.port == 1883 && address.topic == nil)
    #expect(address.description == "[::1]:1883")
    #expect(try MQTTAddress("mqtt://h/#").topic == "#")
    #expect(try MQTTAddress("mqtts://h").port == 8883)
    #expect(try MQTTAddress("mqtt://u@h:1/").userName == "u")
  }

  @Test(arguments: [
    "", "h", "http://h", "mqtt://", "mqtt://:1883", "mqtt://h:0", "mqtt://h:65536", "mqtt://h:x",
    "mqtt://::1", "mqtt://[::1", "mqtt://[::1]x", "mqtt://h/%zz", "mqtt://%f@h", "mqtt://a b",
    "mqtt://u:%ff@h", "mqtt://u%00x@h", "mqtt://u:p%00x@h", "mqtt://h:+1883", "mqtt://h:-1",
    "mqtt://h:",
  ])
  func refusesWhatIsNone(text: String) {
    let error = #expect(throws: MQTTError.self) { try MQTTAddress(text) }
    #expect(error?.code == .invalidAddress)
    #expect(error?.message.contains("mqtt://user:password@host:1883/topic") == true)
  }

  @Test func optionsThatBreakARuleAreRefused() {
    let changes: [(inout MQTTOptions) -> Void] = [
      { $0.keepAlive = .seconds(4) }, { $0.maximumInflight = 0 }, { $0.timeout = .zero },
      { $0.session = .persistent(clientIdentifier: "") },
      { $0.will = MQTTMessage(topic: "a/#", text: "") },
      { $0.backoff = MQTTBackoff(initial: .seconds(2), maximum: .seconds(1)) },
      {
        var properties = MQTTProperties()
        properties.correlationData = Array(repeating: 0, count: 65_541)
        $0.will = MQTTMessage(topic: "a", text: "", properties: properties)
      },
      {
        $0.version = .v311
        $0.willDelaySeconds = 1
      },
    ]
    for change in changes {
      var options = MQTTOptions()
      change(&options)
      let error = #expect(throws: MQTTError.self) {
        try MQTTClient("mqtt://127.0.0.1", options: options)
      }
      #expect(error?.code == .invalidArgument)
    }
  }
}
