internal import ArgumentParser
internal import DBC
internal import Sinks

struct DbcLint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Lists everything odd about DBC files, with file, line and column.",
    discussion: """
      Each line is FILE:LINE:COLUMN: SEVERITY: MESSAGE [RULE]. Severities are note, warning and error; docs/dbc.md \
      explains each rule.

      Example:
        iiotctl dbc lint vehicle.dbc

      Exit codes: 0 no error (warnings and notes do not count), 1 an error in a file, or a file that can't be read, \
      64 misuse.
      """)

  @Argument(help: "The files.")
  var files: [String]

  @Flag(help: "Prints less: only errors.")
  var quiet = false

  func run() throws {
    var output = StandardOutput()
    var errors = 0
    for file in files {
      let findings: [Finding]
      do throws(DBCError) {
        findings = try Database(contentsOf: file).findings
      } catch {
        try output.flush()
        let place = error.line.map { ":\($0):\(error.column ?? 1)" } ?? ""
        try output.append {
          $0.append("\(file)\(place): error: \(error.reason) [\(error.code.rawValue)]\n")
        }
        errors += 1
        continue
      }
      for finding in findings where !quiet || finding.severity == .error {
        try output.append { $0.append("\(file):\(finding)\n") }
      }
      errors += findings.count { $0.severity == .error }
    }
    try output.flush()
    if errors > 0 { throw ExitCode(1) }
  }
}
