internal import Sinks
internal import StoreForward
internal import Synchronization

/// The sinks at work, by their names.
actor Forwarding {
  private struct Delivery {
    var runner: SinkRunner
    var task: Task<Void, Never>
  }

  private let isLast = LastFlag()
  private var deliveries: [String: Delivery] = [:]
  /// Stopped, and waiting for a sink to go on with.
  private var parked: [String: SinkRunner] = [:]
  private var isFinished = false

  /// Begins to deliver. After the end it closes the sink: nobody would end the deliveries.
  func start(_ runner: SinkRunner) async {
    guard !isFinished else { return await runner.sink.close() }
    let isLast = isLast
    // Detached: the sinks do not take turns on this actor.
    let task = Task.detached { await runner.run(isLast: isLast.value) }
    deliveries[runner.name] = Delivery(runner: runner, task: task)
  }

  /// Keeps what is needed to go on with a sink that can't be opened now.
  func park(_ runner: SinkRunner) { parked[runner.name] = runner }

  /// The sinks that are stopped and wait for one to go on with.
  var parkedNames: [String] { parked.keys.sorted() }

  /// Whether a sink has all that is stored.
  func isUpToDate(_ name: String) -> Bool {
    deliveries[name]?.runner.places.backlog() == 0
  }

  /// Shows how far all sinks are, also those that have asked to be left alone and those that wait for one to go on with.
  func showPlaces() {
    for delivery in deliveries.values { delivery.runner.showPlace() }
    for runner in parked.values { runner.showPlace() }
  }

  /// Ends the deliveries to a sink, closes it, and gives what is needed to go on there.
  func stop(_ name: String) async -> SinkRunner? {
    if let runner = parked.removeValue(forKey: name) { return runner }
    guard let delivery = deliveries.removeValue(forKey: name) else { return nil }
    delivery.task.cancel()
    await delivery.task.value
    await delivery.runner.sink.close()
    return delivery.runner
  }

  /// Nothing more will be stored: returns when everything is delivered, or after `grace`.
  func finish(grace: Duration) async {
    isFinished = true
    isLast.value.store(true, ordering: .releasing)
    let deliveries = deliveries.values
    deliveries.first?.runner.places.buffer.bell.ring()
    let limit = Task {
      guard (try? await Task.sleep(for: grace)) != nil else { return }
      for delivery in deliveries { delivery.task.cancel() }
    }
    for delivery in deliveries { await delivery.task.value }
    limit.cancel()
    for delivery in deliveries { await delivery.runner.sink.close() }
    // The others have told all at the end of their deliveries; what these lost since theirs nobody else would tell.
    for runner in parked.values { runner.showPlace(isEnd: true) }
  }

  /// Shared with the deliveries.
  private final class LastFlag: Sendable {
    let value = Atomic(false)
  }
}
