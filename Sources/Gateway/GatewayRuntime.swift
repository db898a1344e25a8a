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
  /// What it was made from.
  public let configuration: GatewayConfiguration
  private let drivers: [any Driver]
  private let formulas: [FormulaSet.Member]
  private let runners: [SinkRunner]
  private let store: RingStore
  private let board: StatusBoard
  private let nextSequence: UInt64
  private let report: @Sendable (GatewayEvent) -> Void

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
    self.configuration = configuration
    report = events
    drivers = try configuration.makeDrivers(tags: tags)
    var problems: [ConfigurationError.Problem] = []
    let formulas = configuration.compiledFormulas(known: Set(tags.names)) { tag, message, advice in
      problems.append(.init(path: "formulas.\(tag).expression", message: message, advice: advice))
    }
    guard let formulas else { throw ConfigurationError(file: nil, problems: problems) }
    self.formulas = formulas

    let directory = "\(configuration.dataFolder)/buffer"
    nextSequence = try LastSequence.next(in: directory)
    store = try await RingStore(
      directory: directory,
      options: StoreOptions(
        capacity: .bytes(configuration.buffer.capacity),
        segmentSize: configuration.buffer.segment))
    board = StatusBoard(sinks: configuration.sinks.map(\.name))
    var runners: [SinkRunner] = []
    for (index, destination) in configuration.sinks.enumerated() {
      runners.append(
        SinkRunner(
          index: index, name: destination.name,
          sink: try destination.makeSink(gateway: configuration.id, tags: tags),
          deadLetters: DeadLetterFile(
            path: "\(configuration.dataFolder)/dead-\(destination.name).jsonl",
            sink: destination.name, tags: tags),
          cursor: try await store.cursor(destination.name), tags: tags, board: board,
          report: events))
    }
    self.runners = runners
    let recovery = store.recovery
    if recovery.tornBytes > 0 || !recovery.damaged.isEmpty {
      events(
        GatewayEvent(
          .warning, source: "buffer",
          "recovered: \(recovery.tornBytes) bytes of an unfinished write, "
            + "\(recovery.damaged.count) damaged places"))
    }
  }

  /// The counts up to now.
  public var status: GatewayStatus { board.status }

  /// The latest sample of each tag that has one.
  public var latest: [Sample] { board.latest }

  /// Works until the task is cancelled or all sources have ended. What was acquired is then stored, and the sinks
  /// get `grace` to take what is left; what they don't take waits in the buffer for the next run.
  ///
  /// To be called once.
  public func run(grace: Duration = .seconds(5)) async throws {
    let intake = Intake(limit: Self.intakeLimit)
    let ending = Ending()
    // Tasks of their own, because cancelling the gateway ends the reading, not the storing.
    let writer = Task {
      var lane = Lane(
        intake: intake, store: store, tags: tags, board: board,
        formulas: FormulaStage(formulas, tags: tags), nextSequence: nextSequence, report: report)
      await lane.run()
    }
    let deliveries = runners.map { runner in
      Task { await runner.run(isLast: ending.nothingMoreComes) }
    }
    let context = DriverContext(intake: intake, report: report)
    await withTaskGroup { group in
      for driver in drivers { group.addTask { await driver.run(context) } }
    }
    intake.finish()
    await writer.value
    ending.nothingMoreComes.store(true, ordering: .releasing)
    let limit = Task {
      guard (try? await Task.sleep(for: grace)) != nil else { return }
      for delivery in deliveries { delivery.cancel() }
    }
    for delivery in deliveries { await delivery.value }
    limit.cancel()
    for runner in runners { await runner.sink.close() }
    try await store.close()
  }

  /// Shared between `run` and the deliveries.
  private final class Ending: Sendable {
    let nothingMoreComes = Atomic(false)
  }
}
