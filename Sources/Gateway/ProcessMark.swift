internal import Glibc

/// Says which process runs the gateway of a data folder: `DATA/gateway.pid`, locked as long as it runs.
public final class ProcessMark: Sendable {
  private let descriptor: Int32

  /// Puts this process's number there. A folder that can't be written to costs the mark and nothing else.
  init(dataFolder: String) {
    descriptor = open(Self.path(dataFolder), O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
    let text = "\(getpid())\n"
    ftruncate(descriptor, 0)
    _ = text.utf8.withContiguousStorageIfAvailable {
      pwrite(descriptor, $0.baseAddress, $0.count, 0)
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    // See the store's lock: a child that was just forked must not keep it.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// The process that runs a gateway in a data folder; nil when none does.
  public static func runningProcess(dataFolder: String) -> Int32? {
    let descriptor = open(path(dataFolder), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // Who gets the lock is alone: what stands there is left from a process that has ended.
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
    let text = readFile(path(dataFolder)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return Int32(text.prefix { $0.isNumber }).flatMap { $0 > 1 ? $0 : nil }
  }

  private static func path(_ dataFolder: String) -> String { "\(dataFolder)/gateway.pid" }
}
