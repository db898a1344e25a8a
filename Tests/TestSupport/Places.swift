import Synchronization

/// So many may do something at once, and the others wait their turn: a small machine on which a hundred programs start
/// together keeps none of its times.
public final class Places: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  /// - Parameter count: So many places there are.
  public init(_ count: Int) { state = Mutex(State(free: count)) }

  /// Does something as soon as there is a place.
  public func hold<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    await take()
    defer { leave() }
    return try await body()
  }

  private func take() async {
    await withCheckedContinuation { continuation in
      let hasPlace = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if hasPlace { continuation.resume() }
    }
  }

  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
