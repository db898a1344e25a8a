internal import ArgumentParser
internal import IndustrialModel
internal import StoreForward

/// What a store holds, at a glance.
struct StoreInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Prints size, segments, time range, cursors and backlog of a store.",
    discussion: """
      Reads only, and may be used while another process writes.

      Example:
        iiotctl store inspect data/wal

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The store's directory.") var directory: String

  func run() throws {
    do {
      let reader = try StoreReader(directory: directory)
      let segments = try reader.segments()
      let times = segments.compactMap(\.oldest).min().map {
        ($0, segments.compactMap(\.newest).max())
      }
      var lines = [
        "store      \(reader.identity)",
        "size       \(reader.segmentFiles * reader.segmentSize) of "
          + "\(reader.segmentLimit * reader.segmentSize) bytes",
        "segments   \(segments.count) of \(reader.segmentLimit), \(reader.segmentSize) bytes each",
        "records    \(segments.reduce(0) { $0 + $1.records })",
        "sequence   \(reader.oldestSequence) to \(reader.lastSequence)",
      ]
      if reader.evictedThrough > 0 {
        lines.append("gap        1 to \(reader.evictedThrough), evicted")
      }
      if reader.oldestSequence > reader.evictedThrough + 1 {
        lines.append(
          "gap        \(reader.evictedThrough + 1) to \(reader.oldestSequence - 1); see verify")
      }
      for segment in segments where segment.lastSequence >= segment.firstSequence {
        let numbers = segment.lastSequence - segment.firstSequence &+ 1
        if numbers > segment.records {
          let missing = numbers - segment.records
          lines.append("gap        \(missing) in \(segment.file); see verify")
        }
      }
      if let (oldest, newest) = times {
        lines.append("time       \(text(oldest)) to \(text(newest ?? oldest))")
      }
      for cursor in reader.cursors {
        lines.append(
          "cursor     \(cursor.name): acknowledged \(cursor.acknowledged), backlog "
            + "\(cursor.backlog), evicted \(cursor.evicted), damaged \(cursor.damaged)")
      }
      for segment in segments {
        lines.append(
          "\(segment.file)   generation \(segment.generation), \(segment.firstSequence) to "
            + "\(segment.lastSequence), \(segment.records) records, \(segment.usedBytes) bytes")
      }
      var output = StandardOutput()
      for line in lines { try output.append { $0 += "\(line)\n".utf8 } }
      try output.flush()
    } catch let error as StoreError {
      throw Failure(error)
    }
  }

  private func text(_ time: Int64) -> String { Timestamp(nanoseconds: time).description }
}
