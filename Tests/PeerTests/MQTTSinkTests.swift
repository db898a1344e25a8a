import Foundation
import IndustrialModel
import MQTT
import Sinks
import TestSupport
import Testing

/// mosquitto takes samples, is away, refuses.
@Suite(
  .enabled(if: Mosquitto.path != nil, "mosquitto is not installed"), .timeLimit(.minutes(15)))
struct MQTTSinkTests {
  let tags = TagRegistry()

  @Test("each sample arrives on its topic, in order, as JSON line, line protocol or value")
  func publishes() async throws {
    let broker = try await Mosquitto()
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("#")
    for (payload, first) in [
      (
        MQTTSinkOptions.Payload.json,
        #"{"time":"2026-01-01T00:00:00.000000000Z","tag":"pump/t0","value":0.0,"quality":"good","#
          + #""status":"0x00000000","class":"telemetry","seq":1}"#
      ), (.influx, "pump t0=0.0 1767225600000000000"), (.value, "0.0"),
    ] {
      var options = try options(broker)
      options.payload = payload
      let sink = try MQTTSink(options, gateway: "p1", name: "s", tags: tags)
      #expect(try await sink.deliver(batch(1200)).rejections.isEmpty)
      let messages = try await collect(1200, from: subscription)
      #expect(messages.map(\.topic) == (0..<1200).map { "p1/pump/t\($0 % 100)" })
      #expect(messages.first?.text == first)
      #expect(messages.allSatisfy { !$0.retain && !$0.text.contains("\n") })
      await sink.close()
    }
  }

  @Test("samples of a topic share messages, and none is left out or out of order")
  func gathers() async throws {
    let broker = try await Mosquitto()
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("#")
    var options = try options(broker, topic: "{device}")
    options.payload = .influx
    options.samplesPerMessage = 64
    let sink = try MQTTSink(options, gateway: "p1", name: "s", tags: tags)
    try await sink.deliver(batch(150))
    let messages = try await collect(3, from: subscription)
    let lines = messages.map { $0.text.split(separator: "\n") }
    #expect(lines.map(\.count) == [64, 64, 22])
    #expect(
      lines.joined().map { String($0.prefix { $0 != "=" }) }
        == (0..<150).map { "pump t\($0 % 100)" })
  }

  @Test("a value that is not usable is an empty message, so that nothing old stays retained")
  func clearsRetained() async throws {
    let broker = try await Mosquitto()
    var options = try options(broker)
    (options.payload, options.retain) = (.value, true)
    let sink = try MQTTSink(options, gateway: "p1", name: "s", tags: tags)
    let values: [Value] = [.string("open"), .bool(true), .int64(-3), .bytes([1, 255])]
    try await sink.deliver(
      SampleBatch(
        values.enumerated().map { Sample(tag: tags.intern("d/v\($0)"), value: $1) } + [
          Sample(tag: tags.intern("d/dead"), value: .double(4)),
          Sample(tag: tags.intern("d/dead"), value: .none, quality: .badTimeout),
        ]))
    let late = try MQTTClient(broker.url)
    let kept = try await collect(4, from: try await late.subscribe("p1/#"))
    #expect(
      Dictionary(uniqueKeysWithValues: kept.map { ($0.topic, $0.text) }) == [
        "p1/d/v0": "open", "p1/d/v1": "true", "p1/d/v2": "-3", "p1/d/v3": "01ff",
      ])
    #expect(kept.allSatisfy { $0.retain })
  }

  @Test("a broker that is away costs time and nothing else")
  func survivesAnOutage() async throws {
    let broker = try await Mosquitto()
    var options = try options(broker)
    options.broker.timeout = .seconds(1)
    let sink = try MQTTSink(options, gateway: "p1", name: "s", tags: tags)
    try await sink.deliver(batch(5))
    broker.kill()
    for _ in 0..<3 {
      let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch(700)) }
      #expect(error?.isRetriable == true && error?.message.isEmpty == false)
    }
    try await broker.start()
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("#")
    while (try? await sink.deliver(batch(700))) == nil {}
    var seen = Set<String>()
    for try await messages in subscription {
      seen.formUnion(messages.map(\.text))
      if seen.count == 700 { break }
    }
    #expect(seen.count == 700)
  }

  @Test("what is too large for the broker is found among the rest and reported")
  func tooLarge() async throws {
    let broker = try await Mosquitto("allow_anonymous true\nmax_packet_size 3000")
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("#")
    var options = try options(broker, topic: "{gateway}")
    options.samplesPerMessage = 8
    let sink = try MQTTSink(options, gateway: "p1", name: "s", tags: tags)
    var batch = batch(100)
    batch.append(
      Sample(
        tag: tags.intern("pump/text"), value: .string(String(repeating: "x", count: 4000)),
        sequence: 101))
    let report = try await sink.deliver(batch)
    #expect(report.rejections.map(\.index) == [100])
    #expect(report.rejections.first?.reason.contains("larger than the broker takes") == true)
    var seen = Set<Substring>()
    for try await messages in subscription {
      for message in messages { seen.formUnion(message.text.split(separator: "\n")) }
      if seen.count >= 100 { break }
    }
    #expect(seen.count == 100)
  }

  @Test("what is too large costs the other messages nothing: each comes once and in order")
  func tooLargeAlone() async throws {
    let broker = try await Mosquitto("allow_anonymous true\nmax_packet_size 3000")
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("#")
    let sink = try MQTTSink(try options(broker), gateway: "p1", name: "s", tags: tags)
    var batch = SampleBatch()
    for number in 0..<600 {
      let isLarge = [0, 150, 151, 499, 580].contains(number)
      batch.append(
        Sample(
          tag: tags.intern("pump/t\(number)"),
          value: isLarge ? .string(String(repeating: "x", count: 4000)) : .int64(Int64(number))))
    }
    _ = batch.number(from: 1)
    let report = try await sink.deliver(batch)
    #expect(report.rejections.map(\.index) == [0, 150, 151, 499, 580])
    // Comes behind all that the broker has acknowledged.
    try await reader.publish("", to: "end")
    var topics: [String] = []
    while topics.last != "end" {
      topics += try await collect(1, from: subscription).map(\.topic)
    }
    let refused = Set(report.rejections.map(\.index))
    let others = (0..<600).filter { !refused.contains($0) }
    #expect(topics == others.map { "p1/pump/t\($0)" } + ["end"])
  }

  @Test("a topic that is forbidden is an error, and no reason to throw samples away")
  func forbidden() async throws {
    let folder = try TemporaryFolder()
    try folder.write("topic write allowed/#\n", to: "acl")
    let broker = try await Mosquitto("allow_anonymous true\nacl_file @/acl", folder: folder)
    let sink = try MQTTSink(
      try options(broker, topic: "other/{tag}"), gateway: "p1", name: "s", tags: tags)
    let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch(3)) }
    #expect(error?.code == .denied && error?.isRetriable == false)
    let allowed = try MQTTSink(
      try options(broker, topic: "allowed/{tag}"), gateway: "p1", name: "t", tags: tags)
    #expect(try await allowed.deliver(batch(3)).rejections.isEmpty)
  }

  @Test("a wrong password is told as one") func wrongPassword() async throws {
    let broker = try await Mosquitto("allow_anonymous false")
    var options = try options(broker)
    (options.broker.user, options.broker.password) = ("u", Secret("hunter2"))
    let sink = try MQTTSink(options, gateway: "p1", name: "s", tags: tags)
    let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch(1)) }
    #expect(error?.code == .denied)
    #expect(error.map { "\($0)".contains("hunter2") } == false)
  }

  @Test("the state topic says online and offline, also after a broken connection")
  func tellsItsState() async throws {
    let broker = try await Mosquitto()
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("p1/state")
    var options = try options(broker)
    options.state = try TopicTemplate("{gateway}/state")
    let sink = try MQTTSink(options, gateway: "p1", name: "s", tags: tags)
    try await sink.deliver(batch(1))
    #expect(try await collect(1, from: subscription).map(\.text) == ["online"])

    // Another client with the same identifier: the broker ends our connection and publishes the will.
    var same = MQTTOptions()
    same.clientIdentifier = "p1:sink:s"
    // It does not come again when the sink takes the identifier back.
    same.backoff = MQTTBackoff(initial: .seconds(60), maximum: .seconds(60))
    let thief = try MQTTClient(broker.url, options: same)
    try await thief.connect()
    await thief.close()
    #expect(try await collect(2, from: subscription).map(\.text) == ["offline", "online"])

    await sink.close()
    #expect(try await collect(1, from: subscription).map(\.text) == ["offline"])
  }

  // MARK: -

  private func options(
    _ broker: Mosquitto, topic: String = "{gateway}/{device}/{tag}"
  ) throws -> MQTTSinkOptions {
    MQTTSinkOptions(
      broker: MQTTEndpoint(try MQTTAddress(broker.url)), topic: try TopicTemplate(topic))
  }

  private func batch(_ count: Int) -> SampleBatch {
    var batch = SampleBatch()
    for number in 0..<count {
      batch.append(
        Sample(
          tag: tags.intern("pump/t\(number % 100)"), value: .double(Double(number) / 4),
          gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000)))
    }
    _ = batch.number(from: 1)
    return batch
  }

  private func collect(
    _ count: Int, from subscription: MQTTSubscription
  ) async throws -> [MQTTMessage] {
    var all: [MQTTMessage] = []
    for try await messages in subscription {
      all += messages
      if all.count >= count { break }
    }
    return all
  }
}
