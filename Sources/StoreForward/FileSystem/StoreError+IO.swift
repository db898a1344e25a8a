internal import Glibc

extension StoreError {
  /// What a failed file operation means to the caller of the store.
  init(_ error: StoreIOError, in directory: String) {
    let path = error.name.isEmpty ? directory : "\(directory)/\(error.name)"
    let reason = String(cString: strerror(error.errno))
    func make(_ code: Code, _ message: String, _ advice: String) -> StoreError {
      StoreError(code, message, path: path, advice: advice, errno: error.errno)
    }
    switch error.errno {
    case ENOSPC, EDQUOT, EFBIG:
      self = make(
        .diskFull, "the disk is full: \(error.operation) failed, \(reason)",
        "free some space; appending then works again")
    case EWOULDBLOCK where error.operation == "lock":
      let who = error.owner > 0 ? "process \(error.owner)" : "another process"
      self = make(
        .locked, "the store is open in \(who)",
        "close it there, or look at it with a read-only command")
    case EACCES, EPERM:
      self = make(
        .permissionDenied, "\(error.operation) is not permitted: \(reason)",
        "check the owner and the permissions of the directory and its files")
    case ENOENT, ENOTDIR:
      self = make(.notFound, "\(error.operation) failed: \(reason)", "check the path")
    case EMFILE, ENFILE:
      self = make(
        .inputOutput, "no file descriptor is left: \(reason)",
        "close files or raise the limit (ulimit -n); appending then works again")
    case EROFS:
      self = make(
        .inputOutput, "\(error.operation) failed: \(reason)",
        "the file system is mounted read-only, often after an error; look into the kernel's log")
    default:
      self = make(
        .inputOutput, "\(error.operation) failed: \(reason)",
        "the disk may be failing; look into the kernel's log")
    }
  }
}

extension StoreIOError {
  /// A lack of space ends when space returns.
  var isLackOfSpace: Bool { errno == ENOSPC || errno == EDQUOT || errno == EFBIG }

  /// What says nothing of the disk's health and ends by itself or by others; everything else is taken for a failing disk.
  var isPassing: Bool { isLackOfSpace || errno == EMFILE || errno == ENFILE }
}

extension StoreError {
  /// Whether appending may go on after it without the store being opened again.
  var isPassing: Bool {
    code == .diskFull || code == .full
      || code == .inputOutput && (errno == EMFILE || errno == ENFILE)
  }
}

extension StoreIOError {
  /// Whether the file or directory is not there.
  var isMissing: Bool { errno == ENOENT }
}
