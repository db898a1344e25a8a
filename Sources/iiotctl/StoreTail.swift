internal import ArgumentParser
internal import IndustrialModel
internal import Sinks
internal import StoreForward

/// Prints records as they are, whoever wrote them.
struct StoreTail: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Prints the records of a store, and new ones as they come.",
    discussion: """
      Reads only, and may be used while another process writes. Without --since or --sequence it begins
      at the oldest record, with --follow at the next new one. Gaps go to standard error.

      jsonl: {"seq":1,"time":"2026-01-01T00:00:00.000000000Z","payload":"00ff"}
      hex:   SEQUENCE TIME PAYLOAD

      Example:
        iiotctl store tail data/wal --follow --format jsonl

      Exit codes: 0 success, 1 failure, 64 misuse, 130 or 143 after a signal (with --follow, when --count was not reached).
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case hex, jsonl }

  @Argument(help: "The store's directory.") var directory: String
  @Flag(help: "Go on with new records until interrupted.") var follow = false
  @Option(
    help: ArgumentHelp("Only from the first record of this time or later on.", valueName: "time"))
  var since: TimeArgument?
  @Option(help: ArgumentHelp("Only from this record on.", valueName: "number"))
  var sequence: UInt64?
  @Option(help: "How to print: hex or jsonl.") var format = Format.hex
  @Option(help: "How many records, then it ends.") var count: UInt64?

  func validate() throws {
    if since != nil, sequence != nil {
      throw ValidationError("--since and --sequence exclude each other")
    }
    if let count, count < 1 { throw ValidationError("--count must be 1 or more.") }
  }

  func run() async throws {
    let command = self
    try await Interruption.cancels(hasEnd: !follow || count != nil) { try await command.print() }
  }

  private var start: CursorStart {
    if let since { return .time(since.time.nanoseconds) }
    if let sequence { return .sequence(sequence) }
    return follow ? .newest : .oldest
  }

  private func print() async throws {
    do {
      let reader = try StoreReader(directory: directory, from: start)
      var output = StandardOutput()
      var left = count ?? .max
      while left > 0, !Task.isCancelled {
        let limit = Int(clamping: left)
        let printed = try reader.next(maxRecords: limit) { batch in
          try print(batch, to: &output)
          return batch.count
        }
        if let printed {
          left -= UInt64(printed)
          continue
        }
        try output.flush()
        guard follow else { break }
        // Another process writes: there is nothing to wait for but time.
        try? await Task.sleep(for: .milliseconds(100))
        try reader.refresh()
      }
      try output.flush()
    } catch let error as StoreError {
      throw Failure(error)
    }
  }

  private func print(_ batch: borrowing StoredBatch, to output: inout StandardOutput) throws {
    for gap in batch.gaps where gap.reason != .unused {
      StandardError.print("note: records \(gap.first) to \(gap.last) are missing: \(gap.reason)")
    }
    for index in 0..<batch.count {
      let time = Timestamp(nanoseconds: batch.time(at: index)).description
      let number = batch.sequence(at: index)
      let payload = batch.payload(at: index)
      try output.append { line in
        switch format {
        case .hex: line += "\(number) \(time) ".utf8
        case .jsonl: line += "{\"seq\":\(number),\"time\":\"\(time)\",\"payload\":\"".utf8
        }
        line.append(hex: payload)
        line += (format == .hex ? "\n" : "\"}\n").utf8
      }
    }
  }
}
