internal import Synchronization

/// A state under a lock that threads change, and the tasks that wait for an answer from it.
///
/// A task's wait ends at once when the task is cancelled, with the answer that was given for that.
final class AwaitedState<State: Sendable, Answer: Sendable>: Sendable {
  typealias Continuation = CheckedContinuation<Answer, Never>

  struct Content {
    var state: State
    private var waiters: [(id: UInt64, continuation: Continuation)] = []
    /// Waits whose cancellation came before they began, or after they ended.
    private var cancelled: Set<UInt64> = []
    private var lastID: UInt64 = 0

    fileprivate init(_ state: State) { self.state = state }

    var hasWaiters: Bool { !waiters.isEmpty }

    /// Takes out the task that has waited longest. The caller resumes it, outside the lock.
    mutating func takeWaiter() -> Continuation? {
      waiters.isEmpty ? nil : waiters.removeFirst().continuation
    }

    /// Takes out all tasks, the one that has waited longest first.
    mutating func takeWaiters() -> [Continuation] {
      defer { waiters = [] }
      return waiters.map(\.continuation)
    }

    fileprivate mutating func newID() -> UInt64 {
      lastID += 1
      return lastID
    }

    /// - Returns: false if the wait was cancelled before.
    fileprivate mutating func begin(_ id: UInt64, _ continuation: Continuation) -> Bool {
      if cancelled.remove(id) != nil { return false }
      waiters.append((id, continuation))
      return true
    }

    fileprivate mutating func cancel(_ id: UInt64) -> Continuation? {
      if let index = waiters.firstIndex(where: { $0.id == id }) {
        return waiters.remove(at: index).continuation
      }
      cancelled.insert(id)
      return nil
    }

    fileprivate mutating func end(_ id: UInt64) { cancelled.remove(id) }
  }

  private let content: Mutex<Content>

  init(_ state: State) { content = Mutex(Content(state)) }

  func withLock<Result: ~Copyable>(_ body: (inout Content) -> sending Result) -> sending Result {
    content.withLock { content in body(&content) }
  }

  /// What `take` gives, as soon as it gives something or another thread resumes this task.
  ///
  /// - Parameters:
  ///   - cancelled: the answer for a task that is cancelled while it waits.
  ///   - take: called with the lock held.
  func answer(
    ifCancelled cancelled: Answer, _ take: @Sendable (inout State) -> Answer?
  ) async -> Answer {
    let (ready, id): (Answer?, UInt64) = content.withLock { content in
      if let ready = take(&content.state) { return (ready, 0) }
      return (nil, content.newID())
    }
    if let ready { return ready }
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: Continuation) in
        let ready: Answer? = content.withLock { content in
          if let ready = take(&content.state) { return ready }
          return content.begin(id, continuation) ? nil : cancelled
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      content.withLock { $0.cancel(id) }?.resume(returning: cancelled)
    }
    content.withLock { $0.end(id) }
    return answer
  }
}
