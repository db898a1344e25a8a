internal import Glibc
internal import IndustrialModel

/// A file that grows by whole lines.
struct AppendFile: ~Copyable {
  private let path: String
  private var descriptor: Int32
  /// Bytes that are whole lines, on the disk or on their way to it.
  private(set) var length: off_t
  /// Bytes that are on the disk.
  private var syncedLength: off_t = 0
  /// Pipes and terminals can neither be synced nor shortened.
  private let isRegular: Bool
  /// When the file was written to before it was opened.
  private(set) var lastChange = Timestamp(nanoseconds: 0)

  /// Whether there is a file that can be given another name.
  var canBePutAside: Bool { isRegular }

  init(path: String) throws(SinkError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    length = 0
    guard descriptor >= 0 else {
      isRegular = false
      throw SinkError(errno: errno, doing: "open the file", to: path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      isRegular = false
      Glibc.close(descriptor)
      throw SinkError(errno: code, doing: "look at the file", to: path)
    }
    isRegular = status.st_mode & S_IFMT == S_IFREG
    lastChange = Timestamp(
      nanoseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    guard isRegular else { return }
    do throws(SinkError) {
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        throw SinkError(
          code: .busy, destination: path, message: "another sink or program writes to this file",
          advice: "give each sink a file of its own, or stop the other program", errno: errno)
      }
      length = try AppendFile.endOfLastLine(descriptor, size: status.st_size, path: path)
      guard ftruncate(descriptor, length) == 0, lseek(descriptor, length, SEEK_SET) == length else {
        throw SinkError(errno: errno, doing: "cut off an unfinished line", to: path)
      }
      try AppendFile.syncFolder(of: path)
      syncedLength = length
    } catch {
      Glibc.close(descriptor)
      descriptor = -1
      throw error
    }
  }

  deinit { if descriptor >= 0 { Self.release(descriptor) } }

  /// Writes all bytes, or none of them: what a failed write left is taken back.
  mutating func append(_ bytes: [UInt8]) throws(SinkError) {
    guard descriptor >= 0 else { throw SinkError(errno: EBADF, doing: "write", to: path) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        write(descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        takeBack(to: length)
        throw SinkError(errno: code, doing: "write", to: path)
      }
      written += count
    }
    length += off_t(bytes.count)
  }

  /// Returns when all that was appended is on the disk; takes it back when that fails.
  ///
  /// After a failed sync the kernel may call the pages clean although the disk never got them, so trying
  /// the sync again proves nothing: the bytes have to be written anew.
  mutating func sync() throws(SinkError) {
    guard isRegular else { return }
    guard fdatasync(descriptor) == 0 else {
      let code = errno
      takeBack(to: syncedLength)
      throw SinkError(errno: code, doing: "bring the data to the disk", to: path)
    }
    syncedLength = length
  }

  private mutating func takeBack(to end: off_t) {
    guard isRegular else { return }
    ftruncate(descriptor, end)
    lseek(descriptor, end, SEEK_SET)
    length = end
  }

  mutating func close() {
    guard descriptor >= 0 else { return }
    Self.release(descriptor)
    descriptor = -1
  }

  /// The lock is given back by name: closing alone leaves it to a child process that is just being started, for a moment.
  private static func release(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    Glibc.close(descriptor)
  }

  /// Where the last whole line ends. A line is far shorter than the window: a longer tail without a line end
  /// is no file of ours, and must not be cut.
  private static func endOfLastLine(
    _ descriptor: Int32, size: off_t, path: String
  ) throws(SinkError) -> off_t {
    guard size > 0 else { return 0 }
    let window = Int(min(size, 1 << 20))
    var tail = [UInt8](repeating: 0, count: window)
    let start = size - off_t(window)
    var got = 0
    while got < window {
      let count = tail.withUnsafeMutableBytes { buffer in
        pread(
          descriptor, buffer.baseAddress?.advanced(by: got), window - got, start + off_t(got))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw SinkError(errno: errno, doing: "read the file", to: path) }
      got += count
    }
    if let lineEnd = tail.lastIndex(of: UInt8(ascii: "\n")) { return start + off_t(lineEnd) + 1 }
    guard start == 0, !tail.contains(0) else {
      throw SinkError(
        code: .foreignContent, destination: path,
        message: "the file holds something that is not lines of samples",
        advice: "name another file, or move this one away")
    }
    return 0
  }

  /// Gives a file another name, durably.
  static func rename(_ path: String, to newPath: String) throws(SinkError) {
    guard Glibc.rename(path, newPath) == 0 else {
      throw SinkError(errno: errno, doing: "rename the file", to: path)
    }
    try syncFolder(of: path)
  }

  /// A new file's name is safe only when its folder is.
  private static func syncFolder(of path: String) throws(SinkError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SinkError(errno: errno, doing: "open the folder", to: folder)
    }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw SinkError(errno: errno, doing: "bring the folder to the disk", to: folder)
    }
  }
}
