import Foundation
import MQTT
import TestSupport

/// A mosquitto of the test's own on a free loopback port.
final class Broker {
  static let path = PeerProcess.find("mosquitto")
  static var isInstalled: Bool { path != nil }

  let port: UInt16
  let folder: TemporaryFolder
  private var process: PeerProcess?

  /// Starts one. `configuration` is added to the listener on the port.
  init(
    _ configuration: String = "allow_anonymous true", port: UInt16? = nil,
    folder: TemporaryFolder? = nil
  ) async throws {
    self.port = try port ?? Loopback.freePort()
    self.folder = try folder ?? TemporaryFolder()
    try self.folder.write(
      """
      user root
      listener \(self.port) 127.0.0.1
      \(configuration.replacing("@", with: self.folder.path))

      """, to: "mosquitto.conf")
    try await start()
  }

  var url: String { "mqtt://127.0.0.1:\(port)" }

  func start() async throws {
    guard let path = Self.path else { throw Missing.broker }
    let process = try PeerProcess(path, ["-c", folder.file("mosquitto.conf")], port: port)
    guard try await process.isListening() else { throw Missing.broker }
    self.process = process
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
