import IndustrialModel
import MQTT
import Sinks
import Synchronization
import TestSupport
import Testing

/// A scripted broker takes some messages of a batch and not others.
@Suite(.timeLimit(.minutes(15)))
struct MQTTSinkFailureTests {
  let tags = TagRegistry()

  @Test("only what the broker has not taken goes again", arguments: [0x97, 0x87] as [UInt8])
  func goesOn(reason: UInt8) async throws {
    // Of three calls, in the second one.
    let refused = Mutex<Set<String>>(["g/pump/t700", "g/pump/t701", "g/pump/t900"])
    let broker = try ScriptedBroker { topic in
      refused.withLock { $0.remove(topic) } == nil ? 0 : reason
    }
    let sink = try sink(broker)
    let batch = batch(1200)
    let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch) }
    #expect(error?.code == (reason == 0x97 ? .failed : .denied))
    #expect(broker.topics.count == 997)
    #expect(try await sink.deliver(batch).rejections.isEmpty)
    let first = (0..<1000).filter { ![700, 701, 900].contains($0) }
    let expected = (first + [700, 701, 900] + Array(1000..<1200)).map { "g/pump/t\($0)" }
    let isAsExpected = broker.topics == expected
    #expect(isAsExpected, "\(broker.topics.count) messages")
    await sink.close()
  }

  @Test("a broker without quality of service 1 takes nothing, and costs no sample")
  func noQoS() async throws {
    let broker = try ScriptedBroker(maximumQoS: 0) { _ in 0 }
    let sink = try sink(broker)
    for _ in 0..<2 {
      let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch(3)) }
      #expect(error?.code == .denied && error?.isRetriable == false)
      #expect(error?.message.contains("does not offer QoS 1") == true)
    }
    #expect(broker.topics.isEmpty)
    await sink.close()
  }

  private func sink(_ broker: ScriptedBroker) throws -> MQTTSink {
    let endpoint = MQTTEndpoint(try MQTTAddress("mqtt://127.0.0.1:\(broker.port)"))
    return try MQTTSink(
      MQTTSinkOptions(broker: endpoint, topic: try TopicTemplate("{gateway}/{device}/{tag}")),
      gateway: "g", name: "s", tags: tags)
  }

  private func batch(_ count: Int) -> SampleBatch {
    var batch = SampleBatch(
      (0..<count).map { Sample(tag: tags.intern("pump/t\($0)"), value: .int64(Int64($0))) })
    _ = batch.number(from: 1)
    return batch
  }
}
