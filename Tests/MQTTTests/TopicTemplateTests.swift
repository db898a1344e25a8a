import CMosquitto
import TestSupport
import Testing

@testable import MQTT

@Suite("Topics with names in them") struct TopicTemplateTests {
  @Test(arguments: [
    ("iot/{device}/{kind}", "iot/+/+", "iot/pump-7/level", ["device": "pump-7", "kind": "level"]),
    ("iot/{device}/raw", "iot/+/raw", "iot/é 7/raw", ["device": "é 7"]),
    ("{a}", "+", "x", ["a": "x"]), ("/{a}/", "/+/", "/x/", ["a": "x"]),
    ("z/0x{id}/state", "z/+/state", "z/0x00158d/state", ["id": "00158d"]),
    ("{site}-{line}/t", "+/t", "brno-2-b/t", ["site": "brno", "line": "2-b"]),
    ("{a}-x", "+", "1-x-x", ["a": "1-x"]),
    ("{a}--{b}.c", "+", "-----.c.c", ["a": "-", "b": "--.c"]),
    ("{d}/{d}_set", "+/+", "p/p_set", ["d": "p"]),
    ("iot/{d}/#", "iot/+/#", "iot/p", ["d": "p"]),
    ("iot/{d}/#", "iot/+/#", "iot/p/a//b", ["d": "p"]),
    ("+/{d}", "+/+", "/p", ["d": "p"]),
    ("$share/g/iot/{d}", "$share/g/iot/+", "iot/p", ["d": "p"]),
    ("$SYS/{d}", "$SYS/+", "$SYS/uptime", ["d": "uptime"]),
    ("plain/topic", "plain/topic", "plain/topic", [:]),
  ])
  func matches(template: String, filter: String, topic: String, values: [String: String]) throws {
    let read = try MQTTTopicTemplate(template)
    #expect(read.filter.text == filter)
    #expect(read.match(topic) == values)
    #expect(read.filter.matches(topic))
    #expect(Set(read.names) == Set(values.keys))
    #expect(read.description == template)
    if read.isSubscriptionOnly {
      #expect(throws: MQTTError.self) { try read.topic(values) }
    } else {
      #expect(try read.topic(values) == topic)
    }
  }

  @Test(arguments: [
    ("iot/{device}/raw", "iot//raw"), ("iot/{device}/raw", "iot/a/b/raw"), ("iot/{device}", "iot"),
    ("iot/{device}", "iot/a/"), ("iot/{device}", "iot/"), ("iot/{device}", "Iot/a"),
    ("{a}", "$SYS"),
    ("{a}/b", "$SYS/b"), ("x{a}", "x"), ("{a}x", "x"), ("{a}-{b}", "a-"), ("{a}-{b}", "-b"),
    ("{d}/{d}", "p/q"), ("a", "a/"), ("a", ""), ("a/#", "b"), ("$share/g/{a}/b", "a/c"),
  ])
  func doesNotMatch(template: String, topic: String) throws {
    #expect(try MQTTTopicTemplate(template).match(topic) == nil)
  }

  @Test(arguments: [
    "", "{", "a/{b", "b}", "{}", "{a b}", "{a/b}", "{{a}}", "{a}{b}", "{é}", "a\0", "a/#/b", "a+",
    "+{a}", "{a}#", "$share/{g}/a", "$share/g", String(repeating: "x", count: 65_536),
  ])
  func refusesWhatIsNone(template: String) {
    let error = #expect(throws: MQTTError.self) { try MQTTTopicTemplate(template) }
    #expect(error?.code == .invalidArgument)
  }

  @Test(arguments: ["", "a/b", "+", "a#", "\0"])
  func aValueCannotMakeAnotherTopic(value: String) throws {
    let template = try MQTTTopicTemplate("iot/{device}/raw")
    let error = #expect(throws: MQTTError.self) { try template.topic(["device": value]) }
    #expect(error?.message.contains("{device}") == true)
    #expect(throws: MQTTError.self) { try template.topic([:]) }
    #expect(throws: MQTTError.self) {
      try template.topic(["device": String(repeating: "x", count: 65_530)])
    }
  }

  /// Whatever matches is put together again as it was, and its filter matches too, by the library's own judgement.
  @Test(arguments: [1, 2, 3] as [UInt64]) func whatIsReadIsMadeAgain(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pieces = ["a", "-", "{x}", "{y}", "b", "é"]
    var matched = 0
    for _ in 0..<20_000 {
      func levels(_ pieces: [String], _ counts: ClosedRange<Int>) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
          (0..<Int.random(in: counts, using: &random)).map { _ in
            pieces.randomElement(using: &random) ?? ""
          }.joined()
        }.joined(separator: "/")
      }
      let text = levels(pieces, 0...3)
      let topic = levels(["a", "-", "b", "é"], 0...4)
      guard let template = try? MQTTTopicTemplate(text), !topic.isEmpty,
        let values = template.match(topic)
      else { continue }
      matched += 1
      #expect(try template.topic(values) == topic, "seed \(seed): \(text)")
      var isMatch = false
      try #require(mosquitto_topic_matches_sub(template.filter.text, topic, &isMatch) == 0)
      #expect(isMatch, "seed \(seed): \(text) against \(topic)")
    }
    #expect(matched > 100)
  }
}
