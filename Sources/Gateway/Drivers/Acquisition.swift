/// The drivers at work, by the names of their buses.
actor Acquisition {
  private struct Reading {
    var number: Int
    var task: Task<Void, Never>
  }

  private let context: DriverContext
  private var readings: [String: Reading] = [:]
  private var started = 0
  /// While it changes, having no driver does not mean the end.
  private var isChanging = false
  private var isCancelled = false
  private var end: CheckedContinuation<Void, Never>?

  init(_ context: DriverContext) { self.context = context }

  /// Starts reading a bus.
  func start(_ bus: String, _ driver: any Driver) {
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

  /// Between these two calls drivers may be exchanged.
  func beginChange() { isChanging = true }

  /// See `beginChange`.
  func endChange() {
    isChanging = false
    endIfDone()
  }

  /// Returns when all sources have ended, or when the task is cancelled and all drivers have stopped.
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
    guard readings.isEmpty, !isChanging else { return }
    end?.resume()
    end = nil
  }
}
