import Gateway

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
