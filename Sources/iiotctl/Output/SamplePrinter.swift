internal import IndustrialModel
internal import Sinks

/// Prints batches of samples to standard output, or to a file.
struct SamplePrinter: ~Copyable {
  private var output: StandardOutput
  private var formatter: SampleFormatter
  private var hasHeader = false

  init(
    _ format: SampleFormat, tags: TagRegistry, to output: consuming StandardOutput = .init()
  ) {
    self.output = output
    formatter = SampleFormatter(format, tags: tags)
  }

  /// Prints the batch at once; the header line first, once.
  mutating func print(_ batch: SampleBatch) throws {
    try buffer(batch)
    try output.flush()
  }

  /// Prints the batch when enough has gathered; `finish` prints the rest.
  mutating func buffer(_ batch: SampleBatch) throws {
    if !hasHeader {
      let header = formatter.header
      try output.append { $0 += header }
      hasHeader = true
    }
    var text: [UInt8] = []
    formatter.append(batch, to: &text)
    try output.append { $0 += text }
  }

  mutating func finish() throws {
    try output.flush()
  }
}
