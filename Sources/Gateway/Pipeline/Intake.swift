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
    guard !moments.samples.isEmpty else { return }
    add(moments)
    await waitForRoom()
  }

  /// Hands over samples and waits until they are durable, for sources that keep them until then.
  func putDurably(_ moments: Moments) async {
    guard !moments.samples.isEmpty || moments.change != nil else { return }
    await withCheckedContinuation { continuation in
      var moments = moments
      moments.onStored = { continuation.resume() }
      add(moments)
    }
  }

  /// Has the lane look at the time although nothing came.
  func tick() { add(Moments(samples: SampleBatch(), grouping: .whole)) }

  private func add(_ moments: Moments) {
    let waiting = state.withLock { state in
      state.pending.append(moments)
      state.count += moments.samples.count
      defer { state.consumer = nil }
      return state.consumer
    }
    waiting?.resume()
  }

  private func waitForRoom() async {
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
