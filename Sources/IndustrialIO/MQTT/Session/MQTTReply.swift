internal import Synchronization

/// The answer that a task awaits from the session's thread: given once, by whoever comes first, the
/// thread or the task's own cancellation.
final class MQTTReply<Value: Sendable>: Sendable {
  private typealias Answer = Result<Value, any Error>

  private enum State {
    case open
    case waiting(CheckedContinuation<Answer, Never>)
    case answered(Answer)
    case taken
  }

  private let state = Mutex(State.open)

  /// Whether nobody needs an answer any more.
  var isSettled: Bool {
    state.withLock { state in
      switch state {
      case .open, .waiting: false
      case .answered, .taken: true
      }
    }
  }

  func succeed(_ value: Value) { settle(.success(value)) }

  func fail(_ error: MQTTError) { settle(.failure(error)) }

  private func settle(_ answer: Answer) {
    let continuation: CheckedContinuation<Answer, Never>? = state.withLock { state in
      switch state {
      case .open:
        state = .answered(answer)
        return nil
      case .waiting(let continuation):
        state = .taken
        return continuation
      case .answered, .taken:
        return nil
      }
    }
    continuation?.resume(returning: answer)
  }

  /// Waits for the answer. To be called once.
  /// - Throws: the ``MQTTError`` that was answered, `CancellationError` when the task is cancelled.
  func value() async throws -> Value {
    let answer: Answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready: Answer? = state.withLock { state in
          if case .answered(let answer) = state {
            state = .taken
            return answer
          }
          state = .waiting(continuation)
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      settle(.failure(CancellationError()))
    }
    return try answer.get()
  }

  /// Waits for the answer, and no longer than so. To be called once, in place of `value`.
  func wait(atMost limit: Duration) async {
    // It looks again and again: a sleep beside the wait would, when cancelled, keep its memory until its time has come.
    let end = ContinuousClock.now.advanced(by: limit)
    var pause = Duration.milliseconds(1)
    while !isSettled, ContinuousClock.now < end, !Task.isCancelled {
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(50))
    }
    settle(.failure(CancellationError()))
  }
}
