internal import ArgumentParser
internal import Gateway
internal import Sinks

/// Says where an audit trail is not as it was written.
struct AuditVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Finds every edit of an audit trail.",
    discussion: """
      Computes the keyed code of each entry again. A changed, missing, doubled or moved line shows at once; entries that were cut off at \
      the end show by a head that was kept elsewhere: the anchor, and each head in the gateway's events (NUMBER:CODE). \
      Prints a line for each place, then a summary.

      Example:
        iiotctl audit verify data/audit.jsonl --head 17:5d0c...

      Exit codes: 0 all is as it was written, 1 it is not, or a file can't be read, 64 misuse.
      """)

  @Argument(help: "The trail: audit.jsonl in the gateway's data folder.") var file: String

  @Option(
    help: ArgumentHelp(
      "The file of the key; default: audit.key beside the trail.", valueName: "file"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "The file of the head; default: audit.head beside the trail.", valueName: "file"))
  var anchor: String?

  @Option(
    help: ArgumentHelp(
      "A head that was kept elsewhere; may be given several times.", valueName: "number:code"))
  var head: [String] = []

  func run() throws {
    let heads = try head.map { text in
      guard let head = AuditHead(text) else {
        throw ValidationError(
          "'\(text)' is no head: write NUMBER:CODE as the gateway's events tell it")
      }
      return head
    }
    let check: AuditCheck
    do throws(AuditError) {
      check = try AuditCheck(
        contentsOf: file, keyFile: key, anchors: heads, anchorFile: anchor)
    } catch {
      throw Failure(error.message, at: error.path, advice: error.advice)
    }
    var output = StandardOutput()
    for finding in check.findings { try output.append(line: "\(file): \(finding)") }
    let places = check.findings.count
    try output.append(
      line: (check.entries == 1 ? "1 entry" : "\(check.entries) entries")
        + (places == 0
          ? ", all as written"
          : ", not as written in \(places == 1 ? "1 place" : "\(places) places")")
        + "; head \(check.head)"
        + (check.isAnchored
          ? ""
          : "\nno head was kept elsewhere: entries that were cut off at the end would not be seen"))
    try output.flush()
    if places > 0 { throw ExitCode(1) }
  }
}
