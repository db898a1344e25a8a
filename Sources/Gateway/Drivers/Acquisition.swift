/// The drivers at work, by the names of their buses.
actor Acquisition {
  private struct Reading {
    var number: Int
    var task: Task<Void, Never>
  }

  private let context: DriverContext
  private var readings: [String: Reading] = [:]
  private var started = 0
  /// Changes that are under way: meanwhile having no driver does not mean the end.
  private var changes = 0
  private var isCancelled = false
  private var hasEnded = false
  private var end: CheckedContinuation<Void, Never>?

  init(_ context: DriverContext) { self.context = context }

  /// Starts reading a bus, in the place of a driver that reads it: two would feed each tag, and one of them nobody could stop.
  func start(_ bus: String, _ driver: any Driver) async {
    // Another one may have been started while the one before came to its end.
    while readings[bus] != nil { await stop(bus) }
    guard !isCancelled else { return }
    started += 1
    let number = started
    let context = context
    // Detached: the drivers do not take turns on this actor.
    let task = Task.detached {
      await driver.run(context)
      await self.ended(bus, number)
    }
    readings[bus] = Reading(number: number, task: task)
  }

  /// Stops reading a bus; what it has read is with the intake when this returns.
  func stop(_ bus: String) async {
    guard let reading = readings.removeValue(forKey: bus) else { return }
    reading.task.cancel()
    await reading.task.value
  }

  /// From here on drivers may be exchanged, and the end waits for `endChange`.
  ///
  /// - Returns: false when the end has come or is wanted: then nothing changes any more, and there is nothing to end.
  func beginChange() -> Bool {
    guard !isCancelled, !hasEnded else { return false }
    changes += 1
    return true
  }

  /// See `beginChange`.
  func endChange() {
    changes -= 1
    endIfDone()
  }

  /// Whether all drivers have stopped because the task was cancelled, and a change alone holds up the end.
  var isHeldUpByChange: Bool { isCancelled && readings.isEmpty && changes > 0 }

  /// Returns when all sources have ended, or when the task is cancelled and all drivers have stopped; not before changes that are
  /// under way have come to their end.
  func waitForEnd() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        end = continuation
        endIfDone()
      }
    } onCancel: {
      Task { await self.cancel() }
    }
  }

  private func cancel() {
    isCancelled = true
    for reading in readings.values { reading.task.cancel() }
    endIfDone()
  }

  private func ended(_ bus: String, _ number: Int) {
    if readings[bus]?.number == number { readings[bus] = nil }
    endIfDone()
  }

  private func endIfDone() {
    guard readings.isEmpty, changes == 0, let waiting = end else { return }
    hasEnded = true
    end = nil
    waiting.resume()
  }
}
