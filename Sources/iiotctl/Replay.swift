internal import ArgumentParser
internal import IndustrialModel
internal import Sinks
internal import StoreForward

struct Replay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the samples that a buffer on disk holds, in their order.",
    discussion: """
      The buffer may be in use by a running gateway: it is only looked at. Records that were evicted or are \
      damaged are told on standard error.

      Example:
        iiotctl replay data/buffer --since 2026-01-01T00:00:00Z --format influx

      Exit codes: 0 success (also when no sample is in the time range), 1 failure, 64 misuse.
      """)

  @Argument(help: "The folder of the buffer.")
  var buffer: String

  @Option(help: ArgumentHelp("Only samples received at this time or later.", valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only samples received before this time.", valueName: "time"))
  var until: TimeArgument?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await Interruption.cancels { try replay() }
  }

  private func replay() throws {
    let tags = TagRegistry()
    var printer = SamplePrinter(output.chosen, tags: tags)
    let reader: StoreReader
    do throws(StoreError) {
      reader = try StoreReader(
        directory: buffer, from: since.map { .time($0.time.nanoseconds) } ?? .oldest)
    } catch {
      throw Failure(error.message, at: buffer, advice: error.advice)
    }
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
      throw Failure(error.message, at: buffer, advice: error.advice)
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
          error.message, at: "\(buffer), record \(batch.sequence(at: index))",
          advice: error.code == .newerVersion
            ? "use the iiotctl that wrote it" : "is this the buffer of a gateway?")
      }
    }
    guard since != nil || until != nil else { return all }
    return SampleBatch(
      all.filter { sample in
        sample.gatewayTime >= since?.time ?? sample.gatewayTime
          && (until.map { sample.gatewayTime < $0.time } ?? true)
      })
  }
}
