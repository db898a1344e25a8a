internal import ArgumentParser
internal import Gateway
internal import IndustrialModel
internal import Sinks
internal import StoreForward

struct Replay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the samples that a buffer on disk holds, or makes them again of a journal.",
    discussion: """
      A buffer's samples are printed in their order. Of a journal, which has what came from the wires, the samples are made again: \
      without --config by the configurations that held then, which gives what was stored; with --config what that configuration \
      would have stored.

      The folder may be in use by a running gateway: it is only looked at. What is missing or damaged, and what a journal can't \
      answer, is told on standard error.

      Examples:
        iiotctl replay data/buffer --since 2026-01-01T00:00:00Z --format influx
        iiotctl replay data/journal --config new.yaml --to new.jsonl

      Exit codes: 0 success (also when no sample is in the time range), 1 failure, 64 misuse, 130 or 143 after a signal.
      """)

  @Argument(help: "The folder of the buffer, or of the journal.")
  var folder: String

  @Option(
    help: ArgumentHelp(
      "Journal: the configuration to go by, instead of those that held then.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The destination: this file, which is made anew.", valueName: "file"))
  var to: String?

  @Option(help: ArgumentHelp("Only samples received at this time or later.", valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only samples received before this time.", valueName: "time"))
  var until: TimeArgument?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    if let to, let config, RegularFile.areSame(to, config) {
      throw Failure(
        "the samples would be written over the configuration: nothing was written", at: to,
        advice: "name another file with --to")
    }
    try await Interruption.cancels(hasEnd: true) {
      if JournalReplay.isJournal(folder) { try replayJournal() } else { try replayBuffer() }
    }
  }

  private func replayJournal() throws {
    let configuration = try config.map(Configurations.loadWithoutSecrets)
    do {
      var replay = try JournalReplay(folder: folder, configuration: configuration)
      var printer = SamplePrinter(
        output.chosen, tags: replay.tags, to: try StandardOutput(path: to))
      var told = 0
      func tell(_ findings: [String]) {
        for finding in findings[told...] { StandardError.print("note: \(finding)") }
        told = findings.count
      }
      tell(replay.findings)
      do {
        while !Task.isCancelled, let samples = try replay.next() {
          tell(replay.findings)
          try printer.buffer(wanted(samples))
        }
      } catch {
        try printer.finish()
        throw error
      }
      tell(replay.findings)
      try printer.finish()
    } catch let error as JournalError {
      throw Failure(error.message, at: error.path, advice: error.advice)
    } catch let error as ConfigurationError {
      throw ConfigurationFailure(error)
    }
  }

  private func replayBuffer() throws {
    guard config == nil else {
      throw Failure(
        "samples that were stored don't depend on a configuration any more", at: folder,
        advice: "give the journal, the folder 'journal' beside the buffer, or leave --config out")
    }
    let reader: StoreReader
    do throws(StoreError) {
      reader = try StoreReader(
        directory: folder, from: since.map { .time($0.time.nanoseconds) } ?? .oldest)
    } catch {
      throw Failure(error.message, at: folder, advice: error.advice)
    }
    // A buffer that can't be read empties no file.
    let tags = TagRegistry()
    var printer = SamplePrinter(
      output.chosen, tags: tags, to: try StandardOutput(path: to))
    do {
      while !Task.isCancelled {
        let samples: SampleBatch? = try reader.next { batch in
          for gap in batch.gaps where gap.reason != .unused {
            StandardError.print(
              "note: \(gap.count) records (\(gap.first) to \(gap.last)) are missing: \(gap.reason)")
          }
          return try self.samples(of: batch, tags: tags)
        }
        guard let samples else { break }
        try printer.buffer(samples)
      }
    } catch let error as StoreError {
      try printer.finish()
      throw Failure(error.message, at: folder, advice: error.advice)
    }
    try printer.finish()
  }

  private func samples(
    of batch: borrowing StoredBatch, tags: TagRegistry
  ) throws -> SampleBatch {
    var all = SampleBatch()
    for index in 0..<batch.count {
      do throws(SampleCodecError) {
        try SampleCodec.decode(batch.payload(at: index), tags: tags, into: &all)
      } catch {
        throw Failure(
          error.message, at: "\(folder), record \(batch.sequence(at: index))",
          advice: error.code == .newerVersion
            ? "use the iiotctl that wrote it" : "is this the buffer of a gateway?")
      }
    }
    return wanted(all)
  }

  private func wanted(_ all: SampleBatch) -> SampleBatch {
    guard since != nil || until != nil else { return all }
    return SampleBatch(
      all.filter { sample in
        sample.gatewayTime >= since?.time ?? sample.gatewayTime
          && (until.map { sample.gatewayTime < $0.time } ?? true)
      })
  }
}
