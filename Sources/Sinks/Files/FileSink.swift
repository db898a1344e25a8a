internal import Glibc
internal import IOThreads
public import IndustrialModel

/// Appends samples to a file as text.
///
/// A batch is delivered when its lines are on the disk (fdatasync). After a crash the file ends in a whole
/// line: what an interrupted write left behind was never acknowledged and is cut off when the file is
/// opened again. A full disk costs nothing but time: the half-written batch is taken back and tried again. A file that can't be opened
/// after it was put aside is tried again with the next batch. One that others moved or deleted is made anew with the next batch.
public actor FileSink: Sink {
  private let thread = BlockingThread(name: "file-sink")
  private let path: String
  private let rotation: FileRotation
  private let now: @Sendable () -> Timestamp
  private let calls: FileCalls
  /// Nil after the file was put aside, or was lost, until a new one is open.
  private var file: AppendFile?
  private var isClosed = false
  /// In which span of the rotation the file was written to last.
  private var span: Int64?
  private var formatter: SampleFormatter
  private var text: [UInt8] = []

  /// The file's own thread: syncing a file blocks.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// Opens or creates the file. Its header line comes with the first samples.
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
    try self.init(
      path: path, format: format, rotation: rotation, tags: tags, now: now, calls: FileCalls())
  }

  /// With a clock and calls of the caller's.
  init(
    path: String, format: SampleFormat, rotation: FileRotation, tags: TagRegistry,
    now: @escaping @Sendable () -> Timestamp, calls: FileCalls
  ) throws(SinkError) {
    let formatter = SampleFormatter(format, tags: tags)
    let file = try AppendFile(path: path, lines: formatter.lines, calls: calls)
    self.path = path
    self.rotation = rotation
    self.now = now
    self.calls = calls
    span = rotation.span(of: file.length > formatter.header.count ? file.lastChange : now())
    self.formatter = formatter
    self.file = consume file
  }

  /// Writes the batch and syncs the file.
  @discardableResult
  public func deliver(_ batch: SampleBatch) throws(SinkError) -> DeliveryReport {
    guard !isClosed else { throw SinkError(errno: EBADF, doing: "write", to: path) }
    if file?.isLost == true { file = nil }
    try rotateIfDue()
    if file == nil { try open() }
    text.removeAll(keepingCapacity: true)
    // With the first lines and not before them: what fails is taken back together, and comes again together.
    if file?.length == 0 { text += formatter.header }
    formatter.append(batch, to: &text)
    try file?.append(text)
    try file?.sync()
    return DeliveryReport()
  }

  /// Opens or makes the file after the one before was put aside or lost.
  private func open() throws(SinkError) {
    let opened = try AppendFile(path: path, lines: formatter.lines, calls: calls)
    span = rotation.span(of: opened.length > formatter.header.count ? opened.lastChange : now())
    file = consume opened
  }

  /// Puts the file aside if it is large enough, or if the next span has begun. A clock that was set back begins none.
  private func rotateIfDue() throws(SinkError) {
    guard let length = file?.length else { return }
    let time = now()
    let current = rotation.span(of: time)
    var isDue = rotation.size.map { length >= $0 } ?? false
    if let current, let span, current > span { isDue = true }
    guard isDue, file?.isRegular == true, length > formatter.header.count else {
      return go(to: current)
    }
    let old = OldFiles(of: path)
    // The lock is the file's, so nobody can write between the two.
    try AppendFile.rename(path, to: old.nextPath(at: time))
    // Closes it: whatever becomes of the new one, this one is not written to any more.
    file = nil
    go(to: current)
    if let count = rotation.keep { old.deleteAll(butNewest: count) }
  }

  /// A span is only begun when the file of the one before is put aside, or needs not be: else it is tried again.
  private func go(to current: Int64?) {
    if current ?? 0 > span ?? .min { span = current }
  }

  /// Closes the file.
  public func close() {
    isClosed = true
    file = nil
  }
}
