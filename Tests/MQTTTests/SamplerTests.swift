import IndustrialModel
import MQTT
import Testing

@Suite("Samples of messages") struct SamplerTests {
  private let tags = TagRegistry()

  private func sampler(
    _ sources: [(tag: String, topic: String, path: String?)], limit: Int = 1000
  ) throws -> MQTTSampler {
    var sampler = MQTTSampler(tags: tags, limit: limit)
    for source in sources {
      try sampler.add(
        source.tag, from: MQTTTopicTemplate(source.topic),
        reading: MQTTPayloadReader(at: source.path.map { path in try MQTTJSONPath(path) }))
    }
    return sampler
  }

  /// `tag=value` of each sample, or `tag!quality`.
  private func read(_ sampler: inout MQTTSampler, _ messages: (String, String)...) -> [String] {
    var samples = SampleBatch()
    sampler.append(messages.map { MQTTMessage(topic: $0.0, text: $0.1) }, to: &samples)
    return samples.map { sample in
      let name = tags.name(of: sample.tag)
      if sample.quality.isBad { return "\(name)!\(sample.quality.reason ?? "")" }
      return "\(name)=\(sample.value.doubleValue ?? .nan)"
    }
  }

  @Test func aTopicTemplateMakesTagsOfEachDevice() throws {
    var sampler = try sampler([
      ("{device}/level", "iot/{device}/raw", "level"), ("{device}/t", "iot/{device}/raw", "t"),
      ("{device}/{kind}", "plain/{device}/{kind}", nil), ("tank/volume", "fixed", nil),
    ])
    #expect(sampler.sampledTags.map(tags.name) == ["tank/volume"])
    #expect(
      read(
        &sampler, ("iot/pump-1/raw", #"{"level":1,"t":2.5}"#), ("iot/pump-2/raw", #"{"t":true}"#),
        ("plain/pump-1/rpm", "900"), ("iot/pump-1/raw", "[]"), ("fixed", "7"), ("other", "1"),
        ("iot//raw", "{}")) == [
          "pump-1/level=1.0", "pump-1/t=2.5", "pump-2/level!no data", "pump-2/t!wrong type",
          "pump-1/rpm=900.0", "pump-1/level!no data", "pump-1/t!no data", "tank/volume=7.0",
        ])
    #expect(
      sampler.sampledTags.map(tags.name) == [
        "tank/volume", "pump-1/level", "pump-1/t", "pump-2/level", "pump-2/t", "pump-1/rpm",
      ])
    #expect(sampler.unknown == 2 && sampler.refused == 0)
  }

  @Test func whatWasRetainedIsUncertainAndEachMessageIsAMomentOfItsOwn() throws {
    var sampler = try sampler([("d/v", "t", nil)])
    var samples = SampleBatch()
    sampler.append(
      [
        MQTTMessage(topic: "t", text: "1", retain: true), MQTTMessage(topic: "t", text: "2"),
        MQTTMessage(topic: "t", text: "x", retain: true),
      ], to: &samples)
    #expect(samples.map(\.quality) == [.uncertainLastUsableValue, .good, .badTypeMismatch])
    #expect(samples[1].gatewayTime.nanoseconds == samples[0].gatewayTime.nanoseconds + 1)
    #expect(samples[0].sourceTime == nil)
  }

  @Test func aTagHasOneTopic() throws {
    var sampler = try sampler([
      ("{d}/v", "a/{d}", nil), ("{d}/v", "b/{d}", nil), ("p/v", "own", nil),
    ])
    sampler.reserve(["q/v", "p/v"])
    #expect(
      read(
        &sampler, ("a/x", "1"), ("b/x", "2"), ("b/y", "3"), ("a/y", "4"), ("a/q", "5"), ("own", "6")
      )
        == ["x/v=1.0", "y/v=3.0", "p/v=6.0"])
    // What is named or comes from elsewhere is as it should be, a second topic of a tag that a template made is not.
    #expect(sampler.refused == 2 && sampler.unknown == 0)
    #expect(sampler.lastRefusal?.contains("'b/y'") == true)
    #expect(read(&sampler, ("a/p", "1")) == [])
    #expect(sampler.refused == 2 && sampler.unknown == 0)
  }

  @Test func whatCannotNameATagIsRefusedAndNumberHasABound() throws {
    var sampler = try sampler([("{d}/v", "a/{d}", nil)], limit: 2)
    let long = String(repeating: "x", count: 256)
    #expect(
      read(&sampler, ("a/\u{7}", "1"), ("a/{x}", "1"), ("a/\(long)", "1"), ("a/b c é:1", "1")) == [
        "b c é:1/v=1.0"
      ])
    #expect(sampler.refused == 3)
    #expect(
      read(&sampler, ("a/2", "1"), ("a/3", "1"), ("a/3", "1"), ("a/2", "2")) == [
        "2/v=1.0", "2/v=2.0",
      ])
    #expect(sampler.refused == 5 && sampler.lastRefusal?.contains("2 tags") == true)
    #expect(tags.names.count == 2)
  }

  @Test(arguments: [
    ("d/v", "a/{d}"), ("{d}/v", "a"), ("{d}/v", "a/{d}/{e}"), ("{d}/v", "a/{d}/#"),
    ("{d}/+", "a/{d}"),
    ("d/v", "a/+"), ("{d/v", "a"), ("", "a"),
  ])
  func namesOfTagAndTopicAreTheSame(tag: String, topic: String) throws {
    var sampler = MQTTSampler(tags: tags)
    let template = try MQTTTopicTemplate(topic)
    let error = #expect(throws: MQTTError.self) { try sampler.add(tag, from: template) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func aFixedTagHasOneTopicToo() throws {
    var sampler = try sampler([("d/v", "a", nil), ("d/w", "a", nil)])
    let other = try MQTTTopicTemplate("b")
    #expect(throws: MQTTError.self) { try sampler.add("d/v", from: other) }
    #expect(read(&sampler, ("a", "1")) == ["d/v=1.0", "d/w=1.0"])
  }
}
