internal import Glibc

/// A lock with condition variables, for threads that wait for each other.
///
/// `Mutex` of the standard library has no condition variable; this is the platform's own pair.
// Sendable: the pointers never change and what they point to is made for many threads.
final class Monitor: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }

  /// Runs the body with the lock held.
  @inline(__always)
  func locked<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }

  /// A reason to wait, signalled by other threads.
  final class Condition: @unchecked Sendable {  // as above
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
      condition = .allocate(capacity: 1)
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(condition, &attributes)
      pthread_condattr_destroy(&attributes)
    }

    deinit {
      pthread_cond_destroy(condition)
      condition.deallocate()
    }

    func signal() { pthread_cond_signal(condition) }
    func broadcast() { pthread_cond_broadcast(condition) }

    /// Waits with the monitor's lock held; may wake without a signal.
    func wait(_ monitor: Monitor) { pthread_cond_wait(condition, monitor.mutex) }

    /// As `wait`, and returns false when the deadline (`MonotonicClock`) has passed.
    func wait(_ monitor: Monitor, until deadline: UInt64) -> Bool {
      guard deadline != .max else {
        wait(monitor)
        return true
      }
      var time = timespec()
      time.tv_sec = time_t(clamping: deadline / 1_000_000_000)
      time.tv_nsec = Int(deadline % 1_000_000_000)
      return pthread_cond_timedwait(condition, monitor.mutex, &time) != ETIMEDOUT
    }
  }
}
