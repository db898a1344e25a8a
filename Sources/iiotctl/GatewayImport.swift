internal import ArgumentParser
internal import Gateway

struct GatewayImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a configuration of that of a DaTaK gateway.",
    discussion: """
      Takes the gateway.yaml of a DaTaK gateway, and its sensors as GET /api/config/export gives them. Prints the configuration; \
      what could not be taken over, or should be looked at, goes to standard error. Secrets are not copied.

      Example:
        iiotctl gateway import datak/gateway.yaml sensors.json > gateway.yaml
        iiotctl gateway check gateway.yaml

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The files: settings, sensors, or both.")
  var files: [String]

  func run() throws {
    #if Gateway
      var importer = DaTaKImporter()
      for file in files {
        do throws(ConfigurationError) {
          try importer.add(contentsOf: file)
        } catch {
          throw ConfigurationFailure(error)
        }
      }
      let imported = importer.convert()
      for note in imported.notes { StandardError.print("note: \(note)") }
      var output = StandardOutput()
      try output.append { $0 += imported.yaml.utf8 }
      try output.flush()
    #else
      throw Failure(
        "this iiotctl was built without the package trait 'Gateway'", at: files.first ?? "",
        advice: "build it with: swift build --traits Gateway")
    #endif
  }
}
