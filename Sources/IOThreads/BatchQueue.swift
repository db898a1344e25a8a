internal import Glibc
internal import Synchronization

/// A bounded queue from one owned thread (which blocks) to one task (which awaits).
///
/// Elements are whole batches, so that the price of the lock and of waking the task is shared by
/// many values. The consumer's waits end at once when its task is cancelled, and nothing is lost:
/// what was queued stays for the next call.
package final class BatchQueue<Element: Sendable, Failure: Error>: Sendable {
  /// What became of an offered element.
  package enum Offer: Sendable { case accepted, full, closed }

  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Result<Element?, Failure>, Never>
  }

  private struct State {
    var ring: [Element?]
    var head = 0
    var count = 0
    var finished = false
    var failure: Failure?
    var closed = false
    var waiters: [Waiter] = []
    var cancelledEarly: Set<UInt64> = []
    var nextID: UInt64 = 0
    var producerWaits = false

    mutating func take() -> Element? {
      guard count > 0 else { return nil }
      let element = ring[head].take()
      head = head + 1 == ring.count ? 0 : head + 1
      count -= 1
      return element
    }

    mutating func put(_ element: Element) {
      let tail = head + count
      ring[tail >= ring.count ? tail - ring.count : tail] = element
      count += 1
    }
  }

  private let state: Mutex<State>
  private let producerSignal: WakeSignal

  /// An empty queue for up to `capacity` elements (at least 1).
  package init(capacity: Int) throws(SystemFailure) {
    producerSignal = try WakeSignal()
    state = Mutex(State(ring: Array(repeating: nil, count: max(1, capacity))))
  }

  /// For the producer's poll(2): raised when there is room again after `.full`, and on `close`.
  package var producerDescriptor: Int32 { producerSignal.descriptor }

  /// Whether the consumer has gone.
  package var isClosed: Bool { state.withLock { $0.closed } }

  /// Number of elements waiting.
  package var count: Int { state.withLock { $0.count } }

  // MARK: Producer

  /// Puts the element at the end, if there is room; never waits.
  ///
  /// After `.full` the producer descriptor is raised as soon as there is room.
  package func offer(_ element: Element) -> Offer {
    typealias Continuation = CheckedContinuation<Result<Element?, Failure>, Never>
    let (outcome, waiter): (Offer, Continuation?) = state.withLock { state in
      if state.closed || state.finished { return (.closed, nil) }
      if !state.waiters.isEmpty { return (.accepted, state.waiters.removeFirst().continuation) }
      guard state.count < state.ring.count else {
        state.producerWaits = true
        return (.full, nil)
      }
      state.put(element)
      return (.accepted, nil)
    }
    waiter?.resume(returning: .success(element))
    return outcome
  }

  /// Puts the element at the end; waits for room. Blocks: for owned threads only.
  /// - Returns: false when the consumer has gone.
  package func push(_ element: Element) -> Bool {
    while true {
      switch offer(element) {
      case .accepted: return true
      case .closed: return false
      case .full: waitForProducerSignal()
      }
    }
  }

  /// Takes the oldest element out to make room, as the policy "drop the oldest" wants it.
  package func dropOldest() -> Element? { state.withLock { $0.take() } }

  /// Clears the producer descriptor; call it before looking at the state that it announces.
  package func clearProducerSignal() { producerSignal.clear() }

  private func waitForProducerSignal() {
    var entry = pollfd(fd: producerSignal.descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, -1) < 0 && errno == EINTR {}
    producerSignal.clear()
  }

  /// Nothing more will come; `failure` is thrown after the elements that wait.
  package func finish(throwing failure: Failure? = nil) {
    let waiters: [Waiter] = state.withLock { state in
      guard !state.finished else { return [] }
      state.finished = true
      state.failure = failure
      defer { state.waiters = [] }
      // A waiter means that the queue is empty: the first one hears of the failure.
      if !state.waiters.isEmpty { state.failure = nil }
      return state.waiters
    }
    for (index, waiter) in waiters.enumerated() {
      if index == 0, let failure {
        waiter.continuation.resume(returning: .failure(failure))
      } else {
        waiter.continuation.resume(returning: .success(nil))
      }
    }
  }

  // MARK: Consumer

  /// The consumer goes: what waits is dropped, the producer is told. Never blocks.
  package func close() {
    let (dropped, waiters): ([Element?], [Waiter]) = state.withLock { state in
      guard !state.closed else { return ([], []) }
      state.closed = true
      let dropped = state.ring
      state.ring = [nil]
      state.head = 0
      state.count = 0
      defer { state.waiters = [] }
      return (dropped, state.waiters)
    }
    _ = dropped  // freed outside the lock
    for waiter in waiters { waiter.continuation.resume(returning: .success(nil)) }
    producerSignal.raise()
  }

  /// The next element; nil at the end, after `close`, or at once when the task is cancelled.
  package func next() async throws(Failure) -> Element? {
    let ready: Result<Element?, Failure>? = state.withLock { Self.takeReady(&$0, producerSignal) }
    if let ready { return try ready.get() }
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let result: Result<Element?, Failure> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready: Result<Element?, Failure>? = state.withLock { state in
          if state.cancelledEarly.remove(id) != nil { return .success(nil) }
          if let ready = Self.takeReady(&state, producerSignal) { return ready }
          state.waiters.append(Waiter(id: id, continuation: continuation))
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      let waiter: Waiter? = state.withLock { state in
        guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
          state.cancelledEarly.insert(id)
          return nil
        }
        return state.waiters.remove(at: index)
      }
      waiter?.continuation.resume(returning: .success(nil))
    }
    // A cancellation that came after the answer has left its mark; take it away.
    state.withLock { _ = $0.cancelledEarly.remove(id) }
    return try result.get()
  }

  private static func takeReady(
    _ state: inout State, _ producerSignal: borrowing WakeSignal
  ) -> Result<Element?, Failure>? {
    if state.count > 0 {
      let element = state.take()
      if state.producerWaits {
        state.producerWaits = false
        producerSignal.raise()
      }
      return .success(element)
    }
    if let failure = state.failure {
      state.failure = nil
      return .failure(failure)
    }
    return state.finished || state.closed ? .success(nil) : nil
  }
}
