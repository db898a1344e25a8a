internal import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Checks what a gateway wrote down about itself.",
    subcommands: [AuditVerify.self])
}
