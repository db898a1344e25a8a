internal import Foundation
internal import Glibc

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
  private let program: ChildProgram

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
    let isPython = file.pathExtension == "py"
    let executable =
      isPython
      ? built.appending(path: "venv/bin/python").path
      : built.appending(path: "bin/\(source.replacing("/", with: "-"))").path
    guard access(executable, X_OK) == 0 else {
      throw PeerProblem(description: "not built: make bench-peers")
    }
    program = try ChildProgram(executable, (isPython ? [file.path] : []) + arguments)
    version = try read(Greeting.self).version
  }

  func run(_ iterations: Int) throws -> (seconds: Double, check: UInt64) {
    try program.write("\(iterations)")
    let answer = try read(Answer.self)
    return (answer.seconds, answer.check)
  }

  func stop() { _ = program.end() }

  private func read<T: Decodable>(_ type: T.Type) throws -> T {
    guard let line = program.readLine() else {
      throw PeerProblem(description: "ended early with status \(program.end())")
    }
    return try JSONDecoder().decode(type, from: Data(line))
  }
}
