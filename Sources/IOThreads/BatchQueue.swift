internal import Glibc

/// A bounded queue from one owned thread (which blocks) to one task (which awaits).
///
/// Elements are whole batches, so that the price of the lock and of waking the task is shared by
/// many values. The consumer's waits end at once when its task is cancelled, and nothing is lost:
/// what was queued stays for the next call.
package final class BatchQueue<Element: Sendable, Failure: Error>: Sendable {
  /// What became of an offered element.
  package enum Offer: Sendable { case accepted, full, closed }

  private struct State: Sendable {
    var ring: [Element?]
    var head = 0
    var count = 0
    var finished = false
    var failure: Failure?
    var closed = false
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

  private typealias Answer = Result<Element?, Failure>

  private let shared: AwaitedState<State, Answer>
  private let producerSignal: WakeSignal

  /// An empty queue for up to `capacity` elements (at least 1).
  package init(capacity: Int) throws(SystemFailure) {
    producerSignal = try WakeSignal()
    shared = AwaitedState(State(ring: Array(repeating: nil, count: max(1, capacity))))
  }

  /// For the producer's poll(2): raised when there is room again after `.full`, and on `close`.
  package var producerDescriptor: Int32 { producerSignal.descriptor }

  /// Whether the consumer has gone.
  package var isClosed: Bool { shared.withLock { $0.state.closed } }

  /// Number of elements waiting.
  package var count: Int { shared.withLock { $0.state.count } }

  // MARK: Producer

  /// Puts the element at the end, if there is room; never waits.
  ///
  /// After `.full` the producer descriptor is raised as soon as there is room.
  package func offer(_ element: Element) -> Offer {
    let (outcome, waiter): (Offer, CheckedContinuation<Answer, Never>?) = shared.withLock {
      content in
      if content.state.closed || content.state.finished { return (.closed, nil) }
      if let waiter = content.takeWaiter() { return (.accepted, waiter) }
      guard content.state.count < content.state.ring.count else {
        content.state.producerWaits = true
        return (.full, nil)
      }
      content.state.put(element)
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
  package func dropOldest() -> Element? { shared.withLock { $0.state.take() } }

  /// Clears the producer descriptor; call it before looking at the state that it announces.
  package func clearProducerSignal() { producerSignal.clear() }

  private func waitForProducerSignal() {
    var entry = pollfd(fd: producerSignal.descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, -1) < 0 && errno == EINTR {}
    producerSignal.clear()
  }

  /// Nothing more will come; `failure` is thrown after the elements that wait.
  package func finish(throwing failure: Failure? = nil) {
    let waiters: [CheckedContinuation<Answer, Never>] = shared.withLock { content in
      guard !content.state.finished else { return [] }
      content.state.finished = true
      // A waiter means that the queue is empty: the first one hears of the failure.
      if !content.hasWaiters { content.state.failure = failure }
      return content.takeWaiters()
    }
    waiters.first?.resume(returning: failure.map(Answer.failure) ?? .success(nil))
    for waiter in waiters.dropFirst() { waiter.resume(returning: .success(nil)) }
  }

  // MARK: Consumer

  /// The consumer goes: what waits is dropped, the producer is told. Never blocks.
  package func close() {
    let (dropped, waiters): ([Element?], [CheckedContinuation<Answer, Never>]) = shared.withLock {
      content in
      guard !content.state.closed else { return ([], []) }
      content.state.closed = true
      let dropped = content.state.ring
      content.state.ring = [nil]
      content.state.head = 0
      content.state.count = 0
      return (dropped, content.takeWaiters())
    }
    _ = dropped  // freed outside the lock
    for waiter in waiters { waiter.resume(returning: .success(nil)) }
    producerSignal.raise()
  }

  /// The next element; nil at the end, after `close`, or at once when the task is cancelled.
  package func next() async throws(Failure) -> Element? {
    try await shared.answer(ifCancelled: .success(nil)) { self.take(&$0) }.get()
  }

  private func take(_ state: inout State) -> Answer? {
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
