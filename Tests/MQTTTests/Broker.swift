import Foundation
import MQTT
import TestSupport

/// A mosquitto of the test's own on a free loopback port.
final class Broker {
  static let path = PeerProcess.find("mosquitto")
  static var isInstalled: Bool { path != nil }

  private(set) var port: UInt16 = 0
  let folder: TemporaryFolder
  private let configuration: String
  private var process: PeerProcess?

  /// Starts one. `configuration` is added to the listener on the port; @ stands for the folder.
  init(
    _ configuration: String = "allow_anonymous true", folder: TemporaryFolder? = nil
  ) async throws {
    self.folder = try folder ?? TemporaryFolder()
    self.configuration = configuration.replacing("@", with: self.folder.path)
    // A free port may be taken by another test before the broker has it.
    for attempt in 1...10 {
      port = try Loopback.freePort()
      do {
        try await start()
        return
      } catch {
        if attempt == 10 { throw error }
      }
    }
  }

  var url: String { "mqtt://127.0.0.1:\(port)" }

  /// Starts it, and returns when it says itself that it runs: that somebody answers on the port does not show that it
  /// is this one.
  func start() async throws {
    guard let path = Self.path else { throw Missing.broker }
    // Mosquitto up to 2.0.12 loses count of its messages in flight now and then (mosquitto issue 2362) and then sends no more:
    // the window is made larger than what any test sends.
    try folder.write(
      """
      user root
      max_inflight_messages 1000
      log_dest file \(folder.file("log"))
      listener \(port) 127.0.0.1
      \(configuration)

      """, to: "mosquitto.conf")
    try folder.write("", to: "log")
    let process = try PeerProcess(path, ["-c", folder.file("mosquitto.conf")], port: port)
    while process.isRunning {
      if try folder.text(of: "log").contains(" running") {
        self.process = process
        return
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Missing.broker
  }

  /// Kills it, as a power cut would.
  func kill() {
    process?.stop()
    process = nil
  }

  enum Missing: Error { case broker, answer }
}

/// Collects messages of a subscription until there are enough.
func collect(_ count: Int, from subscription: MQTTSubscription) async throws -> [MQTTMessage] {
  var all: [MQTTMessage] = []
  if count == 0 { return all }
  for try await batch in subscription {
    all += batch
    if all.count >= count { break }
  }
  return all
}

/// Number of threads and descriptors of this process.
func resources() throws -> (threads: Int, descriptors: Int) {
  (
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count,
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  )
}
