import Foundation
import MQTT
import TestSupport
import Testing

/// Who takes some of many messages leaves the others at the broker.
@Suite(.enabled(if: Mosquitto.isInstalled, "needs mosquitto"), .timeLimit(.minutes(15)))
struct DurableCountTests {
  @Test(arguments: [MQTTVersion.v5, .v311])
  func whatWasNotPrintedStaysAtTheBroker(version: MQTTVersion) async throws {
    let broker = try await Mosquitto("allow_anonymous true\nmax_queued_messages 0")
    let folder = try TemporaryFolder()
    let words = [
      "mqtt", "sub", broker.url + "/n/#", "--id", "taker", "--durable", "d",
      "--protocol-version", version == .v5 ? "5" : "3.1.1",
    ]
    /// What the tool prints until it ends by itself, or the last message has come.
    func take(_ file: String, _ more: [String]) async throws -> [String] {
      try folder.write("", to: file)
      let tool = try PeerProcess(DurableKillTests.tool, words + more, output: folder.file(file))
      while tool.isRunning, try !folder.text(of: file).hasSuffix("end\n") {
        try await Task.sleep(for: .milliseconds(10))
      }
      tool.stop()
      return try folder.text(of: file).split(separator: "\n").map(String.init)
    }
    // The broker knows the session before there is a message for it.
    let client = try MQTTClient(
      broker.url, options: DurableTests.options("taker", version: version))
    let session = try await client.durableSubscription(
      "n/#", options: MQTTDurableOptions(name: "d"))
    await session.close()
    let publisher = try MQTTClient(broker.url)
    let numbers = (0..<50).map(String.init)
    try await publisher.publish(numbers.map { MQTTMessage(topic: "n/x", text: $0) })
    let first = try await take("first", ["--count", "10"])
    let second = try await take("second", ["--count", "10"])
    try await publisher.publish([MQTTMessage(topic: "n/x", text: "end")])
    let rest = try await take("rest", [])
    #expect(first == Array(numbers.prefix(10)))
    #expect(second.count == 10 && second != first)
    let missing = Set(numbers).subtracting(first + second + rest)
    #expect(missing.isEmpty, "\(missing.sorted()) are missing")
  }

  /// Retained messages with QoS 0 come once: to let them go and wait for them again would be to wait for ever.
  @Test func whatTheBrokerDoesNotKeepIsPrintedAtOnce() async throws {
    let broker = try await Mosquitto()
    let folder = try TemporaryFolder()
    let publisher = try MQTTClient(broker.url)
    try await publisher.publish(
      (0..<5).map { MQTTMessage(topic: "r/\($0)", text: "kept", qos: .atMostOnce, retain: true) })
    // Of one connection, in order: the broker has the others when it answers to this one.
    try await publisher.publish([MQTTMessage(topic: "other", text: "")])
    try folder.write("", to: "out")
    let tool = try PeerProcess(
      DurableKillTests.tool,
      ["mqtt", "sub", broker.url + "/r/#", "--id", "reader", "--durable", "d", "--count", "2"],
      output: folder.file("out"))
    while tool.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    #expect(try folder.text(of: "out") == "kept\nkept\n")
  }
}
