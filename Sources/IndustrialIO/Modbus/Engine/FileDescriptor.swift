internal import CModbus

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
  private let descriptor: FileDescriptor

  init() throws(ModbusError) {
    let result = iiot_wakeup_open()
    guard result >= 0 else {
      throw ModbusError.system("no descriptor is left for a client", errno: -result)
    }
    descriptor = FileDescriptor(owning: result)
  }

  /// Readable while it has been rung and not cleared.
  var pollDescriptor: Int32 { descriptor.rawValue }

  func ring() { iiot_wakeup_ring(descriptor.rawValue) }

  func clear() { iiot_wakeup_clear(descriptor.rawValue) }
}

extension ModbusError {
  /// An operating system's refusal, with its own words for the number.
  static func system(_ what: String, errno number: Int32) -> ModbusError {
    ModbusError(
      .system, "\(what): \(String(cString: strerror(number)))", systemError: number,
      advice: "check the limits on open files and threads (ulimit -n, ulimit -u)")
  }
}
