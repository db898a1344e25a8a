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
    let broker = try ScriptedBroker { message in
      refused.withLock { $0.remove(message.topic) } == nil ? 0 : reason
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

  @Test("behind a message that goes again, the later ones of its topic do: the newest is the last")
  func newestLast() async throws {
    let refused = Mutex<Set<String>>(["2"])
    let broker = try ScriptedBroker { message in
      refused.withLock { $0.remove(message.text) } == nil ? 0 : 0x97
    }
    var options = try options(broker)
    options.payload = .value
    options.retain = true
    let sink = try MQTTSink(options, gateway: "g", name: "s", tags: tags)
    // Values 1, 2 and 3 of one topic, with those of another one between them.
    var batch = SampleBatch(
      [("a", 1), ("b", 10), ("a", 2), ("b", 20), ("a", 3), ("b", 30)].map {
        Sample(tag: tags.intern("pump/\($0.0)"), value: .int64($0.1))
      })
    _ = batch.number(from: 1)
    let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch) }
    #expect(error?.code == .failed)
    #expect(try await sink.deliver(batch).rejections.isEmpty)
    #expect(broker.messages.map(\.text) == ["1", "10", "20", "3", "30", "2", "3"])
    await sink.close()
  }

  @Test("the halves of a message that is too large go before the later ones of its topic")
  func halvesFirst() async throws {
    let broker = try ScriptedBroker { $0.text.utf8.count > 3000 ? 0x95 : 0 }
    var options = try options(broker)
    options.samplesPerMessage = 4
    let sink = try MQTTSink(options, gateway: "g", name: "s", tags: tags)
    var batch = SampleBatch()
    for number in 0..<12 {
      let text = String(repeating: "x", count: number == 1 ? 4000 : 1)
      batch.append(Sample(tag: tags.intern("pump/a"), value: .string(text)))
    }
    batch.append(Sample(tag: tags.intern("pump/b"), value: .int64(1)))
    _ = batch.number(from: 1)
    #expect(try await sink.deliver(batch).rejections.map(\.index) == [1])
    let numbers = broker.messages.filter { $0.topic == "g/pump/a" }.map { message in
      message.text.matches(of: /"seq":(\d+)/).compactMap { Int($0.1) }
    }
    #expect(numbers.last == [9, 10, 11, 12])
    // As they came last, they are all there and in order.
    var seen: Set<[Int]> = []
    let last = Array(numbers.reversed().filter { seen.insert($0).inserted }.reversed())
    #expect(last.flatMap { $0 } == [1] + Array(3...12))
    #expect(broker.topics.count { $0 == "g/pump/b" } == 1)
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
    try MQTTSink(options(broker), gateway: "g", name: "s", tags: tags)
  }

  private func options(_ broker: ScriptedBroker) throws -> MQTTSinkOptions {
    MQTTSinkOptions(
      broker: MQTTEndpoint(try MQTTAddress("mqtt://127.0.0.1:\(broker.port)")),
      topic: try TopicTemplate("{gateway}/{device}/{tag}"))
  }

  private func batch(_ count: Int) -> SampleBatch {
    var batch = SampleBatch(
      (0..<count).map { Sample(tag: tags.intern("pump/t\($0)"), value: .int64(Int64($0))) })
    _ = batch.number(from: 1)
    return batch
  }
}
