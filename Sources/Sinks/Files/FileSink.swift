internal import IOThreads
public import IndustrialModel

/// Appends samples to a file as text.
///
/// A batch is delivered when its lines are on the disk (fdatasync). After a crash the file ends in a whole
/// line: what an interrupted write left behind was never acknowledged and is cut off when the file is
/// opened again. A full disk costs nothing but time: the half-written batch is taken back and tried again.
public actor FileSink: Sink {
  private let thread = BlockingThread(name: "file-sink")
  private let path: String
  private let rotation: FileRotation
  private let now: @Sendable () -> Timestamp
  private var file: AppendFile
  /// In which span of the rotation the file was written to last.
  private var span: Int64?
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
  ///   - rotation: When the file is put aside for a new one.
  ///   - tags: The names of the samples' tags.
  /// - Throws: `SinkError` when the file can't be opened or holds something that is not lines of text.
  public init(
    path: String, format: SampleFormat, rotation: FileRotation = FileRotation(), tags: TagRegistry
  ) throws(SinkError) {
    try self.init(path: path, format: format, rotation: rotation, tags: tags, now: Timestamp.now)
  }

  /// With a clock of the caller's.
  package init(
    path: String, format: SampleFormat, rotation: FileRotation, tags: TagRegistry,
    now: @escaping @Sendable () -> Timestamp
  ) throws(SinkError) {
    self.path = path
    self.rotation = rotation
    self.now = now
    formatter = SampleFormatter(format, tags: tags)
    file = try AppendFile(path: path)
    if file.length == 0, !formatter.header.isEmpty {
      try file.append(formatter.header)
    }
    span = rotation.span(of: file.length > formatter.header.count ? file.lastChange : now())
  }

  /// Writes the batch and syncs the file.
  @discardableResult
  public func deliver(_ batch: SampleBatch) throws(SinkError) -> DeliveryReport {
    try rotateIfDue()
    text.removeAll(keepingCapacity: true)
    formatter.append(batch, to: &text)
    try file.append(text)
    try file.sync()
    return DeliveryReport()
  }

  /// Puts the file aside if it is large enough, or if the next span has begun. A clock that was set back begins none.
  private func rotateIfDue() throws(SinkError) {
    let time = now()
    let current = rotation.span(of: time)
    var isDue = rotation.size.map { file.length >= $0 } ?? false
    if let current, let span, current > span { isDue = true }
    if current ?? 0 > span ?? .min { span = current }
    guard isDue, file.canBePutAside, file.length > formatter.header.count else { return }
    let old = OldFiles(of: path)
    // The lock is the file's, so nobody can write between the two.
    try AppendFile.rename(path, to: old.nextPath(at: time))
    file.close()
    file = try AppendFile(path: path)
    if file.length == 0 { try file.append(formatter.header) }
    if let count = rotation.keep { old.deleteAll(butNewest: count) }
  }

  /// Closes the file.
  public func close() { file.close() }
}
