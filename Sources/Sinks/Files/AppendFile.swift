internal import Glibc
internal import IndustrialModel

/// A file that grows by whole lines.
struct AppendFile: ~Copyable {
  private let path: String
  private let calls: FileCalls
  private var descriptor: Int32
  /// Bytes that are whole lines, on the disk or on their way to it.
  private(set) var length: off_t
  /// Bytes that are on the disk.
  private var syncedLength: off_t = 0
  /// Pipes and terminals can neither be synced nor shortened nor given another name.
  let isRegular: Bool
  /// When the file was written to before it was opened.
  private(set) var lastChange = Timestamp(nanoseconds: 0)

  /// Opens or creates it, and cuts off what a crash left of a line.
  ///
  /// - Parameter lines: How its lines look; nil where that can't be told.
  init(
    path: String, lines: (any LineSyntax)?, calls: FileCalls = FileCalls()
  ) throws(SinkError) {
    self.path = path
    self.calls = calls
    descriptor = calls.openFile(path)
    length = 0
    guard descriptor >= 0 else {
      isRegular = false
      throw SinkError(errno: errno, doing: "open the file", to: path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      isRegular = false
      close(descriptor)
      descriptor = -1
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
      length = try LastLine(
        descriptor: descriptor, size: status.st_size, path: path, lines: lines
      ).end()
      guard ftruncate(descriptor, length) == 0, lseek(descriptor, length, SEEK_SET) == length else {
        throw SinkError(errno: errno, doing: "cut off an unfinished line", to: path)
      }
      try AppendFile.syncFolder(of: path)
      syncedLength = length
    } catch {
      close(descriptor)
      descriptor = -1
      throw error
    }
  }

  deinit { if descriptor >= 0 { Self.release(descriptor) } }

  /// Whether its path leads to another file by now, or to none, or somebody shortened it: others move, delete and cut files that
  /// have grown. What would be written then is in no place where anybody looks for it.
  var isLost: Bool {
    guard isRegular else { return false }
    var opened = stat()
    guard fstat(descriptor, &opened) == 0 else { return true }
    return FileIdentity(opened).isGone(from: path) || opened.st_size < length
  }

  /// Writes all bytes, or none of them: what a failed write left is taken back.
  mutating func append(_ bytes: [UInt8]) throws(SinkError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        calls.writeBytes(
          descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
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
    guard calls.syncData(descriptor) == 0 else {
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

  /// The lock is given back by name: closing alone leaves it to a child process that is just being started, for a moment.
  private static func release(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Gives a file another name; not where there is none, because somebody was quicker. It is durable when the next file is open,
  /// which syncs the folder.
  static func rename(_ path: String, to newPath: String) throws(SinkError) {
    guard Glibc.rename(path, newPath) == 0 || errno == ENOENT else {
      throw SinkError(errno: errno, doing: "rename the file", to: path)
    }
  }

  /// A new file's name is safe only when its folder is.
  private static func syncFolder(of path: String) throws(SinkError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SinkError(errno: errno, doing: "open the folder", to: folder)
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw SinkError(errno: errno, doing: "bring the folder to the disk", to: folder)
    }
  }
}
