internal import Glibc
internal import Synchronization

/// The directory of a store on a real disk.
package final class POSIXFileSystem: StoreFileSystem {
  package let path: String
  private let isReadOnly: Bool
  private let lockDescriptor = Mutex<Int32>(-1)

  /// Opens the directory, and creates it and its parents where they lack unless read-only.
  package init(directory: String, readOnly: Bool) throws(StoreIOError) {
    path = directory
    isReadOnly = readOnly
    var status = stat()
    if stat(directory, &status) != 0 {
      guard errno == ENOENT, !readOnly else {
        throw StoreIOError(errno: errno, operation: "opening the directory", name: "")
      }
      try POSIXFileSystem.createDirectory(directory)
    } else if status.st_mode & S_IFMT != S_IFDIR {
      throw StoreIOError(errno: ENOTDIR, operation: "opening the directory", name: "")
    }
  }

  deinit { unlock() }

  /// Creates what lacks of a path and makes each new name durable in its parent.
  private static func createDirectory(_ directory: String) throws(StoreIOError) {
    var prefix = directory.hasPrefix("/") ? "/" : ""
    for part in directory.split(separator: "/") {
      let parent = prefix.isEmpty ? "." : prefix
      prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + part
      if mkdir(prefix, 0o755) == 0 {
        try sync(directory: parent)
      } else if errno != EEXIST {
        throw StoreIOError(errno: errno, operation: "creating the directory", name: "")
      }
    }
  }

  private static func sync(directory: String) throws(StoreIOError) {
    let descriptor = openRepeatedly(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreIOError(errno: errno, operation: "opening the directory", name: "")
    }
    defer { close(descriptor) }
    // Some file systems cannot sync a directory and say EINVAL; then there is nothing to wait for.
    while fsync(descriptor) != 0, errno != EINVAL {
      if errno != EINTR {
        throw StoreIOError(errno: errno, operation: "syncing the directory", name: "")
      }
    }
  }

  package func list() throws(StoreIOError) -> [String] {
    guard let stream = opendir(path) else {
      throw StoreIOError(errno: errno, operation: "reading the directory", name: "")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        // A list that ends early would make segments look lost.
        if errno != 0 {
          throw StoreIOError(errno: errno, operation: "reading the directory", name: "")
        }
        return names
      }
      // In place: a copy would read all 256 bytes, and an entry ends with its name.
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  /// `open`, again while signals interrupt it.
  private static func openRepeatedly(_ path: String, _ flags: Int32) -> Int32 {
    while true {
      let descriptor = Glibc.open(path, flags, 0o644)
      if descriptor >= 0 || errno != EINTR { return descriptor }
    }
  }

  package func open(_ name: String, create: Bool) throws(StoreIOError) -> POSIXFile {
    let access = isReadOnly ? O_RDONLY : O_RDWR | (create ? O_CREAT : 0)
    let descriptor = Self.openRepeatedly("\(path)/\(name)", access | O_CLOEXEC | O_NOFOLLOW)
    if descriptor >= 0 { return POSIXFile(descriptor: descriptor, name: name) }
    throw StoreIOError(errno: errno, operation: "opening", name: name)
  }

  package func rename(_ name: String, to newName: String) throws(StoreIOError) {
    while Glibc.rename("\(path)/\(name)", "\(path)/\(newName)") != 0 {
      if errno != EINTR { throw StoreIOError(errno: errno, operation: "renaming", name: name) }
    }
  }

  package func unlink(_ name: String) throws(StoreIOError) {
    while Glibc.unlink("\(path)/\(name)") != 0 {
      if errno != EINTR { throw StoreIOError(errno: errno, operation: "removing", name: name) }
    }
  }

  package func syncDirectory() throws(StoreIOError) {
    try POSIXFileSystem.sync(directory: path)
  }

  /// flock, not fcntl: it holds between two opens in one process and survives closing other files.
  package func lock(_ name: String) throws(StoreIOError) {
    let descriptor = Self.openRepeatedly("\(path)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreIOError(errno: errno, operation: "opening", name: name)
    }
    var isTaken = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    while !isTaken, errno == EINTR { isTaken = flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
    guard isTaken else {
      let reason = errno
      let owner = POSIXFile(descriptor: descriptor, name: name).leadingNumber()
      throw StoreIOError(errno: reason, operation: "lock", name: name, owner: owner)
    }
    var text = Array("\(getpid())\n".utf8)
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, &text, text.count, 0) }
    lockDescriptor.withLock { $0 = descriptor }
  }

  package func unlock() {
    lockDescriptor.withLock { descriptor in
      if descriptor >= 0 {
        // A child that was forked a moment ago has the descriptor too, until it runs its program; the lock must not stay with it.
        flock(descriptor, LOCK_UN)
        close(descriptor)
      }
      descriptor = -1
    }
  }

  package func wallClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  package func monotonicClock() -> UInt64 { MonotonicClock.now() }

  package func bootIdentity() -> StoreIdentity {
    let descriptor = Self.openRepeatedly("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return newIdentity() }
    let file = POSIXFile(descriptor: descriptor, name: "boot_id")
    guard let text = try? file.bytes(at: 0, count: 36), text.count == 36 else {
      return newIdentity()
    }
    var words: [UInt64] = [0, 0]
    var digits = 0
    for byte in text {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, digits < 32 else { continue }
      words[digits / 16] = words[digits / 16] << 4 | UInt64(digit)
      digits += 1
    }
    return StoreIdentity(low: words[0], high: words[1])
  }

  package func newIdentity() -> StoreIdentity {
    var random = SystemRandomNumberGenerator()
    return StoreIdentity(low: random.next(), high: random.next())
  }
}

/// A file descriptor, closed when the last user lets go of it.
package final class POSIXFile: StoreFile {
  private let descriptor: Int32
  private let name: String

  init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  deinit { close(descriptor) }

  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StoreIOError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      if errno != EINTR { throw StoreIOError(errno: errno, operation: "reading", name: name) }
    }
  }

  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int
  ) throws(StoreIOError) -> Int {
    while true {
      let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
      if count > 0 || bytes.isEmpty { return count }
      if count == 0 { throw StoreIOError(errno: ENOSPC, operation: "writing", name: name) }
      if errno != EINTR { throw StoreIOError(errno: errno, operation: "writing", name: name) }
    }
  }

  package func truncate(to size: Int) throws(StoreIOError) {
    while ftruncate(descriptor, off_t(size)) != 0 {
      if errno != EINTR { throw StoreIOError(errno: errno, operation: "resizing", name: name) }
    }
  }

  /// Not repeated on an error: after a failed sync the kernel may have dropped the pages and a
  /// second call would report success. A signal is no error: then nothing was given up.
  package func dataSync() throws(StoreIOError) {
    while fdatasync(descriptor) != 0 {
      if errno != EINTR { throw StoreIOError(errno: errno, operation: "syncing", name: name) }
    }
  }

  package func size() throws(StoreIOError) -> Int {
    var status = stat()
    if fstat(descriptor, &status) != 0 {
      throw StoreIOError(errno: errno, operation: "asking the size", name: name)
    }
    return Int(status.st_size)
  }

  /// The decimal number a file begins with, 0 where there is none.
  fileprivate func leadingNumber() -> Int32 {
    let bytes = (try? self.bytes(at: 0, count: 12)) ?? []
    return Int32(String(decoding: bytes.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)) ?? 0
  }
}
