internal import ArgumentParser

struct GatewayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gateway",
    abstract: "Runs a gateway: from machines to a buffer on disk to destinations.",
    discussion: """
      Example:
        iiotctl gateway run gateway.yaml
      """,
    subcommands: [
      GatewayRun.self, GatewayCheck.self, GatewayStatusCommand.self, GatewayReload.self,
      GatewayDiff.self, GatewayLedger.self, GatewaySchema.self, GatewayImport.self,
    ])
}
