internal import Synchronization

/// Tells whoever listens that there may be something new in the buffer.
final class Bell: Sendable {
  /// Hears every ring since it last waited; several at once count as one.
  struct Listener: Sendable {
    fileprivate let rings: AsyncStream<Void>

    /// Returns when the bell has rung since the last time, or when the task is cancelled.
    ///
    /// - Returns: false if this listener hears nothing any more: a task was cancelled while it waited.
    func wait() async -> Bool {
      for await _ in rings { return true }
      return false
    }

    /// The same, but not longer than so long; then this listener hears nothing any more.
    func wait(atMost longest: Duration) async -> Bool {
      let listening = Task { await wait() }
      let timer = Task {
        // In slices: a sleep that is cancelled keeps its memory until its time has come.
        var left = longest
        while left > .zero, !Task.isCancelled {
          try? await Task.sleep(for: min(left, .milliseconds(200)))
          left -= .milliseconds(200)
        }
        listening.cancel()
      }
      defer { timer.cancel() }
      return await listening.value
    }
  }

  private struct State {
    var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
    var last: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Begins to listen. A wait that is cancelled ends the listening.
  func listen() -> Listener {
    let (rings, listener) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state in
      state.last += 1
      state.listeners[state.last] = listener
      return state.last
    }
    listener.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
    }
    return Listener(rings: rings)
  }

  /// Wakes all listeners.
  func ring() {
    let listeners = state.withLock { Array($0.listeners.values) }
    for listener in listeners { listener.yield() }
  }
}
