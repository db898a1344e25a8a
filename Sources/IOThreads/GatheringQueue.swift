internal import Synchronization

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
  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Result<[Element]?, Failure>, Never>
  }

  private struct State {
    var elements: [Element] = []
    var cost = 0
    var dropped = 0
    var finished = false
    var failure: Failure?
    var closed = false
    var waiters: [Waiter] = []
    var cancelledEarly: Set<UInt64> = []
    var nextID: UInt64 = 0
    var producerWaits = false
  }

  private let state = Mutex(State())
  private let capacity: Int
  private let costLimit: Int
  private let overflow: GatheringOverflow
  private let cost: @Sendable (Element) -> Int
  private let onRoom: @Sendable () -> Void

  /// - Parameters:
  ///   - cost: what an element counts against `costLimit`.
  ///   - onRoom: called when a producer that saw `isFull` may go on; must not block.
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
  package var dropped: Int { state.withLock { $0.dropped } }

  /// Whether the consumer has gone.
  package var isClosed: Bool { state.withLock { $0.closed } }

  /// Whether a producer that waits should wait now. After true, `onRoom` is called when there is room.
  package var isFull: Bool {
    guard overflow == .producerWaits else { return false }
    return state.withLock { state in
      let full =
        !state.closed && (state.elements.count >= capacity || state.cost >= costLimit)
      if full { state.producerWaits = true }
      return full
    }
  }

  // MARK: Producer

  /// Adds elements at the end, by the rule for overflow; never waits.
  /// - Returns: how many elements, of these or of those before, were dropped.
  @discardableResult
  package func add(_ elements: [Element]) -> Int {
    guard !elements.isEmpty else { return 0 }
    typealias Delivery = (
      continuation: CheckedContinuation<Result<[Element]?, Failure>, Never>, elements: [Element]
    )
    let (delivery, dropped): (Delivery?, Int) = state.withLock { state in
      guard !state.closed, !state.finished else { return (nil, elements.count) }
      if !state.waiters.isEmpty {
        return ((state.waiters.removeFirst().continuation, elements), 0)
      }
      let dropped = append(elements, to: &state)
      state.dropped += dropped
      return (nil, dropped)
    }
    if let delivery { delivery.continuation.resume(returning: .success(delivery.elements)) }
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
    let waiters: [Waiter] = state.withLock { state in
      guard !state.finished else { return [] }
      state.finished = true
      if state.waiters.isEmpty { state.failure = failure }
      defer { state.waiters = [] }
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

  /// The consumer goes: what waits is dropped. Never blocks.
  package func close() {
    let (elements, waiters): ([Element], [Waiter]) = state.withLock { state in
      guard !state.closed else { return ([], []) }
      state.closed = true
      defer {
        state.elements = []
        state.waiters = []
      }
      return (state.elements, state.waiters)
    }
    _ = elements  // freed outside the lock
    for waiter in waiters { waiter.continuation.resume(returning: .success(nil)) }
    onRoom()
  }

  /// All that waits; nil at the end, after `close`, or at once when the task is cancelled.
  package func next() async throws(Failure) -> [Element]? {
    if let ready = takeReady() { return try ready.get() }
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let result: Result<[Element]?, Failure> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (ready, hadRoom): (Result<[Element]?, Failure>?, Bool) = state.withLock { state in
          if state.cancelledEarly.remove(id) != nil { return (.success(nil), false) }
          let (ready, hadRoom) = Self.take(&state)
          if ready == nil {
            state.waiters.append(Waiter(id: id, continuation: continuation))
          }
          return (ready, hadRoom)
        }
        if hadRoom { onRoom() }
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

  private func takeReady() -> Result<[Element]?, Failure>? {
    let (ready, hadRoom) = state.withLock { Self.take(&$0) }
    if hadRoom { onRoom() }
    return ready
  }

  /// What `next` can give now, and whether a waiting producer is to be told.
  private static func take(_ state: inout State) -> (Result<[Element]?, Failure>?, Bool) {
    if !state.elements.isEmpty {
      let elements = state.elements
      state.elements = []
      state.cost = 0
      defer { state.producerWaits = false }
      return (.success(elements), state.producerWaits)
    }
    if let failure = state.failure {
      state.failure = nil
      return (.failure(failure), false)
    }
    return (state.finished || state.closed ? .success(nil) : nil, false)
  }
}
