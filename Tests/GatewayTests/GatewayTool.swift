import Foundation
import TestSupport

/// `iiotctl gateway` of this build, as a process of its own.
enum GatewayTool {
  private static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().path

  /// Nil where it is not built.
  static var path: String? {
    let path = "\(folder)/iiotctl"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// Where `missing` says that there is none.
  struct Missing: Error {}

  /// Where one that should be at work has ended.
  struct HasEnded: Error {}

  /// Starts `gateway run gateway.yaml` in a folder; its events are added to the file `events` there.
  static func run(
    in folder: TemporaryFolder, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    guard let path else { throw Missing() }
    if !FileManager.default.fileExists(atPath: folder.file("events")) {
      try folder.write("", to: "events")
    }
    return try ChildProcess(
      path, ["gateway", "run", "gateway.yaml", "--quiet"] + arguments,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      folder: folder.path, errors: folder.file("events"))
  }
}

/// A disk that fails, hangs or writes down its changes, for a program that is started on it (`Fixtures/gateway/disk.c`).
struct FaultyDisk {
  private let library: String
  /// The files that it is for have this in their paths.
  var root: String
  var rules: [String] = []
  var log: String?
  /// Gets a line for each call that failed.
  var told: String?

  static let isThere = CCompiler.path != nil && GatewayTool.path != nil && !isSanitized

  init(in folder: TemporaryFolder, root: String) async throws {
    library = folder.file("disk.so")
    self.root = root
    try await CCompiler.compile(
      "gateway/disk.c", to: library, ["-shared", "-fPIC", "-ldl", "-lpthread"])
  }

  var environment: [String: String] {
    var all = ["LD_PRELOAD": library, "DISK_ROOT": root, "DISK": rules.joined(separator: ";")]
    if let log { all["DISK_LOG"] = log }
    if let told { all["DISK_TOLD"] = told }
    return all
  }
}
