internal import Formula
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
  let report: @Sendable (GatewayEvent) -> Void
  let state: Mutex<State>
  let memory: FormulaMemory
  private let mark: ProcessMark
  private let nextSequence: UInt64
  private let drivers: [(bus: String, driver: any Driver)]
  private let stages: StageChange
  private let runners: [SinkRunner]

  struct State {
    var configuration: GatewayConfiguration
    var isRunning = false
    var isReloading = false
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
    state = Mutex(State(configuration: configuration))
    report = events
    intake = Intake(limit: Self.intakeLimit)
    acquisition = Acquisition(DriverContext(intake: intake, report: events))
    drivers = try configuration.makeDrivers(tags: tags)
    let formulas = try configuration.checkedFormulas(known: Set(tags.names))
    board = StatusBoard()
    memory = FormulaMemory(dataFolder: configuration.dataFolder, report: events)
    stages = StageChange(
      formulas, rules: configuration.processing, names: tags.names, forms: configuration.tagForms,
      memory: memory, board: board)

    nextSequence = try LastSequence.next(
      in: GatewayBuffer.folders(in: configuration.dataFolder))
    buffer = try await GatewayBuffer(
      dataFolder: configuration.dataFolder, size: configuration.buffer, report: events)
    await memory.load()
    mark = ProcessMark(dataFolder: configuration.dataFolder)
    var runners: [SinkRunner] = []
    for destination in configuration.sinks {
      runners.append(
        try await Self.makeRunner(
          destination, of: configuration, buffer: buffer, tags: tags, board: board, report: events))
    }
    self.runners = runners
  }

  static func makeRunner(
    _ sink: GatewayConfiguration.Destination, of configuration: GatewayConfiguration,
    buffer: GatewayBuffer, tags: TagRegistry, board: StatusBoard,
    report: @escaping @Sendable (GatewayEvent) -> Void
  ) async throws -> SinkRunner {
    let opened = try sink.makeSink(
      gateway: configuration.id, buffer: buffer.identity, tags: tags)
    let places = try await SinkPlaces(sink.name, in: buffer)
    return SinkRunner(
      index: board.addSink(sink.name), name: sink.name, sink: opened,
      deadLetters: DeadLetterFile(
        path: "\(configuration.dataFolder)/dead-\(sink.name).jsonl", sink: sink.name, tags: tags),
      places: places, isLiveFirst: sink.backlog == .liveFirst,
      inFlight: sink.kind.needsSameBatches
        ? InFlightBatch(
          path: "\(configuration.dataFolder)/in-flight-\(sink.name)", buffer: buffer.identity)
        : nil,
      tags: tags, board: board, report: report)
  }

  /// What it was made from, or reloaded with last.
  public var configuration: GatewayConfiguration { state.withLock { $0.configuration } }

  /// The counts up to now.
  public var status: GatewayStatus { board.status }

  /// The latest sample of each tag that has one.
  public var latest: [Sample] { board.latest }

  /// How many samples of which device gave way in a full buffer before a sink had them, since the sink has its place in the
  /// buffer: also before this start. Devices that are in no configuration any more are told as `?` and a number.
  public func evictedSamples(of sink: String) -> [String: UInt64] {
    var names: [UInt32: String] = [:]
    for name in tags.names {
      let device = SourceLabels.device(of: name)
      names[SourceLabels.label(of: device)] = String(device)
    }
    var samples: [String: UInt64] = [:]
    for (label, count) in buffer.evictedLabels(of: sink) {
      samples[names[label] ?? "?\(label)", default: 0] += count
    }
    return samples
  }

  /// Works until the task is cancelled or all sources have ended. What was acquired is then stored, and the sinks
  /// get `grace` to take what is left; what they don't take waits in the buffer for the next run.
  ///
  /// To be called once.
  public func run(grace: Duration = .seconds(5)) async throws {
    // Tasks of their own, because cancelling the gateway ends the reading, not the storing.
    let writer = Task {
      let first = stages.makeStages(tags: tags)
      first.restore()
      var lane = Lane(
        intake: intake, buffer: buffer, tags: tags, board: board, stages: first,
        nextSequence: nextSequence, report: report)
      await lane.run()
    }
    for runner in runners { await forwarding.start(runner) }
    for (bus, driver) in drivers { await acquisition.start(bus, driver) }
    state.withLock { $0.isRunning = true }
    let reports = Task { await writeReports() }
    let ticks = Task { await tick() }
    await acquisition.waitForEnd()
    state.withLock { $0.isRunning = false }
    reports.cancel()
    await reports.value
    ticks.cancel()
    await ticks.value
    intake.finish()
    await writer.value
    await memory.write()
    let observing = Task { await observers.finish(buffer, grace: grace) }
    await forwarding.finish(grace: grace)
    await observing.value
    try await buffer.close()
  }
}

extension GatewayRuntime {
  /// Has the lane keep what formulas remember also when nothing comes.
  private func tick() async {
    var rounds = Rounds(every: FormulaKeeper.interval)
    while await rounds.next() { intake.tick() }
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
  /// The derived tags, compiled; their mistakes as an error.
  func checkedFormulas(known: Set<String>) throws(ConfigurationError) -> [FormulaSet.Member] {
    var problems: [ConfigurationError.Problem] = []
    let formulas = compiledFormulas(known: known) { tag, message, advice in
      problems.append(.init(path: "formulas.\(tag).expression", message: message, advice: advice))
    }
    guard let formulas else { throw ConfigurationError(file: nil, problems: problems) }
    return formulas
  }
}
