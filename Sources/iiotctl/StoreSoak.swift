internal import ArgumentParser
internal import Glibc
internal import Sinks
internal import StoreForward

/// Both ends of a crash test that somebody else drives: kills, torn writes, bit flips, power cuts.
struct StoreSoak: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak", abstract: "For crash tests: writes for ever, or dumps what is there.",
    discussion: """
      write DIR  opens the store (creating it if need be: 16 MiB ring of 64 KiB segments, drop
                 oldest, durable every commit), prints "start N", N being the next sequence number,
                 then appends for ever in groups of random size 1 to 64, each record's payload being
                 payload(its own sequence number), and prints "ack N" when all records up to N are
                 durable.
      dump DIR   opens normally (recovery runs) and prints one line a readable record in order,
                 "N HEX" (the payload in hex), a line "gap FIRST LAST REASON" (evicted, damaged,
                 unused) for each range of numbers that is not there, then "end". Exit 0.

      payload(N) is 128 bytes: N as 8 bytes little-endian, then 15 words of 8 bytes little-endian
      from xorshift64: x = N * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D (mod 2^64); each word:
      x ^= x << 13; x ^= x >> 7; x ^= x << 17; emit x.

      Example:
        iiotctl store soak write scratch/wal
      """,
    subcommands: [Write.self, Dump.self])

  static let options = StoreOptions(
    capacity: .mebibytes(16), segmentSize: 64 << 10, sync: .everyCommit, overflow: .dropOldest)

  /// payload(N) of the discussion above.
  static func payload(_ number: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(128)
    var word = number
    var x = number &* 0x9E37_79B9_7F4A_7C15 &+ 0x2545_F491_4F6C_DD1D
    for _ in 0..<16 {
      withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
      x ^= x << 13
      x ^= x >> 7
      x ^= x << 17
      word = x
    }
    return bytes
  }

  struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Appends for ever and prints what is durable.",
      discussion: """
        Example:
          iiotctl store soak write scratch/wal

        Exit codes: 1 failure, 64 misuse; it ends by a signal only.
        """)

    @Argument(help: "The store's directory.") var directory: String
    @Option(
      help: ArgumentHelp(
        "Syncs only so often, such as 100ms, instead of every commit.", valueName: "duration"))
    var interval: DurationArgument?

    func run() throws {
      do {
        var options = StoreSoak.options
        if let interval { options.sync = .interval(interval.duration) }
        let store = try BlockingRingStore(directory: directory, options: options)
        var output = StandardOutput()
        var acknowledged: UInt64 = 0
        var next = store.nextSequence
        try output.append { $0 += "start \(next)\n".utf8 }
        try output.flush()
        var batch = RecordBatch()
        while true {
          batch.removeAll()
          next = store.nextSequence
          for _ in 0..<UInt64.random(in: 1...64) {
            try batch.append(StoreSoak.payload(next), time: 0)
            next += 1
          }
          guard let receipt = try append(batch, to: store) else { continue }
          guard receipt.lastSequence == next - 1 else {
            throw Failure(
              "the store numbered the records \(receipt.firstSequence) to "
                + "\(receipt.lastSequence), expected was an end at \(next - 1)", at: directory,
              advice: "only one writer may use the directory")
          }
          let durable =
            receipt.isDurable ? receipt.lastSequence : store.metrics.durableSequence
          if durable > acknowledged {
            acknowledged = durable
            try output.append { $0 += "ack \(durable)\n".utf8 }
            try output.flush()
          }
        }
      } catch let error as StoreError {
        throw Failure(error)
      }
    }

    /// For ever means beyond a full disk: nil after a failure that may pass.
    private func append(
      _ batch: borrowing RecordBatch, to store: BlockingRingStore
    ) throws(StoreError) -> Receipt? {
      do {
        return try store.append(batch)
      } catch  where error.isRetriable {
        StandardError.print("note: \(error.message); trying again")
        usleep(20_000)
        return nil
      }
    }
  }

  struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Recovers the store and prints every record and every gap.",
      discussion: """
        Example:
          iiotctl store soak dump scratch/wal

        Exit codes: 0 success, 1 failure, 64 misuse.
        """)

    @Argument(help: "The store's directory.") var directory: String

    func run() throws {
      do {
        let store = try BlockingRingStore(directory: directory, options: StoreSoak.options)
        var output = StandardOutput()
        let reader = try store.reader(from: .sequence(1))
        var gap: Gap?
        while try reader.next({ batch in
          try StoreSoak.print(batch, after: &gap, to: &output)
        }) != nil {}
        if let gap { try output.append { $0 += "gap \(gap)\n".utf8 } }
        try output.append { $0 += "end\n".utf8 }
        try output.flush()
        try store.close()
      } catch let error as StoreError {
        throw Failure(error)
      }
    }
  }

  /// Records and gaps in the order of their numbers. A gap is kept back until it can't grow any more, so
  /// that a range is one line, however it came.
  static func print(
    _ batch: borrowing StoredBatch, after open: inout Gap?, to output: inout StandardOutput
  ) throws {
    var gaps = batch.gaps[...]
    func printGaps(before number: UInt64) throws {
      while let gap = gaps.first, gap.first < number {
        gaps = gaps.dropFirst()
        if let last = open, last.reason == gap.reason, last.last + 1 == gap.first {
          open?.last = gap.last
          continue
        }
        if let last = open { try output.append { $0 += "gap \(last)\n".utf8 } }
        open = gap
      }
    }
    for index in 0..<batch.count {
      let number = batch.sequence(at: index)
      try printGaps(before: number)
      if let last = open {
        try output.append { $0 += "gap \(last)\n".utf8 }
        open = nil
      }
      let payload = batch.payload(at: index)
      try output.append { line in
        line += "\(number) ".utf8
        line.append(hex: payload)
        line.append(0x0A)
      }
    }
    try printGaps(before: .max)
  }
}
