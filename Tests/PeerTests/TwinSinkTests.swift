import Foundation
import IndustrialModel
import MQTT
import Sinks
import TestSupport
import Testing

private let python = PeerProcess.find("python3")

@Suite("A digital twin gets the present of its attributes", .timeLimit(.minutes(15)))
struct TwinSinkTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()
  let attributes = [
    "pump/p": "pressure", "pump/on": "running", "pump/x": "x", "tank/l": "level \"m\"",
  ]

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "over MQTT: one message for each device, with the newest of each attribute",
    .enabled(if: Mosquitto.path != nil, "mosquitto is not installed"))
  func overMQTT() async throws {
    let broker = try await Mosquitto()
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("#")
    let sink = try TwinSink(
      TwinOptions(
        .mqtt(
          MQTTEndpoint(try MQTTAddress(broker.url)), topic: try TopicTemplate("twin/{device}")),
        attributes: attributes), gateway: "g", name: "t", tags: tags)
    #expect(try await sink.deliver(batch()).rejections.isEmpty)
    var messages: [String] = []
    for try await batch in subscription {
      messages += batch.map { "\($0.topic) \($0.text)" }
      if messages.count >= 2 { break }
    }
    #expect(
      messages == [
        #"twin/pump {"pressure":3.0,"running":true,"x":null}"#, #"twin/tank {"level \"m\"":7}"#,
      ])
    // A batch that is none of its business is no message.
    try await sink.deliver(SampleBatch([Sample(tag: tags.intern("other/t"), value: .int64(1))]))
    await sink.close()
  }

  @Test(
    "over HTTP: posted as JSON; what is refused for good is told, what fails is tried again",
    .enabled(if: python != nil, "python3 is not installed"))
  func overHTTP() async throws {
    let server = try await WebServer(["200", "422", "503"], in: folder)
    let sink = try TwinSink(
      TwinOptions(
        .http(HTTPEndpoint(url: server.url), path: try TopicTemplate("/{gateway}/{device}")),
        attributes: attributes), gateway: "g", name: "t", tags: tags)
    #expect(try await sink.deliver(batch()).rejections.map(\.index) == [5])
    #expect(try folder.text(of: "0.fields").hasPrefix("/g/pump\n"))
    #expect(try folder.text(of: "0.body") == #"{"pressure":3.0,"running":true,"x":null}"#)
    #expect(try folder.text(of: "1.fields").hasPrefix("/g/tank\n"))
    await #expect {
      try await sink.deliver(batch())
    } throws: { ($0 as? SinkError)?.isRetriable == true }
  }

  @Test(
    "over HTTP: a server that has never taken anything and refuses all twins alike costs no sample",
    .enabled(if: python != nil, "python3 is not installed"))
  func refusesRequests() async throws {
    let server = try await WebServer(["400", "400", "204", "204", "400", "400"], in: folder)
    let sink = try TwinSink(
      TwinOptions(
        .http(HTTPEndpoint(url: server.url), path: try TopicTemplate("/{device}")),
        attributes: attributes), gateway: "g", name: "t", tags: tags)
    let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch()) }
    #expect(error?.code == .denied && error?.isRetriable == false)
    #expect(error?.message.contains("the server answered 400") == true)
    #expect(try await sink.deliver(batch()).rejections.isEmpty)
    // One that has taken updates refuses what is in them.
    #expect(try await sink.deliver(batch()).rejections.map(\.index) == [4, 1, 6, 5])
  }

  private func batch() -> SampleBatch {
    let samples: [(String, Value, Quality)] = [
      ("pump/p", .double(1), .good), ("pump/on", .bool(true), .good), ("other/t", .int64(5), .good),
      ("pump/x", .double(4), .good), ("pump/p", .double(3), .good), ("tank/l", .int64(7), .good),
      ("pump/x", .none, .badTimeout),
    ]
    return SampleBatch(
      samples.map { Sample(tag: tags.intern($0.0), value: $0.1, quality: $0.2) })
  }
}
