internal import Foundation

/// Why a peer can't take part.
struct PeerProblem: Error, CustomStringConvertible {
  let description: String
}

/// A child process that does a peer's work on demand.
///
/// It prints one line `{"version": "..."}` when it is ready. Then, for each line `N` on its standard input, it does
/// N iterations and prints one line `{"seconds": S, "check": C}`. It ends with its input.
final class PeerProcess {
  private(set) var version = ""
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending = Data()

  private struct Greeting: Decodable { let version: String }
  private struct Answer: Decodable {
    let seconds: Double
    let check: UInt64
  }

  /// The package's root, from where this file was compiled.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  init(source: String, arguments: [String]) throws {
    let root = PeerProcess.root
    let file = root.appending(path: "Benchmarks/Peers/\(source)")
    let built = root.appending(path: ".build-peers")
    if file.pathExtension == "py" {
      process.executableURL = built.appending(path: "venv/bin/python")
      process.arguments = [file.path] + arguments
    } else {
      let name = source.replacing("/", with: "-")
      process.executableURL = built.appending(path: "bin/\(name)")
      process.arguments = arguments
    }
    guard let executable = process.executableURL,
      FileManager.default.isExecutableFile(atPath: executable.path)
    else { throw PeerProblem(description: "not built: make bench-peers") }
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    version = try read(Greeting.self, source: source).version
  }

  func run(_ iterations: Int) throws -> (seconds: Double, check: UInt64) {
    try input.fileHandleForWriting.write(contentsOf: Data("\(iterations)\n".utf8))
    let answer = try read(Answer.self, source: "")
    return (answer.seconds, answer.check)
  }

  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func read<T: Decodable>(_ type: T.Type, source: String) throws -> T {
    while true {
      if let end = pending.firstIndex(of: 0x0A) {
        let line = pending[pending.startIndex..<end]
        pending = Data(pending[(end + 1)...])
        return try JSONDecoder().decode(type, from: Data(line))
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else {
        process.waitUntilExit()
        throw PeerProblem(description: "ended early with status \(process.terminationStatus)")
      }
      pending.append(more)
    }
  }
}
