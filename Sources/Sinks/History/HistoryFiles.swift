#if History
  internal import Glibc

  /// The files of a history as a connection has them open: SQLite goes on with these, whatever becomes of their names.
  struct HistoryFiles: Sendable {
    /// Which file it is, by whatever name.
    private struct Identity: Sendable, Equatable {
      var device: dev_t
      var number: ino_t

      init(_ status: stat) { (device, number) = (status.st_dev, status.st_ino) }

      /// That of the file at a path; nil where none can be seen.
      init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
      }
    }

    private let path: String
    /// Where the files beside it are, without the endings of their names: SQLite follows links.
    private let target: String
    private let main: Identity?
    private let log: Identity?
    private let index: Identity?

    /// Those at a path, which a connection has just opened.
    init(of path: String) {
      self.path = path
      if let resolved = realpath(path, nil) {
        target = String(cString: resolved)
        free(resolved)
      } else {
        target = path
      }
      main = Identity(of: path)
      log = Identity(of: target + "-wal")
      index = Identity(of: target + "-shm")
    }

    /// Whether the path leads to another file by now, or to none: others move and delete files that have grown.
    var isLost: Bool {
      var found = stat()
      guard stat(path, &found) == 0 else { return errno == ENOENT || errno == ENOTDIR }
      return main != Identity(found)
    }

    /// Whether another file can be read at the path. As long as the index of the file before is beside it, its writer has not let go
    /// of it, and who opened the new one would take that index for the new one's.
    var isReplaced: Bool {
      guard let found = Identity(of: path), found != main else { return false }
      return index == nil || Identity(of: target + "-shm") != index
    }

    /// Whether the log is where it was while the file is not: nobody will bring the one into the other any more.
    var isLogLeft: Bool { isLeft("-wal", log) }

    /// Takes away what is left where the file was. Not before it is closed, and all of the log is in it: a new file must not be
    /// opened over them.
    func removeLeft() {
      for (ending, identity) in [("-wal", log), ("-shm", index)] where isLeft(ending, identity) {
        unlink(target + ending)
      }
    }

    private func isLeft(_ ending: String, _ identity: Identity?) -> Bool {
      identity != nil && Identity(of: target + ending) == identity && Identity(of: target) != main
    }
  }
#endif
