internal import Glibc

/// A regular file, whatever it is called: a path and a link to it are the same one.
struct RegularFile: Equatable {
  private let device: dev_t
  private let inode: ino_t

  /// - Parameters:
  ///   - path: - for the descriptor.
  ///   - descriptor: standard input or output.
  init?(_ path: String, or descriptor: Int32 = -1) {
    var status = stat()
    let failed = path == "-" ? fstat(descriptor, &status) : stat(path, &status)
    // Pipes, terminals and /dev/null may well be both.
    guard failed == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    (device, inode) = (status.st_dev, status.st_ino)
  }

  /// Whether two paths lead to one file.
  static func areSame(_ path: String, _ other: String) -> Bool {
    guard let file = RegularFile(path) else { return false }
    return file == RegularFile(other)
  }

  /// Refuses to write into the file that is read: it would be emptied before it is read, or grow for ever. To be called before
  /// anything is opened for writing.
  ///
  /// - Parameters:
  ///   - output: - for standard output.
  ///   - input: - for standard input.
  ///   - what: The input, as the message calls it.
  static func refuseWriting(
    _ output: String, whileReading input: String, what: String
  ) throws {
    guard let source = RegularFile(input, or: STDIN_FILENO),
      source == RegularFile(output, or: STDOUT_FILENO)
    else { return }
    let name = input == "-" ? "standard input" : input
    throw Failure(
      "the \(what) is read from the file that would be written: nothing was written",
      at: output == "-"
        ? "\(name) and standard output" : output == input ? input : "\(name) and \(output)",
      advice: "write to another file, and rename it afterwards"
        + (output == "-" ? "; a shell's > empties the file before anybody looks" : ""))
  }
}
