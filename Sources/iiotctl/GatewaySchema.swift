internal import ArgumentParser
internal import Gateway

struct GatewaySchema: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of the configuration, for editors.",
    discussion: """
      Editors with a YAML language server complete and check the file by it when its first line is
        # yaml-language-server: $schema=gateway.schema.json

      Example:
        iiotctl gateway schema > gateway.schema.json

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  func run() throws {
    var output = StandardOutput()
    try output.append { $0 += ConfigurationSchema.text.utf8 }
    try output.flush()
  }
}
