internal import Synchronization

/// Where callers leave jobs for the thread of a client.
///
/// Ringing costs a system call, so it is done only when the thread sleeps or is about to.
final class Mailbox: Sendable {
  private struct State {
    var jobs: [Job] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let isSleeping = Atomic(false)
  let wakeup: Wakeup

  init(wakeup: Wakeup) { self.wakeup = wakeup }

  /// Leaves a job; false after the end.
  func post(_ job: Job) -> Bool {
    let isOpen = state.withLock { state in
      guard !state.isClosed else { return false }
      state.jobs.append(job)
      return true
    }
    if isOpen { ring() }
    return isOpen
  }

  /// No more jobs; the thread ends after it has failed those it has.
  func close() {
    state.withLock { $0.isClosed = true }
    ring()
  }

  private func ring() {
    if isSleeping.exchange(false, ordering: .sequentiallyConsistent) { wakeup.ring() }
  }

  // MARK: - The thread's side

  /// Moves the jobs that have come to `jobs`; returns false after the end.
  func collect(into jobs: inout [Job]) -> Bool {
    state.withLock { state in
      swap(&jobs, &state.jobs)
      state.jobs.removeAll(keepingCapacity: true)
      return !state.isClosed
    }
  }

  /// Says that the thread is about to sleep; false when there is something to do first.
  func prepareToSleep() -> Bool {
    isSleeping.store(true, ordering: .sequentiallyConsistent)
    let isIdle = state.withLock { $0.jobs.isEmpty && !$0.isClosed }
    if !isIdle { isSleeping.store(false, ordering: .sequentiallyConsistent) }
    return isIdle
  }

  func didWake() { isSleeping.store(false, ordering: .relaxed) }
}
