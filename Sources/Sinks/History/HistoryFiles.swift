#if History
  internal import Glibc

  /// The files of a history as a connection has them open: SQLite goes on with these, whatever becomes of their names.
  struct HistoryFiles: Sendable {
    /// The ending of a log that nobody can bring into its file any more, behind that of a log.
    static let left = ".left"

    private let path: String
    /// Where the files beside it are, without the endings of their names: SQLite follows links.
    private let target: String
    private let main: FileIdentity?
    private let log: FileIdentity?
    private let index: FileIdentity?
    private let name: FileName?

    /// Those at a path, which a connection has just opened.
    init(of path: String) {
      self.path = path
      target = Self.target(of: path)
      name = FileName(of: path)
      main = FileIdentity(of: path)
      log = FileIdentity(of: target + "-wal")
      index = FileIdentity(of: target + "-shm")
    }

    /// Whether the path leads to another file by now, or to none: others move and delete files that have grown.
    var isLost: Bool {
      main?.isGone(from: path) ?? true
    }

    /// Whether another file can be read at the path. As long as the index of the file before is beside it, its writer has not let go
    /// of it, and who opened the new one would take that index for the new one's.
    var isReplaced: Bool {
      guard let found = FileIdentity(of: path), found != main else { return false }
      return index == nil || FileIdentity(of: target + "-shm") != index
    }

    /// Whether the log is where it was while the file is not: nobody will bring the one into the other any more.
    var isLogLeft: Bool { isLeft("-wal", log) }

    /// Whether no file is at the path and its folder is on another disk than the file that was there: that disk is away.
    var isDiskAway: Bool {
      guard let main, FileIdentity(of: path) == nil else { return false }
      let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? "."
      return FileIdentity(of: folder).map { $0.device != main.device } ?? false
    }

    /// Takes away what is left where the file was; not before it is closed. A new file must not be opened over it.
    ///
    /// - Parameter isEmptied: Whether all of the log is in the file.
    func removeLeft(isEmptied: Bool) {
      // A copy of the file on another disk has not got it.
      if isLeft("-wal", log), !isEmptied || name?.isThere != true { Self.putAside(target + "-wal") }
      for (ending, identity) in [("-wal", log), ("-shm", index)] where isLeft(ending, identity) {
        unlink(target + ending)
      }
    }

    /// Keeps a log beside which there is no file: SQLite would delete it with the next one that is opened there.
    static func putOrphanAside(_ path: String) {
      let target = target(of: path)
      var log = stat()
      guard FileIdentity(of: target) == nil, errno == ENOENT, stat(target + "-wal", &log) == 0,
        log.st_size > 0
      else { return }
      putAside(target + "-wal")
    }

    private static func putAside(_ log: String) { rename(log, log + left) }

    private static func target(of path: String) -> String {
      guard let resolved = realpath(path, nil) else { return path }
      defer { free(resolved) }
      return String(cString: resolved)
    }

    private func isLeft(_ ending: String, _ identity: FileIdentity?) -> Bool {
      identity != nil && FileIdentity(of: target + ending) == identity
        && FileIdentity(of: target) != main
    }
  }

  /// Tells whether a file still has a name. It is no descriptor that could be read: closing one of those would give up the
  /// locks that SQLite has on the file.
  private final class FileName: Sendable {
    private let descriptor: Int32

    /// `O_PATH` of Linux, which Swift's Glibc has not.
    private static let pathOnly: Int32 = 0o10_000_000

    init?(of path: String) {
      descriptor = open(path, Self.pathOnly | O_CLOEXEC)
      if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    var isThere: Bool {
      var status = stat()
      return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }
  }
#endif
