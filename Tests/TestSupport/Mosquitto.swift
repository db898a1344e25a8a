import Foundation

/// A mosquitto of a test's own on a free loopback port.
public final class Mosquitto {
  /// Where it is installed, or nil.
  public static let path = PeerProcess.find("mosquitto")
  /// Whether it is installed.
  public static var isInstalled: Bool { path != nil }

  /// The port it listens on.
  public private(set) var port: UInt16 = 0
  private let folder: TemporaryFolder
  private let configuration: String
  private var process: PeerProcess?

  /// It is not installed, or it can't start.
  public struct Missing: Error {}

  /// Starts one. `configuration` follows the line of the listener; @ stands for the folder, which lives as long as this value.
  public init(
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

  /// Its address.
  public var url: String { "mqtt://127.0.0.1:\(port)" }

  /// Starts it on its port, and returns when it says itself that it runs: that somebody answers on the port does not
  /// show that it is this one.
  public func start() async throws {
    guard let path = Self.path else { throw Missing() }
    // A window larger than what a test sends: up to 2.0.12 it loses count of it now and then (mosquitto issue 2362).
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
    throw Missing()
  }

  /// Kills it, as a power cut would.
  public func kill() {
    process?.stop()
    process = nil
  }
}
