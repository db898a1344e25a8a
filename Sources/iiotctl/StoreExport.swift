internal import ArgumentParser
internal import Glibc
internal import IndustrialModel
internal import StoreForward

/// A store's records as one stream, to move a buffer between machines.
struct StoreExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a store's records to standard output as a checked stream.",
    discussion: """
      Reads only, and may be used while another process writes. Read it with iiotctl store import.

      Example:
        iiotctl store export data/wal | ssh other iiotctl store import data/wal

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The store's directory.") var directory: String
  @Option(
    help: ArgumentHelp("Only from the first record of this time or later on.", valueName: "time"))
  var since: TimeArgument?
  @Option(help: ArgumentHelp("Only from this record on.", valueName: "number"))
  var sequence: UInt64?

  func validate() throws {
    if since != nil, sequence != nil {
      throw ValidationError("--since and --sequence exclude each other")
    }
    if StandardOutput.isTerminal {
      throw ValidationError("the stream is binary; send it to a file or a program")
    }
  }

  func run() throws {
    do {
      let start: CursorStart =
        since.map { .time($0.time.nanoseconds) } ?? sequence.map { .sequence($0) } ?? .oldest
      let reader = try StoreReader(directory: directory, from: start)
      var stream = RecordStreamWriter()
      var output = StandardOutput()
      while let gaps = try reader.next({ batch in
        stream.append(batch)
        return batch.gaps
      }) {
        for gap in gaps where gap.reason != .unused {
          StandardError.print(
            "note: records \(gap.first) to \(gap.last) are missing: \(gap.reason)")
        }
        try output.append { $0 += stream.bytes }
        stream.bytes.removeAll(keepingCapacity: true)
      }
      stream.finish()
      try output.append { $0 += stream.bytes }
      try output.flush()
    } catch let error as StoreError {
      throw Failure(error)
    }
  }
}

/// The other end of `StoreExport`.
struct StoreImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Appends an exported stream to a store.",
    discussion: """
      Reads standard input. The records get new numbers; their times and label counts stay. The store is
      created if there is none, with --capacity, which it keeps. Nothing is given up for the new records: it
      ends when the store is full.

      Example:
        iiotctl store export old/wal | iiotctl store import data/wal

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The store's directory.") var directory: String
  @Option(help: ArgumentHelp("How large a new store may get, such as 64MiB.", valueName: "size"))
  var capacity = SizeArgument(mebibytes: 1024)

  func run() throws {
    do {
      let store = try BlockingRingStore(
        directory: directory,
        options: StoreOptions(capacity: .bytes(capacity.bytes), overflow: .rejectNewest))
      var stream = RecordStreamReader()
      var imported: UInt64 = 0
      var batch = RecordBatch()
      // Small enough that a piece fits into the smallest ring.
      let piece = min(1 << 18, max(4096, store.metrics.segmentSize / 8))
      var buffer = [UInt8](repeating: 0, count: piece)
      var failure: StoreError?
      while failure == nil {
        let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        if count < 0 {
          throw Failure(
            "reading failed after record \(stream.count): \(String(cString: strerror(errno)))",
            at: "standard input", advice: "what came before is stored")
        }
        if count == 0 { break }
        do throws(StoreError) {
          try stream.read(buffer[..<count], into: &batch)
        } catch {
          failure = error
        }
        do throws(StoreError) {
          try store.append(batch)
        } catch {
          let size = store.metrics.segmentLimit * store.metrics.segmentSize
          try? store.close()
          StandardError.print("\(imported) records imported")
          guard error.code == .full else { throw error }
          throw Failure(
            "the store is full: the records that follow have no room", at: directory,
            advice: "what came before is stored; to have all, import the whole stream into a new "
              + "directory, with a --capacity above the \(size) bytes of this one")
        }
        imported += UInt64(batch.count)
        batch.removeAll()
      }
      try store.close()
      StandardError.print("\(imported) records imported")
      if let failure { throw failure }
      if !stream.isFinished {
        throw Failure(
          "the stream is cut off after record \(stream.count)", at: "standard input",
          advice: "what came before is stored; export the rest with --sequence")
      }
    } catch let error as StoreError {
      throw Failure(error)
    }
  }
}
