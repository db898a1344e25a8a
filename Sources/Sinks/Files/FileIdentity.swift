internal import Glibc

/// Which file it is, by whatever name.
package struct FileIdentity: Sendable, Equatable {
  /// The disk that it is on.
  let device: UInt64
  private let number: UInt64

  init(_ status: stat) {
    (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  /// That of the file at a path; nil where none can be seen, and `errno` says why.
  init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// That of an open file; nil where it can't be told.
  package init?(of descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Whether a path that led to it leads to another file by now, or to none: others move and delete files that have grown. Where that
  /// can't be seen it counts as there.
  package func isGone(from path: String) -> Bool {
    guard let found = FileIdentity(of: path) else { return errno == ENOENT || errno == ENOTDIR }
    return found != self
  }
}
