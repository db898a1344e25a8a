internal import IOThreads

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// An open descriptor with one owner; closed when the owner lets go of it.
struct FileDescriptor: ~Copyable, Sendable {
  let rawValue: Int32

  init(owning rawValue: Int32) { self.rawValue = rawValue }

  deinit { close(rawValue) }
}

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

/// Starts a thread that ends by itself and that nobody waits for.
func startThread(
  name: String, _ body: @escaping @Sendable () -> Void
) throws(ModbusError) {
  do throws(SystemFailure) {
    try OwnedThread.start(name: name, body)
  } catch {
    throw ModbusError.system("no thread is left for a client", errno: error.errorNumber)
  }
}

extension ModbusError {
  /// An operating system's refusal, with its own words for the number.
  static func system(_ what: String, errno number: Int32) -> ModbusError {
    ModbusError(
      .system, "\(what): \(SystemFailure.explanation(of: number))", systemError: number,
      advice: "check the limits on open files and threads (ulimit -n, ulimit -u)")
  }
}
