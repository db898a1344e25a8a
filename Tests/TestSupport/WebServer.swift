import Foundation

/// Python's web server with `Fixtures/http/server.py`, which keeps what is posted in a folder.
public struct WebServer {
  private let process: PeerProcess
  /// Its address.
  public let url: String

  /// It is not installed, or it can't start.
  public struct Missing: Error {}

  /// Where Python is installed, or nil.
  public static let path = PeerProcess.find("python3")

  /// Starts one; the arguments are those of the script, without its folder.
  public init(_ arguments: [String], in folder: TemporaryFolder, posts: String = ".") async throws {
    let script = URL(filePath: #filePath).appending(path: "../../Fixtures/http/server.py")
    guard let path = Self.path else { throw Missing() }
    try FileManager.default.createDirectory(
      atPath: folder.file(posts), withIntermediateDirectories: true)
    try folder.write("", to: "port")
    process = try PeerProcess(
      path, [script.standardized.path, folder.file(posts)] + arguments, output: folder.file("port"))
    while process.isRunning {
      let text = try folder.text(of: "port")
      if text.hasSuffix("\n") {
        url = "http://127.0.0.1:\(text.dropLast())"
        return
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw Missing()
  }

  /// Kills it, as a power cut would.
  public func kill() { process.stop() }
}
