/// What a full queue does with what comes next.
package enum GatheringOverflow: Sendable {
  /// The producer looks at `isFull` and waits.
  case producerWaits
  /// The oldest elements go.
  case dropOldest
  /// What does not fit goes.
  case dropNewest
}

/// A bounded queue from one owned thread to one task, which takes all that waits in one step.
///
/// Bounded by the number of elements and by the sum of their costs (bytes, usually). A producer that waits
/// may overshoot by what one read brings.
package final class GatheringQueue<Element: Sendable, Failure: Error>: Sendable {
  private struct State: Sendable {
    var elements: [Element] = []
    var cost = 0
    var dropped = 0
    var finished = false
    var failure: Failure?
    var closed = false
    var producerWaits = false
  }

  private typealias Answer = Result<[Element]?, Failure>

  private let shared = AwaitedState<State, Answer>(State())
  private let capacity: Int
  private let costLimit: Int
  private let overflow: GatheringOverflow
  private let cost: @Sendable (Element) -> Int
  private let onRoom: @Sendable () -> Void

  /// - Parameters:
  ///   - cost: what an element counts against `costLimit`.
  ///   - onRoom: called when a producer that saw `isFull` may go on; must neither block nor use the queue.
  package init(
    capacity: Int, costLimit: Int, overflow: GatheringOverflow,
    cost: @escaping @Sendable (Element) -> Int, onRoom: @escaping @Sendable () -> Void
  ) {
    self.capacity = max(1, capacity)
    self.costLimit = max(1, costLimit)
    self.overflow = overflow
    self.cost = cost
    self.onRoom = onRoom
  }

  /// How many elements were dropped because the queue was full.
  package var dropped: Int { shared.withLock { $0.state.dropped } }

  /// Whether the consumer has gone.
  package var isClosed: Bool { shared.withLock { $0.state.closed } }

  /// Whether a producer that waits should wait now. After true, `onRoom` is called when there is room.
  package var isFull: Bool {
    guard overflow == .producerWaits else { return false }
    return shared.withLock { content in
      let isFull =
        !content.state.closed
        && (content.state.elements.count >= capacity || content.state.cost >= costLimit)
      if isFull { content.state.producerWaits = true }
      return isFull
    }
  }

  // MARK: Producer

  /// Adds elements at the end, by the rule for overflow; never waits.
  /// - Returns: how many elements, of these or of those before, were dropped.
  @discardableResult
  package func add(_ elements: [Element]) -> Int {
    guard !elements.isEmpty else { return 0 }
    let (waiter, dropped): (CheckedContinuation<Answer, Never>?, Int) = shared.withLock { content in
      guard !content.state.closed, !content.state.finished else { return (nil, elements.count) }
      if let waiter = content.takeWaiter() { return (waiter, 0) }
      let dropped = append(elements, to: &content.state)
      content.state.dropped += dropped
      return (nil, dropped)
    }
    waiter?.resume(returning: .success(elements))
    return dropped
  }

  private func append(_ elements: [Element], to state: inout State) -> Int {
    switch overflow {
    case .producerWaits:
      state.elements += elements
      for element in elements { state.cost += cost(element) }
      return 0
    case .dropNewest:
      var dropped = 0
      for element in elements {
        let price = cost(element)
        if state.elements.count < capacity, state.cost + price <= costLimit {
          state.elements.append(element)
          state.cost += price
        } else {
          dropped += 1
        }
      }
      return dropped
    case .dropOldest:
      state.elements += elements
      for element in elements { state.cost += cost(element) }
      var dropped = 0
      // The newest one stays, however large.
      while dropped + 1 < state.elements.count
        && (state.elements.count - dropped > capacity || state.cost > costLimit)
      {
        state.cost -= cost(state.elements[dropped])
        dropped += 1
      }
      state.elements.removeFirst(dropped)
      return dropped
    }
  }

  /// Nothing more will come; `failure` is thrown after the elements that wait.
  package func finish(throwing failure: Failure? = nil) {
    let waiters: [CheckedContinuation<Answer, Never>] = shared.withLock { content in
      guard !content.state.finished else { return [] }
      content.state.finished = true
      // A waiter means that nothing waits to be taken: the first one hears of the failure.
      if !content.hasWaiters { content.state.failure = failure }
      return content.takeWaiters()
    }
    waiters.first?.resume(returning: failure.map(Answer.failure) ?? .success(nil))
    for waiter in waiters.dropFirst() { waiter.resume(returning: .success(nil)) }
  }

  // MARK: Consumer

  /// The consumer goes: what waits is dropped. Never blocks.
  package func close() {
    let (elements, waiters): ([Element], [CheckedContinuation<Answer, Never>]) = shared.withLock {
      content in
      guard !content.state.closed else { return ([], []) }
      content.state.closed = true
      defer { content.state.elements = [] }
      return (content.state.elements, content.takeWaiters())
    }
    _ = elements  // freed outside the lock
    for waiter in waiters { waiter.resume(returning: .success(nil)) }
    onRoom()
  }

  /// All that waits; nil at the end, after `close`, or at once when the task is cancelled.
  package func next() async throws(Failure) -> [Element]? {
    try await shared.answer(ifCancelled: .success(nil)) { self.take(&$0) }.get()
  }

  private func take(_ state: inout State) -> Answer? {
    if !state.elements.isEmpty {
      let elements = state.elements
      state.elements = []
      state.cost = 0
      if state.producerWaits {
        state.producerWaits = false
        onRoom()
      }
      return .success(elements)
    }
    if let failure = state.failure {
      state.failure = nil
      return .failure(failure)
    }
    return state.finished || state.closed ? .success(nil) : nil
  }
}
