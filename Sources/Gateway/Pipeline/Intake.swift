internal import IndustrialModel
internal import Synchronization

/// Between the drivers and the store: takes samples while there is room, then makes the drivers wait.
///
/// Whatever has gathered while the store was busy leaves together, so that a slow disk sees fewer and larger
/// commits instead of a longer queue.
final class Intake: Sendable {
  private struct State {
    var pending: [Moments] = []
    var count = 0
    var isFinished = false
    var nextTicket = 0
    var producers: [(ticket: Int, continuation: CheckedContinuation<Void, Never>)] = []
    var consumer: CheckedContinuation<Void, Never>?
  }

  private let limit: Int
  private let state = Mutex(State())

  /// An intake that holds about so many samples (a batch is never split, so a little more).
  init(limit: Int) { self.limit = limit }

  /// Hands over samples; waits while there is no room. They are taken even when the caller is cancelled
  /// meanwhile: what was read is not thrown away.
  func put(_ moments: Moments) async {
    guard !moments.isEmpty else { return }
    add(moments)
    await waitForRoom()
  }

  /// Hands over samples, and tells later whether they are durable, for sources that keep them until then.
  func addDurably(_ moments: Moments) -> Outcome {
    let outcome = Outcome()
    if moments.isEmpty { outcome.set(true) } else { add(moments, outcome) }
    return outcome
  }

  /// Waits until samples are durable.
  ///
  /// - Parameter limit: So long at most, from when the task is cancelled.
  /// - Returns: false when they are not durable, or not yet: the source has to keep them.
  func wait(for outcome: Outcome, cancelledAtMost limit: Duration = patience) async -> Bool {
    await withTaskCancellationHandler {
      await outcome.value
    } onCancel: {
      Task { await outcome.giveUp(after: limit) }
    }
  }

  /// Has the stages changed at this place among the samples.
  ///
  /// - Returns: false when that will be, but was not within a time: the lane waits for room in the buffer.
  func change(_ moments: Moments, atMost limit: Duration = patience) async -> Bool {
    let outcome = Outcome()
    add(moments, outcome)
    let limit = Task { await outcome.giveUp(after: limit) }
    defer { limit.cancel() }
    return await outcome.value
  }

  /// So long somebody who should end or go on waits for a lane that waits itself.
  static let patience: Duration = .seconds(2)

  /// Whether samples were stored, for one who waits for it.
  final class Outcome: Sendable {
    private let state = Mutex<(isStored: Bool?, waiter: CheckedContinuation<Bool, Never>?)>(
      (nil, nil))

    var value: Bool {
      get async {
        await withCheckedContinuation { continuation in
          let known = state.withLock { state in
            if state.isStored == nil { state.waiter = continuation }
            return state.isStored
          }
          if let known { continuation.resume(returning: known) }
        }
      }
    }

    /// The first word counts.
    func set(_ isStored: Bool) {
      let waiter = state.withLock { state in
        if state.isStored == nil { state.isStored = isStored }
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume(returning: isStored)
    }

    func giveUp(after limit: Duration) async {
      guard (try? await Task.sleep(for: limit)) != nil else { return }
      set(false)
    }
  }

  private func add(_ moments: Moments, _ outcome: Outcome) {
    var moments = moments
    let told = moments.onStored
    moments.onStored = { isStored in
      told?(isStored)
      outcome.set(isStored)
    }
    add(moments)
  }

  /// Has the lane look at the time although nothing came. Ticks do not pile up while the lane waits for room: the newest says all.
  func tick() {
    var moments = Moments(at: .now())
    moments.isTick = true
    let isNewest = state.withLock { state in
      guard let last = state.pending.indices.last, state.pending[last].isTick else { return false }
      state.pending[last] = moments
      return true
    }
    if !isNewest { add(moments) }
  }

  /// Hands over samples without waiting; see `waitForRoom`.
  func add(_ moments: Moments) {
    let waiting = state.withLock { state in
      state.pending.append(moments)
      state.count += moments.weight
      defer { state.consumer = nil }
      return state.consumer
    }
    waiting?.resume()
  }

  /// Waits while there is no room.
  func waitForRoom() async {
    let ticket = state.withLock { state -> Int? in
      guard state.count >= limit, !state.isFinished else { return nil }
      state.nextTicket += 1
      return state.nextTicket
    }
    guard let ticket else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isFree = state.withLock { state in
          let isFree = state.count < limit || state.isFinished || Task.isCancelled
          if !isFree { state.producers.append((ticket, continuation)) }
          return isFree
        }
        if isFree { continuation.resume() }
      }
    } onCancel: {
      let cancelled = state.withLock { state -> CheckedContinuation<Void, Never>? in
        guard let index = state.producers.firstIndex(where: { $0.ticket == ticket }) else {
          return nil
        }
        return state.producers.remove(at: index).continuation
      }
      cancelled?.resume()
    }
  }

  /// All samples that have gathered, as soon as there are some; nil when there will be no more.
  /// For one consumer.
  func take() async -> [Moments]? {
    while true {
      let (batch, producers, isFinished) = state.withLock { state in
        let batch = state.pending
        let producers = state.producers
        state.pending = []
        state.count = 0
        state.producers = []
        return (batch, producers, state.isFinished)
      }
      for producer in producers { producer.continuation.resume() }
      if !batch.isEmpty { return batch }
      if isFinished { return nil }
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          let isReady = !state.pending.isEmpty || state.isFinished
          if !isReady { state.consumer = continuation }
          return isReady
        }
        if isReady { continuation.resume() }
      }
    }
  }

  /// How often something was put that nobody has taken yet.
  var waiting: Int { state.withLock { $0.pending.count } }

  /// Says that nobody puts any more. What is inside can still be taken.
  func finish() {
    let (consumer, producers) = state.withLock { state in
      state.isFinished = true
      defer {
        state.consumer = nil
        state.producers = []
      }
      return (state.consumer, state.producers)
    }
    consumer?.resume()
    for producer in producers { producer.continuation.resume() }
  }
}
