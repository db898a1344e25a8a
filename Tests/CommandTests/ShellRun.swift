import Foundation
import TestSupport

/// What a shell script with the tool in its PATH printed and how it ended.
struct ShellRun: Sendable {
  var output = ""
  var errors = ""
  var code: Int32 = 0

  /// The folder of the programs of this build, with `iiotctl` in it.
  static let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// Runs `script` in `directory`, waiting on a thread of its own. Ends it and everything it started after `seconds`.
  static func of(
    _ script: String, in directory: String, input: String? = nil,
    environment: [String: String] = [:],
    seconds: Int = 120
  ) async throws -> ShellRun {
    try await onThread { try run(script, directory, input, environment, seconds) }
  }

  private static func run(
    _ script: String, _ directory: String, _ input: String?, _ environment: [String: String],
    _ seconds: Int
  ) throws -> ShellRun {
    // Files, not pipes: a server left in the background may hold them open.
    let scratch = try TemporaryFolder()
    for name in ["out", "err"] { try scratch.write("", to: name) }
    var all = ProcessInfo.processInfo.environment
    all["PATH"] = "\(programs.path):\(all["PATH"] ?? "/usr/bin:/bin")"
    all["NO_COLOR"] = "1"
    all["LC_ALL"] = "C.UTF-8"
    all["TZ"] = "UTC"
    all["COLUMNS"] = "100"
    all.merge(environment) { $1 }
    // bash, because in dash `$(jobs -p)` knows no job.
    let endJobs = "trap 'code=$?; kill -KILL $(jobs -p) 2>/dev/null; exit $code' EXIT\n"
    let process = try ChildProcess(
      "/usr/bin/timeout", ["--kill-after=5", "\(seconds)", "bash", "-c", endJobs + script],
      environment: all, folder: directory, input: input ?? "/dev/null",
      output: scratch.file("out"), errors: scratch.file("err"))
    let status = process.wait()
    return ShellRun(
      output: String(
        decoding: try Data(contentsOf: URL(filePath: scratch.file("out"))), as: UTF8.self),
      errors: String(
        decoding: try Data(contentsOf: URL(filePath: scratch.file("err"))), as: UTF8.self),
      code: status < 0 ? 128 - status : status)
  }
}
