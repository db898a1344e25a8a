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
      // No thread to be had: jobs then run on whoever enqueues them, late but not lost.
      queue.runInline()
    }
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
    var isInline = false
  }

  private let state = Mutex(State())
  private let wakeUp = Semaphore()

  func append(_ job: UnownedJob, executor: UnownedSerialExecutor) {
    let isInline = state.withLock { state in
      if !state.isInline { state.jobs.append((job, executor)) }
      return state.isInline
    }
    if isInline { job.runSynchronously(on: executor) } else { wakeUp.signal() }
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
