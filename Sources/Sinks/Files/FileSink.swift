internal import IOThreads
public import IndustrialModel

/// Appends samples to a file as text.
///
/// A batch is delivered when its lines are on the disk (fdatasync). After a crash the file ends in a whole
/// line: what an interrupted write left behind was never acknowledged and is cut off when the file is
/// opened again. A full disk costs nothing but time: the half-written batch is taken back and tried again.
public actor FileSink: Sink {
  private let thread = BlockingThread(name: "file-sink")
  private var file: AppendFile
  private var formatter: SampleFormatter
  private var text: [UInt8] = []

  /// The file's own thread: syncing a file blocks.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// Opens or creates the file and its header line.
  ///
  /// - Parameters:
  ///   - path: The file; its folder must exist.
  ///   - format: How samples are written.
  ///   - tags: The names of the samples' tags.
  /// - Throws: `SinkError` when the file can't be opened or holds something that is not lines of text.
  public init(
    path: String, format: SampleFormat, tags: TagRegistry
  ) throws(SinkError) {
    formatter = SampleFormatter(format, tags: tags)
    file = try AppendFile(path: path)
    if file.length == 0, !formatter.header.isEmpty {
      try file.append(formatter.header)
    }
  }

  /// Writes the batch and syncs the file.
  @discardableResult
  public func deliver(_ batch: SampleBatch) throws(SinkError) -> DeliveryReport {
    text.removeAll(keepingCapacity: true)
    formatter.append(batch, to: &text)
    try file.append(text)
    try file.sync()
    return DeliveryReport()
  }

  /// Closes the file.
  public func close() { file.close() }
}
