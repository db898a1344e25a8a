import Foundation
import TestSupport
import Testing

/// Short runs of `scripts/store-soak`: the built tool is killed, its calls fail, its disk loses power. The full
/// numbers run in `make soak`.
private enum Campaign {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let tool = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "iiotctl").path

  private static func run(_ arguments: [String]) throws -> Tool {
    try Tool(
      "/usr/bin/env",
      ["IIOTCTL=\(tool)", "python3", root.appending(path: "scripts/store-soak").path] + arguments)
  }

  /// Whether a throw-away disk of that kind can be had: no rounds say so.
  private static func hasDisk(_ kind: String) -> Bool {
    (try? run(["powercut", "0", kind]))?.status == 0
  }
  static let hasTool = FileManager.default.isExecutableFile(atPath: tool)
  static let hasExt4 = hasTool && hasDisk("ext4")
  static let hasXFS = hasTool && hasDisk("xfs")
  static let isLong = isCI && !isSanitized

  static func check(_ arguments: String...) async throws {
    let campaign = try await onThread {
      let scratch = try TemporaryFolder()
      let needsFolder = ["kill", "faults", "flips", "outage"].contains(arguments[0])
      return try run(arguments + (needsFolder ? [scratch.file("store")] : []))
    }
    #expect(campaign.status == 0, "\(campaign.output)\(campaign.errors)")
  }
}

@Suite("A store in a process that is killed", .timeLimit(.minutes(15)))
struct KillCampaignTests {
  @Test("kills at random moments", .enabled(if: Campaign.hasTool, "needs the built iiotctl"))
  func kills() async throws { try await Campaign.check("kill", Campaign.isLong ? "40" : "4") }
}

@Suite(
  "A store in a process of its own survives what befalls its files", .serialized,
  .timeLimit(.minutes(15)))
struct FaultCampaignTests {
  @Test(
    "calls that fail",
    .enabled(if: Campaign.hasTool && !isSanitized, "needs the built iiotctl, no sanitizer"))
  func faults() async throws { try await Campaign.check("faults", Campaign.isLong ? "30" : "4") }

  @Test("bits that flip", .enabled(if: Campaign.hasTool, "needs the built iiotctl"))
  func flips() async throws { try await Campaign.check("flips", Campaign.isLong ? "40" : "3") }

  @Test(
    "many laps of the ring with kills in between, in memory that does not grow",
    .enabled(if: Campaign.hasTool && !isSanitized, "needs the built iiotctl, no sanitizer"))
  func outage() async throws {
    try await Campaign.check("outage", Campaign.isLong ? "60000" : "20000")
  }
}

@Suite("A store on a disk that loses power", .serialized, .timeLimit(.minutes(15)))
struct DiskCampaignTests {
  @Test(
    "power cuts on ext4", .enabled(if: Campaign.hasExt4, "needs root, loop devices and mkfs.ext4"))
  func ext4() async throws {
    try await Campaign.check("powercut", Campaign.isLong ? "12" : "2", "ext4")
    try await Campaign.check("seen", Campaign.isLong ? "4" : "1", "ext4")
    try await Campaign.check("interval", Campaign.isLong ? "4" : "1", "ext4")
  }

  @Test(
    "power cuts on xfs", .enabled(if: Campaign.hasXFS, "needs root, loop devices and mkfs.xfs"))
  func xfs() async throws {
    try await Campaign.check("powercut", Campaign.isLong ? "6" : "1", "xfs")
    try await Campaign.check("seen", Campaign.isLong ? "3" : "1", "xfs")
  }

  @Test(
    "write-back errors and a disk that lies",
    .enabled(
      if: Campaign.hasExt4 && !isSanitized,
      "needs root, loop devices and mkfs.ext4, no sanitizer"))
  func badDisks() async throws {
    try await Campaign.check("eio", Campaign.isLong ? "3" : "1")
    try await Campaign.check("lying", Campaign.isLong ? "5" : "1", "ext4")
  }
}
