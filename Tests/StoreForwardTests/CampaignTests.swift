import Foundation
import TestSupport
import Testing

/// Short runs of `scripts/store-soak`: the built tool is killed, its calls fail, its disk loses power. The full
/// numbers run in `make soak`.
@Suite(
  "A store in a process of its own survives what befalls it", .serialized, .timeLimit(.minutes(15)))
struct CampaignTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let tool = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "iiotctl").path

  private static func run(_ arguments: String...) throws -> Tool {
    try Tool(
      "/usr/bin/env",
      ["IIOTCTL=\(tool)", "python3", root.appending(path: "scripts/store-soak").path] + arguments)
  }

  /// Whether a throw-away disk of that kind can be had: no rounds say so.
  private static func hasDisk(_ kind: String) -> Bool {
    (try? run("powercut", "0", kind))?.status == 0
  }
  private static let hasTool = FileManager.default.isExecutableFile(atPath: tool)
  private static let hasExt4 = hasTool && hasDisk("ext4")
  private static let hasXFS = hasTool && hasDisk("xfs")
  /// Under a sanitizer the tool is slow and can't be given calls that fail.
  private static let isPlain = ["ASAN_OPTIONS", "TSAN_OPTIONS"].allSatisfy {
    ProcessInfo.processInfo.environment[$0] == nil
  }
  private static let isLong = isCI && isPlain

  private func check(_ arguments: String...) throws {
    let scratch = try TemporaryFolder()
    var words = arguments
    if ["kill", "faults", "flips", "outage"].contains(arguments[0]) {
      words.append(scratch.file("store"))
    }
    let run = try Tool(
      "/usr/bin/env",
      ["IIOTCTL=\(Self.tool)", "python3", Self.root.appending(path: "scripts/store-soak").path]
        + words)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }

  @Test("kills at random moments", .enabled(if: hasTool, "needs the built iiotctl"))
  func kills() throws { try check("kill", Self.isLong ? "100" : "4") }

  @Test(
    "calls that fail", .enabled(if: hasTool && isPlain, "needs the built iiotctl, no sanitizer"))
  func faults() throws { try check("faults", Self.isLong ? "60" : "4") }

  @Test("bits that flip", .enabled(if: hasTool, "needs the built iiotctl"))
  func flips() throws { try check("flips", Self.isLong ? "100" : "3") }

  @Test(
    "many laps of the ring with kills in between, in memory that does not grow",
    .enabled(if: hasTool && isPlain, "needs the built iiotctl, no sanitizer"))
  func outage() throws { try check("outage", Self.isLong ? "60000" : "20000") }

  @Test("power cuts on ext4", .enabled(if: hasExt4, "needs root, loop devices and mkfs.ext4"))
  func ext4() throws {
    try check("powercut", Self.isLong ? "30" : "2", "ext4")
    try check("seen", Self.isLong ? "10" : "1", "ext4")
    try check("interval", Self.isLong ? "10" : "1", "ext4")
  }

  @Test("power cuts on xfs", .enabled(if: hasXFS, "needs root, loop devices and mkfs.xfs"))
  func xfs() throws {
    try check("powercut", Self.isLong ? "15" : "1", "xfs")
    try check("seen", Self.isLong ? "5" : "1", "xfs")
  }

  @Test(
    "write-back errors and a disk that lies",
    .enabled(if: hasExt4 && isPlain, "needs root, loop devices and mkfs.ext4, no sanitizer"))
  func badDisks() throws {
    try check("eio", Self.isLong ? "3" : "1")
    try check("lying", Self.isLong ? "5" : "1", "ext4")
  }
}
