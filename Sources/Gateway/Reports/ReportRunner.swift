#if History
  internal import IOThreads
  public import IndustrialModel
  public import Sinks

  /// Writes the files of one report from a history.
  public actor ReportRunner {
    private let thread = BlockingThread(name: "reports")
    private let rule: ReportRule
    private var units: TagUnits
    private let calendar: ReportCalendar
    private let folder: ReportFolder
    private let historyPath: String
    private let statePath: String?
    private var reader: HistoryReader?
    /// How far it was written; nil before the first start.
    private var place: ReportPlace?
    /// The hour in which old files were looked at last.
    private var tidied: Int64?
    /// A clock that is so many seconds behind the last report is far behind: less is written again at once.
    private static let farBehind: Int64 = 86_400
    /// 2020-01-01T00:00:00Z.
    private static let earliest: Int64 = 1_577_836_800

    /// The report's own thread: reading a history blocks.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
      thread.asUnownedSerialExecutor()
    }

    /// A report of a configuration.
    ///
    /// - Throws: `SinkError` when its history is not a sink of the configuration.
    public init(_ rule: ReportRule, of configuration: GatewayConfiguration) throws(SinkError) {
      try self.init(rule, of: configuration, remembers: false)
    }

    init(
      _ rule: ReportRule, of configuration: GatewayConfiguration, remembers: Bool
    ) throws(SinkError) {
      self.rule = rule
      units = configuration.units
      guard let options = configuration.history(rule.history) else {
        throw SinkError(
          code: .notFound, destination: rule.history, message: "there is no history of this name",
          advice: "add a sink of type history")
      }
      historyPath = options.path
      calendar = ReportCalendar(
        zone: TimeZoneRules(named: configuration.timeZone) ?? .utc, minutes: rule.minutes)
      folder = ReportFolder(rule: rule, calendar: calendar)
      statePath = remembers ? "\(configuration.dataFolder)/report-\(rule.name).next" : nil
      place = statePath.flatMap { readFile($0) }.flatMap { ReportPlace($0) }
    }

    /// Goes on with the units of another configuration.
    func use(_ units: TagUnits) { self.units = units }

    /// Writes the reports of all spans that end after `start` and have ended at `end`.
    ///
    /// - Returns: The files, with their folder.
    public func write(from start: Timestamp, to end: Timestamp) throws(SinkError) -> [String] {
      let reader = try open()
      let tags = try reader.tags(HistoryQuery(tags: rule.tags))
      var files: [String] = []
      var time = calendar.span(containing: start.seconds).start
      let limit = end.seconds
      while !Task.isCancelled,
        let first = try reader.firstTime(of: tags, atOrAfter: Timestamp(seconds: time))
      {
        let span = calendar.span(containing: max(time, first.seconds))
        guard span.end <= limit else { break }
        if let file = try write(span, tags, reader) { files.append(file) }
        time = span.end
      }
      return files
    }

    /// Writes the report of the last span that had ended at `end`.
    ///
    /// - Returns: The files, with their folder.
    public func writeLast(before end: Timestamp) throws(SinkError) -> [String] {
      let current = calendar.span(containing: end.seconds)
      let last = calendar.span(containing: current.start - 1)
      return try write(from: Timestamp(seconds: last.start), to: Timestamp(seconds: last.end))
    }

    /// Writes what is due, up to what was missed while the gateway was away, and looks after old files.
    ///
    /// - Parameters:
    ///   - now: The time by the clock.
    ///   - monotonic: The time by the clock that is never set.
    ///   - isWhole: Whether the history has all samples before a time.
    /// - Returns: Why nothing is written until further notice, for the operator; nil where all is well.
    @discardableResult
    func writeDue(
      now: Timestamp, at monotonic: Int64 = MonotonicClock.now(),
      isWhole: @Sendable (Timestamp) async -> Bool
    ) async throws -> String? {
      let seconds = now.seconds
      if let reason = try follow(seconds, at: monotonic) { return reason }
      guard let next = place?.next else { return nil }
      let settled = seconds - rule.wait.components.seconds
      if calendar.span(containing: next).end <= settled {
        let end = calendar.span(containing: settled).start
        if await isWhole(Timestamp(seconds: end)) {
          _ = try write(from: Timestamp(seconds: next), to: Timestamp(seconds: end))
          if !Task.isCancelled { try remember(ReportPlace(next: end)) }
        }
      }
      if tidied != seconds / 3600 {
        try folder.tidy(now: seconds)
        tidied = seconds / 3600
      }
      return nil
    }

    /// Goes back to what the clock shows where that is before the last report: at once, or when it may be believed.
    ///
    /// - Returns: That it is not believed yet, for the operator; nil otherwise.
    private func follow(_ seconds: Int64, at monotonic: Int64) throws(SinkError) -> String? {
      let current = calendar.span(containing: seconds)
      guard let place else {
        // The first start. What comes before such a clock is set gets no report.
        if seconds >= Self.earliest { try remember(ReportPlace(next: current.start)) }
        return nil
      }
      guard place.next > current.end else {
        if place.wait != nil { try remember(ReportPlace(next: place.next)) }
        return nil
      }
      guard place.next - current.end > Self.farBehind else {
        // The clock was ahead when the last report was written.
        try remember(ReportPlace(next: current.start))
        return nil
      }
      let wait =
        place.wait?.continued(seconds, at: monotonic)
        ?? ClockWait(start: current.start, seconds, at: monotonic)
      if wait.isOver {
        try remember(ReportPlace(next: wait.start))
        return nil
      }
      let waiting = ReportPlace(next: place.next, wait: wait)
      if wait.isToBeSaved { try remember(waiting) } else { self.place = waiting }
      let (clock, last) = (Timestamp(seconds: seconds), Timestamp(seconds: place.next))
      return
        "the clock is behind the last report: it shows \(clock), and reports are written up to "
        + "\(last); they go on in \(wait.minutesLeft) minutes, or when the clock is set right"
    }

    private func write(
      _ span: ReportCalendar.Span, _ tags: [HistoryReader.Tag], _ reader: HistoryReader
    ) throws(SinkError) -> String? {
      var table = ReportTable(rule, calendar, span)
      for tag in tags {
        let statistics = try reader.statistics(
          of: tag, from: Timestamp(seconds: span.start), to: Timestamp(seconds: span.end))
        table.add(
          number: tag.number, name: tag.name, unit: units[tag.name] ?? "", statistics)
      }
      guard !table.isEmpty else { return nil }
      let name = folder.name(of: span)
      try folder.write(table.contents, to: name)
      return "\(rule.folder)/\(name)"
    }

    private func open() throws(SinkError) -> HistoryReader {
      if let reader { return reader }
      let opened = try HistoryReader(path: historyPath)
      reader = opened
      return opened
    }

    private func remember(_ place: ReportPlace) throws(SinkError) {
      self.place = place
      guard let statePath else { return }
      do throws(SystemFailure) {
        try replaceFile(statePath, with: Array(place.text.utf8))
      } catch {
        throw SinkError(
          code: .failed, destination: statePath, message: "can't remember what was reported",
          advice: "check the disk, and the permissions of the folder")
      }
      self.place?.wait?.setSaved()
    }
  }

  extension Timestamp {
    /// A moment in whole seconds since 1970, as far as nanoseconds reach.
    init(seconds: Int64) {
      let (nanoseconds, isOverflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      self.init(nanoseconds: isOverflow ? (seconds < 0 ? .min : .max) : nanoseconds)
    }

    /// Rounded down.
    var seconds: Int64 {
      (nanoseconds >= 0 ? nanoseconds : nanoseconds &- 999_999_999) / 1_000_000_000
    }
  }
#endif
