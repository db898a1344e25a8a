internal import CIOThreads
internal import Glibc

/// A flag that a thread can wait for with poll(2): an eventfd.
///
/// It stays raised until cleared, so that a signal given before the wait is not lost.
package struct WakeSignal: ~Copyable, Sendable {
  /// The descriptor to poll for POLLIN.
  package let descriptor: Int32

  /// A signal that is not raised.
  package init() throws(SystemFailure) {
    descriptor = iiot_wake_create()
    guard descriptor >= 0 else { throw SystemFailure(call: "eventfd", errorNumber: -descriptor) }
  }

  /// Wakes whoever polls, now or later.
  package func raise() { iiot_wake_raise(descriptor) }

  /// Takes the signal back.
  package func clear() { iiot_wake_clear(descriptor) }

  deinit { _ = close(descriptor) }
}
