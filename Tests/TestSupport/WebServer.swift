import Foundation
import TestSupport
import Testing

/// Python's web server with `Fixtures/http/server.py`, which keeps what is posted in a folder.
struct WebServer {
  let process: PeerProcess
  let url: String

  struct Missing: Error {}

  /// Starts one; the arguments are those of the script, without its folder.
  init(_ arguments: [String], in folder: TemporaryFolder) async throws {
    let script = URL(filePath: #filePath).appending(path: "../../Fixtures/http/server.py")
    try folder.write("", to: "port")
    process = try PeerProcess(
      try #require(PeerProcess.find("python3")),
      [script.standardized.path, folder.path] + arguments,
      output: folder.file("port"))
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
}
