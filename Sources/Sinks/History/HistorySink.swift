internal import IOThreads
public import IndustrialModel

/// Keeps samples in a database of its own (SQLite), for exports, reports, and whoever asks it in SQL.
///
/// A batch is delivered when its transaction is on the disk. Each sample is there once: what comes again after a crash has the
/// same number and replaces itself. The oldest samples give way when the history is too large or they are too old. A file that others
/// moved, deleted or put aside because it was damaged is made anew with the next batch, whose report says so.
public actor HistorySink: Sink {
  private let thread = BlockingThread(name: "history-sink")
  private let options: HistoryOptions
  private let now: @Sendable () -> Timestamp
  private let database: HistoryWriter
  /// When the age was looked at last, by the monotonic clock.
  private var lastCheck: Int64?

  /// The age is looked at so often, in nanoseconds.
  private static let checkInterval: Int64 = 60_000_000_000

  /// The database's own thread: its calls block.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// Opens or creates the database.
  ///
  /// - Parameters:
  ///   - options: Where, and how much.
  ///   - tags: The names of the samples' tags.
  /// - Throws: `SinkError` when the file can't be opened or is something else, and where the package is built without
  ///   the trait `History` (code `unsupported`).
  public init(_ options: HistoryOptions, tags: TagRegistry) throws(SinkError) {
    try self.init(options, tags: tags, now: Timestamp.now)
  }

  /// With a clock of the caller's.
  package init(
    _ options: HistoryOptions, tags: TagRegistry, now: @escaping @Sendable () -> Timestamp
  ) throws(SinkError) {
    self.options = options
    self.now = now
    database = try HistoryWriter(path: options.path, tags: tags)
  }

  /// Stores the batch, and lets go of what is too much.
  @discardableResult
  public func deliver(_ batch: SampleBatch) throws(SinkError) -> DeliveryReport {
    try database.append(batch)
    let monotonic = MonotonicClock.now()
    if let age = options.maximumAge, lastCheck.map({ monotonic - $0 >= Self.checkInterval }) ?? true
    {
      lastCheck = monotonic
      let (limit, isOverflow) = now().nanoseconds.subtractingReportingOverflow(
        age.clampedNanoseconds)
      if !isOverflow { try database.remove(before: Timestamp(nanoseconds: limit)) }
    }
    if let size = options.maximumSize { try database.shrink(to: size, now: now()) }
    var report = DeliveryReport()
    if let loss = database.takeLoss() { report.losses = [loss] }
    return report
  }

  /// Closes the database.
  public func close() { database.close() }
}
