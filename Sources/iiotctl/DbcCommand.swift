internal import ArgumentParser

struct DbcCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dbc",
    abstract: "Checks and shows DBC files, and encodes frames by them.",
    subcommands: [DbcLint.self, DbcShow.self, DbcEncode.self])
}
