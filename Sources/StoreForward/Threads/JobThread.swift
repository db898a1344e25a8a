/// A thread for blocking calls on behalf of tasks, one after the other, and for what is due by time.
final class JobThread: @unchecked Sendable {  // guarded by `monitor`
  private let monitor = Monitor()
  private let changed = Monitor.Condition()
  private var jobs: [@Sendable () -> Void] = []
  private var isPoked = false
  private var isEnded = false

  private init() {}

  /// Starts a thread; it runs until `end`.
  ///
  /// - Parameter tick: Does what is due and returns when it wants to be called again
  ///   (`MonotonicClock`), `UInt64.max` for never.
  static func start(tick: @escaping @Sendable () -> UInt64) throws(StoreError) -> JobThread {
    let thread = JobThread()
    try WorkThread.start { thread.run(tick) }
    return thread
  }

  private func run(_ tick: () -> UInt64) {
    while true {
      let deadline = tick()
      monitor.lock()
      while jobs.isEmpty, !isEnded, !isPoked {
        if !changed.wait(monitor, until: deadline) { break }
      }
      isPoked = false
      let batch = jobs
      jobs.removeAll()
      let isLast = isEnded
      monitor.unlock()
      for job in batch { job() }
      if isLast, batch.isEmpty { return }
    }
  }

  /// Has `tick` called soon.
  func poke() {
    monitor.locked {
      isPoked = true
      changed.signal()
    }
  }

  /// The thread ends when it has nothing left to do; jobs that come later get a thread of their own.
  ///
  /// - Parameter last: One more job, unless the thread was ended before.
  func end(after last: (@Sendable () -> Void)? = nil) {
    monitor.locked {
      if let last, !isEnded { jobs.append(last) }
      isEnded = true
      changed.signal()
    }
  }

  /// Runs the body on the thread while the task waits.
  func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withUnsafeContinuation { continuation in
      let isTaken = monitor.locked {
        if isEnded { return false }
        jobs.append { continuation.resume(returning: body()) }
        changed.signal()
        return true
      }
      if !isTaken {
        WorkThread.startOrRun { continuation.resume(returning: body()) }
      }
    }
  }
}
