import Foundation
import TestSupport
import Testing

@testable import Gateway

@Suite("A gateway that has ended leaves nothing behind", .timeLimit(.minutes(10)))
struct GatewayLeakTests {
  /// In a process of its own, where nobody else makes threads or opens files.
  @Test("run, reloaded, asked and ended, again and again: the same threads and descriptors")
  func cycles() async {
    await #expect(processExitsWith: .success) {
      func cycle() async throws {
        let folder = try TemporaryFolder()
        var configuration = GatewayConfiguration.simulated(
          in: folder, tags: [SimulatedTag(name: "s", shape: .walk)],
          formulas: [.init(tag: "f/sum", expression: "ema({sim/s}, 1)")], sinks: ["a", "b"])
        let gateway = try await GatewayRuntime(configuration)
        try await run(gateway, grace: .milliseconds(500)) { gateway in
          guard gateway.status.stored > 20 else { return false }
          configuration.sinks.removeLast()
          configuration.devices[0].every = .milliseconds(2)
          try await gateway.reload(configuration)
          _ = try await ControlClient(dataFolder: folder.file("data")).ask("status")
          return true
        }
      }
      for _ in 0..<3 { try await cycle() }
      let before = try await Footprint.settled(atMost: nil)
      for _ in 0..<6 { try await cycle() }
      let after = try await Footprint.settled(atMost: before)
      let isSame = after.threads <= before.threads && after.descriptors <= before.descriptors
      let files = isSame ? [] : try Footprint.openFiles()
      #expect(isSame, "\(before), then \(after): \(files)")
    }
  }
}
