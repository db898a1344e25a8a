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
}
