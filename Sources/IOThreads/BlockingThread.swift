internal import Glibc
internal import Synchronization

/// A thread of its own on which an actor runs, for actors that call what blocks (file systems, C
/// libraries): the cooperative pool has as many threads as the machine has cores and must never wait.
package final class BlockingThread: SerialExecutor {
  private let queue: JobQueue

  /// Starts the thread; it ends when the executor is gone and its queue is empty.
  ///
  /// - Parameter name: As of ``OwnedThread/start(name:_:)``.
  package init(name: String) {
    let queue = JobQueue()
    self.queue = queue
    do throws(SystemFailure) {
      try OwnedThread.start(name: name) { queue.run() }
    } catch {
      queue.runInline()
    }
  }

  /// As if no thread were to be had, for tests.
  init(withoutThread: Void) {
    queue = JobQueue()
    queue.runInline()
  }

  deinit { queue.finish() }

  /// Runs the job on the thread, after those before it.
  package func enqueue(_ job: consuming ExecutorJob) {
    queue.append(UnownedJob(job), executor: asUnownedSerialExecutor())
  }
}

/// What the thread and its executor share.
private final class JobQueue: Sendable {
  private struct State {
    var jobs: [(UnownedJob, UnownedSerialExecutor)] = []
    var isFinished = false
    /// There is no thread: jobs run on whoever enqueues them, late but not lost.
    var isInline = false
    /// The queue itself, while one of these runs jobs, and those that others bring: the last of them may let go of the
    /// actor, and so of the executor.
    var draining: JobQueue?
  }

  private let state = Mutex(State())
  private let wakeUp = Semaphore()

  func append(_ job: UnownedJob, executor: UnownedSerialExecutor) {
    let isInline = state.withLock { state in
      state.jobs.append((job, executor))
      // Under the lock: the thread may run the job before the signal, and the task may let go of the actor, its executor and this
      // queue while we are still here.
      if !state.isInline { wakeUp.signal() }
      return state.isInline
    }
    if isInline { drain() }
  }

  /// Runs the jobs here, unless another caller, or this one further out, does so already: an actor's jobs never overlap.
  private func drain() {
    let isFirst = state.withLock { state in
      let isFirst = state.draining == nil
      state.draining = self
      return isFirst
    }
    guard isFirst else { return }
    while true {
      let (jobs, kept) = state.withLock { state in
        let jobs = state.jobs
        state.jobs.removeAll(keepingCapacity: true)
        let kept = state.draining
        if jobs.isEmpty { state.draining = nil }
        return (jobs, kept)
      }
      _ = kept  // let go of outside the lock
      if jobs.isEmpty { return }
      for (job, executor) in jobs { job.runSynchronously(on: executor) }
    }
  }

  func runInline() { state.withLock { $0.isInline = true } }

  func finish() {
    state.withLock { $0.isFinished = true }
    wakeUp.signal()
  }

  func run() {
    while true {
      let (jobs, isFinished) = state.withLock { state in
        let jobs = state.jobs
        state.jobs.removeAll(keepingCapacity: true)
        return (jobs, state.isFinished)
      }
      for (job, executor) in jobs { job.runSynchronously(on: executor) }
      if jobs.isEmpty {
        if isFinished { return }
        wakeUp.wait()
      }
    }
  }
}

/// A POSIX semaphore at a fixed address.
// Sendable: sem_post and sem_wait may be called from any thread, and the pointer never changes.
private final class Semaphore: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  func wait() { while sem_wait(semaphore) != 0 {} }
}
