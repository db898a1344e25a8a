internal import Glibc
internal import IOThreads
internal import Sinks

/// The file of an audit trail, only ever appended to. It stays the same file whatever becomes of its name.
struct AuditFile: ~Copyable, Sendable {
  private let path: String
  private let descriptor: Int32
  /// How long it was when it was read or written to last.
  private var length: off_t

  /// Opens it, and makes it where there is none.
  static func open(_ path: String) throws(SystemFailure) -> AuditFile {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw SystemFailure("open") }
    return AuditFile(path: path, owning: descriptor)
  }

  private init(path: String, owning descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
    length = 0
  }

  deinit { close(descriptor) }

  /// Whether its path leads to another file by now, or to none, or others wrote to it or shortened it.
  var isLost: Bool {
    guard let identity = FileIdentity(of: descriptor) else { return true }
    return identity.isGone(from: path) || lseek(descriptor, 0, SEEK_END) != length
  }

  /// Its whole lines. What a crash left of one behind them is taken out: so many bytes were `unfinished`.
  mutating func read() throws(SystemFailure) -> (lines: [UInt8], unfinished: Int) {
    guard let bytes = readFile(path) else { throw SystemFailure("open") }
    let whole = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    if whole < bytes.count,
      ftruncate(descriptor, off_t(whole)) != 0 || fdatasync(descriptor) != 0
    {
      throw SystemFailure("ftruncate")
    }
    if bytes.isEmpty { syncFolder(ofFile: path) }
    length = off_t(whole)
    return (Array(bytes[..<whole]), bytes.count - whole)
  }

  /// Writes a line, durably, or nothing.
  mutating func append(_ line: [UInt8]) throws(SystemFailure) {
    do throws(SystemFailure) {
      try writeWhole(line[...], to: descriptor)
      guard fdatasync(descriptor) == 0 else { throw SystemFailure("fdatasync") }
    } catch {
      // Half a line must not stand before the next one.
      let reason = errno
      ftruncate(descriptor, length)
      errno = reason
      throw error
    }
    length += off_t(line.count)
  }
}
