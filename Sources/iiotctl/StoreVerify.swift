internal import ArgumentParser
internal import StoreForward

/// Reads every record of a store and says what is damaged.
struct StoreVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Checks every record of a store.",
    discussion: """
      Reads only, and may be used while another process writes. Prints a line for each finding and a
      summary. Exit codes: 0 no damage, 1 damage or failure.
      """)

  @Argument(help: "The store's directory.") var directory: String

  func run() throws {
    do {
      let reader = try StoreReader(directory: directory)
      var output = StandardOutput()
      var findings = 0
      func finding(_ line: String) throws {
        findings += 1
        try output.append { $0 += "\(line)\n".utf8 }
      }
      let report = reader.findings
      for name in report.rejectedSegments { try finding("\(name): no segment of this store") }
      if report.rebuiltHeaders > 0 {
        try finding("headers: \(report.rebuiltHeaders) lost, rebuilt from their records")
      }
      if report.repairedHeaderCopies > 0 {
        try finding("headers: \(report.repairedHeaderCopies) damaged copies, covered by others")
      }
      for name in report.unreadableSegments { try finding("\(name): the disk does not give it") }
      if report.cursorsLost { try finding("cursors: lost, all sinks begin at the oldest record") }
      if report.repairedStateCopies > 0 {
        try finding("state files: \(report.repairedStateCopies) damaged copies, covered by others")
      }
      var records: UInt64 = 0
      var bytes: UInt64 = 0
      var missing: UInt64 = 0
      while let gaps = try reader.next({ batch in
        records += UInt64(batch.count)
        bytes += UInt64(batch.payloadByteCount)
        return batch.gaps
      }) {
        for gap in gaps where gap.reason == .damaged {
          missing += gap.count
          try finding("records \(gap.first) to \(gap.last): damaged")
        }
      }
      try output.append {
        $0 += "\(records) records, \(bytes) bytes intact; \(missing) records damaged\n".utf8
      }
      try output.flush()
      if findings > 0 { throw ExitCode(1) }
    } catch let error as StoreError {
      throw Failure(error)
    }
  }
}
