internal import Glibc
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
  private let engine = LentEngine()
  let wakeup: Wakeup

  init(wakeup: Wakeup) { self.wakeup = wakeup }

  /// Leaves a job; false after the end.
  ///
  /// While the thread waits and the wire is idle the caller sends the request itself, so that the thread is woken by the
  /// answer alone: one hop instead of two.
  func post(_ job: Job) -> Bool {
    if job.message == nil, isSleeping.load(ordering: .acquiring) {
      switch engine.start(job) {
      case .no: break
      case .sent: return true
      case .begun:
        ring()
        return true
      }
    }
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

  /// The thread begins: the engine is its own, but while it sleeps.
  func lend(_ engine: WireEngine) { self.engine.lend(engine) }

  /// The thread ends.
  func takeBackForGood() { engine.takeBackForGood() }

  /// Runs `wait`, which must not touch the engine, while callers may.
  func sleep(_ wait: () -> Void) { engine.unlocked(wait) }

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

/// The engine of a client, and the lock that says who may touch it: its thread, or a caller while the thread waits in poll(2).
///
/// All that the engine holds is touched only with the lock held, which is why this may be marked as sendable.
private final class LentEngine: @unchecked Sendable {
  // Not `Mutex`: the lock is held across calls and taken back by the same thread, which a closure can't say.
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private var engine: WireEngine?

  init() {
    lock = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  func lend(_ engine: WireEngine) {
    pthread_mutex_lock(lock)
    self.engine = engine
  }

  func takeBackForGood() {
    engine = nil
    pthread_mutex_unlock(lock)
  }

  func unlocked(_ wait: () -> Void) {
    pthread_mutex_unlock(lock)
    wait()
    pthread_mutex_lock(lock)
  }

  /// What became of a caller's own attempt to send.
  func start(_ job: Job) -> WireEngine.DirectStart {
    guard pthread_mutex_trylock(lock) == 0 else { return .no }
    defer { pthread_mutex_unlock(lock) }
    return engine?.startDirectly(job) ?? .no
  }
}
