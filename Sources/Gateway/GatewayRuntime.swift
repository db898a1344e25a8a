internal import Formula
internal import IOThreads
public import IndustrialModel
internal import Sinks
internal import StoreForward
internal import Synchronization

/// A gateway at work: reads its devices, computes derived tags, stores everything durably and forwards it.
///
/// ```swift
/// let gateway = try await GatewayRuntime(GatewayConfiguration(contentsOf: "gateway.yaml"))
/// try await gateway.run()                     // until the task is cancelled or all sources have ended
/// ```
public final class GatewayRuntime: Sendable {
  /// The names of all tags.
  public let tags = TagRegistry()
  let buffer: GatewayBuffer
  let board: StatusBoard
  let acquisition: Acquisition
  let forwarding = Forwarding()
  let observers = Observers()
  let intake: Intake
  let events: EventBoard
  let report: @Sendable (GatewayEvent) -> Void
  let state: Mutex<State>
  let memory: FormulaMemory
  let books: LedgerBooks
  let keeper: LedgerKeeper
  let audit: GatewayAudit
  let journal: Journal?
  let started = ContinuousClock.now
  private let mark: ProcessMark
  private let nextSequence: UInt64
  private let drivers: [(bus: String, driver: any Driver)]
  private let stages: StageChange
  private let runners: [SinkRunner]

  struct State {
    var configuration: GatewayConfiguration
    var history: ConfigurationHistory
    /// The tags of each bus that is read, as its driver was made with them: the files that name them may say something else by now.
    var tagNames: [String: Set<String>]
    /// The tags that no topic may make, as the drivers that are concerned were told.
    var reserved: Set<String>
    var isRunning = false
    var isReloading = false
    /// Where the configuration stands.
    var file: ConfigurationFile?
    /// Since when the present configuration holds.
    var configured = Timestamp.now()
  }

  /// So many samples may wait for the disk before drivers have to.
  private static let intakeLimit = 65_536

  /// Opens everything that the configuration names: databases, the buffer, the sinks. Reads nothing yet.
  ///
  /// - Parameters:
  ///   - configuration: What to do.
  ///   - events: Told what an operator should know; called from several threads.
  /// - Throws: `ConfigurationError`, `StoreError` or `SinkError` for what can't work.
  public init(
    _ configuration: GatewayConfiguration,
    events: @escaping @Sendable (GatewayEvent) -> Void = { _ in }
  ) async throws {
    let eventBoard = EventBoard(events)
    self.events = eventBoard
    let events: @Sendable (GatewayEvent) -> Void = { eventBoard.report($0) }
    report = events
    try configuration.checkBuffer()
    try StateVersions.check(configuration)
    intake = Intake(limit: Self.intakeLimit)
    journal = configuration.journal.map {
      Journal($0, dataFolder: configuration.dataFolder, report: events)
    }
    acquisition = Acquisition(
      DriverContext(intake: intake, report: events, isJournaling: journal != nil))
    let reserved = configuration.reservedTags
    drivers = try configuration.makeDrivers(tags: tags, reserved: reserved)
    let tagNames = configuration.byBus(tags.names)
    let formulas = try configuration.checkedFormulas(ofOwn: Set(tags.names))
    board = StatusBoard()
    memory = FormulaMemory(dataFolder: configuration.dataFolder, report: events)
    stages = StageChange(
      formulas, rules: configuration.processing, names: tags.names, forms: configuration.tagForms,
      memory: memory, board: board)

    let folders = GatewayBuffer.folders(in: configuration.dataFolder)
    let next = try LastSequence.next(in: folders)
    buffer = try await GatewayBuffer(
      dataFolder: configuration.dataFolder, size: configuration.buffer, report: events)
    // Before the oldest may be given up.
    nextSequence = max(next, try LastSequence.highest(in: folders) + 1)
    books = try await LedgerBooks.open(
      dataFolder: configuration.dataFolder, buffer: buffer, tags: tags, report: events)
    keeper = LedgerKeeper(books, report: events)
    try await buffer.begin(books)
    await memory.load()
    mark = ProcessMark(dataFolder: configuration.dataFolder)
    var history = ConfigurationHistory(dataFolder: configuration.dataFolder)
    history.enter(configuration.text, report: events)
    state = Mutex(
      State(
        configuration: configuration, history: history, tagNames: tagNames, reserved: reserved))
    audit = await GatewayAudit(configuration, report: events)
    var runners: [SinkRunner] = []
    for destination in configuration.sinks {
      runners.append(
        try await Self.makeRunner(
          destination, of: configuration, buffer: buffer, books: books, keeper: keeper, tags: tags,
          board: board, report: events))
    }
    self.runners = runners
    books.settleSinks()
    try await forgetPlaces(of: configuration)
  }

  /// Where sources wait for the sinks, a sink that is gone must not be waited for.
  func forgetPlaces(of configuration: GatewayConfiguration) async throws(StoreError) {
    for name in try await buffer.keepPlaces(onlyOf: configuration.sinks.map(\.name)) {
      report(
        GatewayEvent(
          .warning, source: "buffer",
          "sink \(name) is gone: its place is given up (buffer.when_full is wait)"))
    }
  }

  static func makeRunner(
    _ sink: GatewayConfiguration.Destination, of configuration: GatewayConfiguration,
    buffer: GatewayBuffer, books: LedgerBooks, keeper: LedgerKeeper, tags: TagRegistry,
    board: StatusBoard, report: @escaping @Sendable (GatewayEvent) -> Void
  ) async throws -> SinkRunner {
    let opened = try configuration.openSink(
      sink, buffer: buffer.identity, tags: tags)
    let places = try await SinkPlaces(sink.name, in: buffer, books: books, keeper: keeper)
    return SinkRunner(
      index: board.addSink(sink.name), name: sink.name, sink: opened,
      deadLetters: DeadLetterFile(
        path: "\(configuration.dataFolder)/dead-\(sink.name).jsonl", sink: sink.name, tags: tags),
      places: places, isLiveFirst: sink.backlog == .liveFirst,
      inFlight: configuration.inFlightBatch(of: sink, buffer: buffer.identity),
      tags: tags, board: board, report: report)
  }

  /// What it was made from, or reloaded with last.
  public var configuration: GatewayConfiguration { state.withLock { $0.configuration } }

  /// The number and the digest of that.
  public var configurationVersion: ConfigurationVersion { history.current }

  var history: ConfigurationHistory { state.withLock { $0.history } }

  /// The counts up to now.
  public var status: GatewayStatus { board.status }

  /// What is wrong at the moment, the oldest first: the events that told the beginning of what has not ended.
  public var conditions: [GatewayEvent] { events.conditions }

  /// How many events there were since the start.
  public var eventCounts: [GatewayEvent.Level: UInt64] { events.counts }

  /// Whether it reads its devices: between the beginning and the end of `run`.
  public var isRunning: Bool { state.withLock { $0.isRunning } }

  /// Grows at least every ten seconds while samples can pass through, or wait for a full disk or a full buffer: for watchdogs.
  public var heartbeat: UInt64 { board.heartbeat }

  /// The latest sample of each tag that has one.
  public var latest: [Sample] { board.latest }

  /// How many samples of which device gave way in a full buffer before a sink had them, since the sink has its place in the
  /// buffer: also before this start.
  public func evictedSamples(of sink: String) -> [String: UInt64] {
    books.evictedSamples(of: sink)
  }

  /// Works until the task is cancelled or all sources have ended. What was acquired is then stored, and the sinks
  /// get `grace` to take what is left; what they don't take waits in the buffer for the next run.
  ///
  /// A reload that is under way comes to its end first; the sources stop at once all the same.
  ///
  /// When it is cancelled and the buffer has no room (`Buffer.WhenFull.wait`) or its disk fails, what was acquired waits for
  /// `grace`, too. What then finds no room is counted as shed and told; brokers keep their messages for the next run.
  ///
  /// Meanwhile `ControlClient`, and with it `iiotctl gateway status` and `reload`, find it by a socket in the data folder.
  ///
  /// To be called once.
  ///
  /// - Parameters:
  ///   - grace: See above.
  ///   - file: Where the configuration stands, for those who want it to be read again (`reloadFile()`).
  ///   - isWatched: Whether the file is read again by itself when it has changed.
  public func run(
    grace: Duration = .seconds(5), file: String? = nil, isWatched: Bool = false
  ) async throws {
    state.withLock { $0.file = file.map(ConfigurationFile.init(path:)) }
    try await withTaskCancellationHandler {
      try await work(grace: grace, watching: isWatched ? file : nil)
    } onCancel: {
      Task {
        try? await Task.sleep(for: grace)
        buffer.end()
      }
    }
  }

  private func work(grace: Duration, watching file: String?) async throws {
    let control = openControl()
    warnOfSchedules(of: configuration)
    // Tasks of their own, because cancelling the gateway ends the reading, not the storing.
    await audit.started(history)
    let version = configurationVersion.number
    let text = configuration.text?.yaml
    let journaling = Task { if let journal { await journal.run() } }
    let writer = Task {
      var first = stages.makeStages(tags: tags)
      first.restore()
      journal?.note(
        .start(
          JournalState(
            configuration: JournaledConfiguration(version: version, text: text),
            nextSequence: nextSequence, memory: memory.bytes)), before: nextSequence)
      var lane = Lane(
        intake: intake, buffer: buffer, tags: tags, board: board, stages: first,
        books: books, keeper: keeper, nextSequence: nextSequence, configurationVersion: version,
        journal: journal, report: report)
      await lane.run()
    }
    for runner in runners { await forwarding.start(runner) }
    for (bus, driver) in drivers { await acquisition.start(bus, driver) }
    state.withLock { $0.isRunning = true }
    // Not before: a change that comes while it does not run is refused.
    let watching = Task { await watch(file) }
    let saving = Task { await keeper.run() }
    let reports = Task { await writeReports() }
    let ticks = Task { await tick() }
    await acquisition.waitForEnd()
    watching.cancel()
    await watching.value
    state.withLock { $0.isRunning = false }
    reports.cancel()
    await reports.value
    ticks.cancel()
    await ticks.value
    intake.finish()
    await writer.value
    if let journal {
      journal.finish()
      await journal.waitForEnd(of: journaling)
    }
    await memory.write()
    let observing = Task { await observers.finish(buffer, grace: grace) }
    await forwarding.finish(grace: grace)
    await observing.value
    await control?.close()
    saving.cancel()
    await saving.value
    try? await keeper.save()
    await audit.stopped(history)
    events.summarize(all: true)
    try await buffer.close()
  }
}

extension GatewayRuntime {
  /// Has the lane keep what formulas remember also when nothing comes, and shows what gives way while sinks take nothing.
  private func tick() async {
    var rounds = Rounds(every: FormulaKeeper.interval)
    while await rounds.next() {
      intake.tick()
      events.summarize()
      await forwarding.showPlaces()
      try? await buffer.even()
    }
  }

  /// A gateway works without it: whoever can't make it is told.
  private func openControl() -> ControlServer? {
    do throws(ControlSocket.Failure) {
      return try ControlServer(dataFolder: configuration.dataFolder) { [weak self] request in
        guard let self else { return .refused(.init("the gateway ends", "start it again")) }
        return await ControlRequests.answer(request, of: self)
      }
    } catch {
      report(
        GatewayEvent(
          .warning, source: "control socket",
          "status and reload can't be asked for: \(error.message) "
            + "[\(ControlSocket.path(in: configuration.dataFolder))]"))
      return nil
    }
  }

  private func watch(_ file: String?) async {
    guard let file else { return }
    do throws(SystemFailure) {
      // What changed since the configuration was read counts. What it did, or why not, is told as an event.
      try await FileWatch(file).forEach(since: configuration.text.map { Array($0.yaml.utf8) }) {
        _ = try? await reloadFile(by: "file watch")
      }
    } catch {
      report(
        GatewayEvent(
          .error, source: "configuration",
          "can't be watched (\(error.call): \(error.explanation)); reload it by hand"))
    }
  }

  /// Without the package trait there is no history, and no sink that would have let the gateway start.
  private func writeReports() async {
    #if History
      var schedule = ReportSchedule(self)
      await schedule.run()
    #endif
  }
}

extension GatewayConfiguration {
  /// Names of tags, by the buses that their devices are on.
  func byBus(_ names: [String]) -> [String: Set<String>] {
    let buses = Dictionary(devices.map { ($0.name, $0.bus) }) { $1 }
    var found: [String: Set<String>] = [:]
    for name in names {
      guard let bus = buses[String(name.prefix { $0 != "/" })] else { continue }
      found[bus, default: []].insert(name)
    }
    return found
  }

  /// The same as `checkedFormulas(known:)`, where the tags are those that the devices have, and no others.
  func checkedFormulas(
    ofOwn known: Set<String>
  ) throws(ConfigurationError) -> [FormulaSet.Member] {
    let problems = formulaNameProblems(known: known).map { problem in
      ConfigurationError.Problem(
        path: "formulas.\(problem.tag)", message: problem.message, advice: problem.advice)
    }
    guard problems.isEmpty else { throw ConfigurationError(file: nil, problems: problems) }
    return try checkedFormulas(known: known)
  }

  /// The derived tags, compiled; their mistakes as an error.
  ///
  /// - Parameter isPast: Whether they ran already: such as read no tag are taken then, as they were.
  func checkedFormulas(
    known: Set<String>, isPast: Bool = false
  ) throws(ConfigurationError) -> [FormulaSet.Member] {
    var problems: [ConfigurationError.Problem] = []
    let formulas = compiledFormulas(known: known, isPast: isPast) { tag, message, advice in
      problems.append(.init(path: "formulas.\(tag).expression", message: message, advice: advice))
    }
    guard let formulas else { throw ConfigurationError(file: nil, problems: problems) }
    return formulas
  }
}
