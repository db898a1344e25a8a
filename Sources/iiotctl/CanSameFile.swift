internal import Glibc

/// A regular file, whatever it is called: a path and a link to it are the same one.
private struct RegularFile: Equatable {
  private let device: dev_t
  private let inode: ino_t

  /// - Parameters:
  ///   - path: - for the descriptor.
  ///   - descriptor: standard input or output.
  init?(_ path: String, or descriptor: Int32) {
    var status = stat()
    let failed = path == "-" ? fstat(descriptor, &status) : stat(path, &status)
    // Pipes, terminals and /dev/null may well be both.
    guard failed == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    (device, inode) = (status.st_dev, status.st_ino)
  }
}

extension CanLogInput {
  /// Refuses to write into the log that is read: it would be emptied before it is read, or grow for ever. To be called before
  /// anything is opened for writing.
  static func refuseWriting(_ output: String, whileReading log: String) throws {
    guard let source = RegularFile(log, or: STDIN_FILENO),
      source == RegularFile(output, or: STDOUT_FILENO)
    else { return }
    throw Failure(
      "the log is read from the file that would be written: nothing was changed",
      at: output == "-"
        ? "\(name(log)) and standard output"
        : output == log
          ? log : "\(name(log)) and \(output)",
      advice: "write to another file, and rename it afterwards")
  }
}
