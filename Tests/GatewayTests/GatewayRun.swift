import Gateway
import TestSupport

/// Runs a gateway until a condition holds, and lets it end in its orderly way.
func run(
  _ gateway: GatewayRuntime, grace: Duration = .seconds(20),
  until isEnough: (GatewayRuntime) async throws -> Bool
) async throws {
  let running = Task { try await gateway.run(grace: grace) }
  while try await !isEnough(gateway) { try await Task.sleep(for: .milliseconds(5)) }
  running.cancel()
  try await running.value
}

extension GatewayConfiguration {
  /// A gateway with one simulated device, `sim`, on a bus `made-up`; its data in `data` of a folder.
  ///
  /// - Parameter sinks: JSON lines, a file for each name.
  static func simulated(
    in folder: TemporaryFolder, every: Duration = .milliseconds(1), tags: [SimulatedTag],
    formulas: [DerivedTag] = [], buffer: Buffer = Buffer(capacity: 16 << 20, segment: 1 << 20),
    sinks: [String] = []
  ) -> GatewayConfiguration {
    GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [.init(name: "made-up", transport: .simulator)],
      devices: [.init(name: "sim", bus: "made-up", every: every, simulated: tags)],
      formulas: formulas, buffer: buffer,
      sinks: sinks.map {
        .init(name: $0, kind: .file(path: folder.file("\($0).jsonl"), format: .jsonl))
      })
  }
}
