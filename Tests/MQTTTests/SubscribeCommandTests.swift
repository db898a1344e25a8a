import Foundation
import MQTT
import TestSupport
import Testing

@Suite(
  "What iiotctl mqtt sub takes", .enabled(if: Mosquitto.isInstalled, "needs mosquitto"),
  .timeLimit(.minutes(15)))
struct SubscribeCommandTests {
  @Test("the filter in the URL and those beside it, each once")
  func filters() async throws {
    let broker = try await Mosquitto()
    let folder = try TemporaryFolder()
    let publisher = try MQTTClient(broker.url)
    try await publisher.publish(
      ["a", "b", "c"].map { MQTTMessage(topic: $0, text: $0, retain: true) })
    try folder.write("", to: "out")
    let tool = try PeerProcess(
      DurableKillTests.tool,
      ["mqtt", "sub", broker.url + "/a", "-t", "b", "-t", "a", "--count", "2"],
      output: folder.file("out"))
    while tool.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    #expect(try folder.text(of: "out").split(separator: "\n").sorted() == ["a", "b"])
  }
}
