internal import IOThreads

/// What another thread rings to wake a thread that waits in poll(2).
final class Wakeup: Sendable {
  private let signal: WakeSignal

  init() throws(ModbusError) {
    do throws(SystemFailure) {
      signal = try WakeSignal()
    } catch {
      throw ModbusError.system("no descriptor is left for a client", errno: error.errorNumber)
    }
  }

  /// Readable while it has been rung and not cleared.
  var pollDescriptor: Int32 { signal.descriptor }

  func ring() { signal.raise() }

  func clear() { signal.clear() }
}
