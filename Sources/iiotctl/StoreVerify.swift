internal import ArgumentParser
internal import StoreForward

/// Checks all that a checksum covers and says what is damaged.
struct StoreVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Checks every record of a store.",
    discussion: """
      Reads only, and may be used while another process writes. Checks records, label counts, the headers of
      groups and segments, footers and the copies in the state files. Prints a line for each damaged
      place (FILE at OFFSET: WHAT; record N is lost) and a summary. What a crash has torn behind the last
      durable record is no damage.

      Example:
        iiotctl store verify data/wal

      Exit codes: 0 no damage, 1 damage or failure, 64 misuse.
      """)

  @Argument(help: "The store's directory.") var directory: String

  func run() throws {
    do {
      let reader = try StoreReader(directory: directory)
      var output = StandardOutput()
      let check = try reader.verify { finding in
        try output.append { $0 += "\(finding)\n".utf8 }
      }
      try output.append {
        $0 += "\(check.records) records, \(check.payloadBytes) bytes intact; ".utf8
        $0 += "\(check.damagedRecords) records damaged\n".utf8
      }
      try output.flush()
      if check.damagedPlaces > 0 { throw ExitCode(1) }
    } catch let error as StoreError {
      throw Failure(error)
    }
  }
}
