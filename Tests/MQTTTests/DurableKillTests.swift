import Foundation
import MQTT
import TestSupport
import Testing

/// The receiving program is killed without warning, again and again, and nothing is missing from its file.
@Suite(.enabled(if: Mosquitto.isInstalled, "needs mosquitto"), .timeLimit(.minutes(15)))
struct DurableKillTests {
  /// The tool of this build.
  static let tool = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "iiotctl").path

  @Test func killingTheReceiverLosesNothing() async throws {
    let kills = Soak.isOn ? 200 : 6
    let perKill = 200
    let broker = try await Mosquitto("allow_anonymous true\nmax_queued_messages 0")
    let folder = try TemporaryFolder()
    var files: [String] = []
    func receiver() throws -> PeerProcess {
      files.append("received-\(files.count)")
      try folder.write("", to: files[files.count - 1])
      return try PeerProcess(
        Self.tool, ["mqtt", "sub", broker.url + "/n/#", "--id", "victim", "--durable", "d"],
        output: folder.file(files[files.count - 1]))
    }
    /// Numbers received so far; a line that was cut off by a kill is not one of them.
    func received() throws -> [Int] {
      try files.flatMap { file in
        try folder.text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
          .dropLast().compactMap { Int($0) }
      }
    }
    let publisher = try MQTTClient(broker.url)
    var victim = try receiver()
    // The session exists at the broker when the first message has come through.
    while try received().isEmpty {
      try await publisher.publish("-1", to: "n/start")
      try await Task.sleep(for: .milliseconds(50))
    }
    let count = kills * perKill
    let publishing = Task {
      for start in stride(from: 0, to: count, by: 20) {
        try await publisher.publish(
          (start..<(start + 20)).map { MQTTMessage(topic: "n/x", text: "\($0)") })
      }
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<kills {
      let before = try received().count
      let enough = before + Int.random(in: 1...perKill / 2, using: &random)
      while try received().count < enough {
        guard Set(try received()).count <= count else { break }
        try await Task.sleep(for: .milliseconds(2))
      }
      victim.stop()
      victim = try receiver()
    }
    try await publishing.value
    while Set(try received()).count < count + 1, victim.isRunning {
      try await Task.sleep(for: .milliseconds(20))
    }
    victim.stop()
    let all = try received()
    let missing = Set(-1..<count).subtracting(all)
    #expect(missing.isEmpty, "\(missing.count) of \(count) are missing")
    // Duplicates are allowed: a batch that was written and not yet acknowledged comes again.
    #expect(all.count >= count)
  }
}
