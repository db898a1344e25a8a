import Foundation
import Glibc

/// What a shell script printed and how it ended.
struct ShellRun: Sendable {
  var output = ""
  var errors = ""
  var code: Int32 = 0

  /// The folder of the programs of this build, with `iiotctl` in it.
  static let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// Runs `script` in `directory`, waiting on a thread of its own. Ends it and everything it started after `seconds`.
  static func of(
    _ script: String, in directory: URL, input: URL? = nil, environment: [String: String] = [:],
    seconds: Int = 120
  ) async throws -> ShellRun {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result { try run(script, directory, input, environment, seconds) })
      }
    }
  }

  private static func run(
    _ script: String, _ directory: URL, _ input: URL?, _ environment: [String: String],
    _ seconds: Int
  ) throws -> ShellRun {
    // Files, not pipes: a server left in the background may hold them open.
    let outputFile = directory.appending(path: ".stdout")
    let errorFile = directory.appending(path: ".stderr")
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    defer {
      for file in [outputFile, errorFile] { try? FileManager.default.removeItem(at: file) }
    }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    let endJobs = "trap 'code=$?; kill $(jobs -p) 2>/dev/null; exit $code' EXIT\n"
    process.arguments = ["--kill-after=5", "\(seconds)", "sh", "-c", endJobs + script]
    process.currentDirectoryURL = directory
    var all = ProcessInfo.processInfo.environment
    all["PATH"] = "\(programs.path):\(all["PATH"] ?? "/usr/bin:/bin")"
    all["NO_COLOR"] = "1"
    all["LC_ALL"] = "C.UTF-8"
    all["TZ"] = "UTC"
    all["COLUMNS"] = "100"
    all.merge(environment) { $1 }
    process.environment = all
    process.standardInput =
      try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    process.waitUntilExit()
    let signal: Int32 = process.terminationReason == .exit ? 0 : 128
    return ShellRun(
      output: String(decoding: try Data(contentsOf: outputFile), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self),
      code: signal + process.terminationStatus)
  }

  /// TCP ports of the loopback interface that nobody listens on right now.
  static func freePorts(_ count: Int) -> [UInt16] {
    var sockets: [Int32] = []
    defer { for descriptor in sockets { close(descriptor) } }
    return (0..<count).compactMap { _ in
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard descriptor >= 0 else { return nil }
      sockets.append(descriptor)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let found = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
        }
      }
      return found ? UInt16(bigEndian: address.sin_port) : nil
    }
  }
}
