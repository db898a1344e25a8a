internal import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Checks what a gateway wrote down about itself.",
    discussion: """
      Example:
        iiotctl audit verify data/audit.jsonl
      """,
    subcommands: [AuditVerify.self])
}
