import Synchronization

/// A counting semaphore whose waiters suspend: a small machine on which a hundred programs start together keeps none of its
/// times.
public final class AsyncSemaphore: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  /// - Parameter value: How many hold it at once.
  public init(value: Int) { state = Mutex(State(free: value)) }

  /// Does something while it holds the semaphore; those that wait get it in the order in which they came.
  public func withPermit<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    await wait()
    defer { signal() }
    return try await body()
  }

  private func wait() async {
    await withCheckedContinuation { continuation in
      let isHeld = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if isHeld { continuation.resume() }
    }
  }

  private func signal() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
