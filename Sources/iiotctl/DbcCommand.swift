internal import ArgumentParser

struct DbcCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dbc",
    abstract: "Checks and shows DBC files, encodes frames by them, and makes Swift of them.",
    discussion: """
      Example:
        iiotctl dbc lint vehicle.dbc
      """,
    subcommands: [DbcLint.self, DbcShow.self, DbcEncode.self, DbcGenerate.self])
}
