internal import ArgumentParser
internal import DBC
internal import DBCGenerator
internal import Sinks

struct DbcGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Makes Swift source of a DBC file: a struct a message, with named properties.",
    discussion: """
      The source needs the module CANCore alone, and decodes and encodes as fast as a program can. Values are physical; \
      value tables become enumerations. What has no place in it (messages that no frame carries, signals that are never \
      decoded) is told on standard error.

      In a Swift package the build-tool plug-in DBCPlugin does the same whenever the file changes.

      Example:
        iiotctl dbc generate vehicle.dbc > Sources/Car/Vehicle.swift

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The file.")
  var file: String

  @Option(
    help: ArgumentHelp(
      "The name of the enumeration that holds everything (default: after the file).",
      valueName: "name"))
  var name: String?

  @Option(help: "Who may use it: internal (the module), package or public.")
  var access = AccessArgument.internal

  enum AccessArgument: String, ExpressibleByArgument, CaseIterable {
    case `internal`
    case package
    case `public`
  }

  func run() throws {
    let database = try DBCFile.load(file)
    let base = file.split(separator: "/").last.map(String.init) ?? file
    var options = SwiftSource.Options()
    options.access = SwiftSource.Access(rawValue: access.rawValue) ?? .internal
    options.origin = base == "-" ? "a DBC file" : base
    let stem = base.lastIndex(of: ".").map { String(base[..<$0]) } ?? base
    let source = SwiftSource(database, named: name ?? stem, options: options)
    for omission in source.omissions { StandardError.print("warning: \(file): \(omission)") }
    var output = StandardOutput()
    try output.append { $0.append(source.text) }
    try output.flush()
  }
}
