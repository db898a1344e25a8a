internal import Glibc

/// Where a gateway of this machine is asked and told: a socket in its data folder, for its own user and root.
enum ControlSocket {
  static let name = "control.sock"

  /// What stands in the way of a connection.
  struct Failure: Error {
    var message: String
    var errorNumber: Int32

    init(_ call: String) {
      errorNumber = errno
      message = "\(call): \(String(cString: strerror(errno)))"
    }
  }

  static func path(in dataFolder: String) -> String { "\(dataFolder)/\(name)" }

  /// A socket that waits for clients. What an earlier process left there is replaced; the caller is the only one who works in the
  /// folder.
  static func listen(in dataFolder: String) throws(Failure) -> Int32 {
    let descriptor = try make()
    do throws(Failure) {
      // The kernel makes the file with this mode: at no moment is it open to others.
      guard fchmod(descriptor, 0o600) == 0 else { throw Failure("fchmod") }
      var found = stat()
      if lstat(path(in: dataFolder), &found) == 0 {
        guard found.st_mode & S_IFMT == S_IFSOCK else {
          errno = EEXIST
          throw Failure("something else than a socket has this name")
        }
        unlink(path(in: dataFolder))
      }
      try withAddress(in: dataFolder) { address, length throws(Failure) in
        guard bind(descriptor, address, length) == 0 else { throw Failure("bind") }
      }
      guard Glibc.listen(descriptor, 8) == 0 else { throw Failure("listen") }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// A connection to whoever listens there.
  static func connect(to dataFolder: String) throws(Failure) -> Int32 {
    let descriptor = try make()
    do throws(Failure) {
      try withAddress(in: dataFolder) { address, length throws(Failure) in
        guard Glibc.connect(descriptor, address, length) == 0 else { throw Failure("connect") }
      }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func make() throws(Failure) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw Failure("socket") }
    return descriptor
  }

  /// The address of the socket. One whose path is too long for the kernel (107 bytes) is reached by way of the folder's descriptor.
  private static func withAddress(
    in dataFolder: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Failure) -> Void
  ) throws(Failure) {
    var path = path(in: dataFolder)
    var folder: Int32 = -1
    defer { if folder >= 0 { close(folder) } }
    var address = sockaddr_un()
    let room = MemoryLayout.size(ofValue: address.sun_path) - 1
    if path.utf8.count > room {
      folder = open(dataFolder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard folder >= 0 else { throw Failure("open") }
      path = "/proc/self/fd/\(folder)/\(name)"
    }
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8.prefix(room))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Result { () throws(Failure) in try body(address, length) }
      }
    }
    try result.get()
  }

  /// The user at the other end, if that is our own or root.
  static func trustedUser(_ descriptor: Int32) -> UInt32? {
    // struct ucred: process, user, group.
    var credentials: (Int32, UInt32, UInt32) = (0, .max, .max)
    var length = socklen_t(MemoryLayout.size(ofValue: credentials))
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0,
      credentials.1 == geteuid() || credentials.1 == 0
    else { return nil }
    return credentials.1
  }

  /// Reads up to the end of a line, or of the stream where that is meant; nil after the deadline, at `limit` bytes or when the
  /// other end has gone.
  static func read(
    _ descriptor: Int32, limit: Int, until deadline: ContinuousClock.Instant,
    toEnd: Bool = false
  ) -> [UInt8]? {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= limit {
      guard wait(descriptor, for: POLLIN, until: deadline) else { return nil }
      let count = block.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      if count == 0, toEnd { return bytes }
      guard count > 0 else { return nil }
      if !toEnd, let end = block[..<count].firstIndex(of: 0x0A) {
        return bytes.count + end <= limit ? bytes + block[..<end] : nil
      }
      bytes += block[..<count]
    }
    return nil
  }

  /// - Returns: false when the other end did not take all of it in time.
  static func write(
    _ bytes: [UInt8], to descriptor: Int32, until deadline: ContinuousClock.Instant
  ) -> Bool {
    var written = 0
    while written < bytes.count {
      guard wait(descriptor, for: POLLOUT, until: deadline) else { return false }
      let count = bytes.withUnsafeBytes { all in
        send(
          descriptor, all.baseAddress?.advanced(by: written), all.count - written,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  private static func wait(
    _ descriptor: Int32, for events: Int32, until deadline: ContinuousClock.Instant
  ) -> Bool {
    while true {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { return false }
      let milliseconds = left / .milliseconds(1)
      var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      let count = poll(&entry, 1, Int32(clamping: Int(min(milliseconds, 1e6))) + 1)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return false }
      if count > 0 { return true }
    }
  }
}
