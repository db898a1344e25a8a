internal import Glibc
internal import IOThreads

/// Bytes of a log from a descriptor or from memory, in one buffer that never grows.
struct LogInput: ~Copyable, Sendable {
  /// So many bytes behind the valid ones may be loaded.
  static let padding = 256
  /// The size of a read; longer than any line or object a parser needs in one piece.
  static let capacity = 256 * 1024

  /// What `fill` came back with.
  enum Fill { case bytes, end, stopped }

  /// A file that ends; not a pipe, terminal or socket, where bytes come when they come.
  let isRegularFile: Bool
  /// The position of the first unread byte.
  private(set) var offset: Int64 = 0
  /// Nothing comes behind the unread bytes.
  private(set) var isAtEnd = false

  private let descriptor: Int32
  private let ownsDescriptor: Bool
  /// The file's name, if it has one.
  let path: String?
  private var memory: [UInt8]
  private var memoryPosition = 0
  // Owned by this value alone and freed with it; Sendable because the value is.
  private nonisolated(unsafe) let buffer: UnsafeMutableRawPointer
  /// How many more bytes are read after a stop; nil before.
  private var rest: Int?
  private var start = 0
  private var end = 0

  init(contentsOf path: String) throws(CANLogError) {
    var opened: Int32 = -1
    // A FIFO opens without its writer: waiting for one is waiting for bytes, which `stop` can end.
    repeat {
      opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    } while opened < 0 && errno == EINTR
    guard opened >= 0 else {
      let number = errno
      throw CANLogError(
        code: .cannotOpen,
        message: "can't open the log: \(SystemFailure.explanation(of: number))", path: path,
        errno: number)
    }
    var status = stat()
    if fstat(opened, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR {
      _ = close(opened)
      throw CANLogError(
        code: .cannotOpen, message: "can't open the log: it is a directory", path: path,
        errno: EISDIR)
    }
    self.init(descriptor: opened, owned: true, path: path)
  }

  init(descriptor: Int32, owned: Bool, path: String? = nil) {
    var status = stat()
    isRegularFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    self.descriptor = descriptor
    self.path = path
    ownsDescriptor = owned
    memory = []
    buffer = Self.makeBuffer()
  }

  init(bytes: [UInt8]) {
    isRegularFile = true
    descriptor = -1
    path = nil
    ownsDescriptor = false
    memory = bytes
    buffer = Self.makeBuffer()
  }

  deinit {
    buffer.deallocate()
    if ownsDescriptor { _ = close(descriptor) }
  }

  private static func makeBuffer() -> UnsafeMutableRawPointer {
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: capacity + padding, alignment: 64)
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: capacity + padding)
    return buffer
  }

  /// The bytes that are there and not consumed.
  var unread: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: buffer + start, count: end - start)
  }

  /// Whether the buffer can take no more before something is consumed.
  var isFull: Bool { end - start == Self.capacity }

  /// Marks the first `count` unread bytes as done with.
  mutating func consume(_ count: Int) {
    start += min(count, end - start)
    offset += Int64(count)
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Reads once more: waits until some bytes are there, and returns with what is there.
  ///
  /// - Parameter stop: a descriptor that ends the wait when it becomes readable, or -1.
  mutating func fill(stop: Int32) throws(CANLogError) -> Fill {
    guard !isAtEnd else { return .end }
    if start > 0 {
      // What is left is less than a line: cheap to move.
      memmove(buffer, buffer + start, end - start)
      end -= start
      start = 0
    }
    let room = Self.capacity - end
    guard room > 0 else { return .bytes }
    guard descriptor >= 0 else { return fillFromMemory(room) }
    while true {
      if let rest {
        guard rest > 0 else { return .stopped }
      } else if !isRegularFile && !waitForBytes(stop: stop) {
        return .stopped
      }
      let count = read(descriptor, buffer + end, min(room, rest ?? room))
      if count > 0 {
        end += count
        rest = rest.map { $0 - count }
        return .bytes
      }
      if count == 0 {
        isAtEnd = true
        return .end
      }
      let number = errno
      // Where there is nothing any more, somebody else has read it.
      if number == EAGAIN, rest != nil { return .stopped }
      if number == EINTR || number == EAGAIN { continue }
      throw CANLogError(
        code: .unreadable,
        message: "reading failed after \(offset + Int64(end)) bytes: "
          + SystemFailure.explanation(of: number), path: path, errno: number)
    }
  }

  /// From now on only what has come by now is read, so that an input that never pauses ends, too; false when that was said before.
  mutating func endAtWhatIsThere() -> Bool {
    guard rest == nil else { return false }
    var count: Int32 = 0
    rest = ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    return true
  }

  private mutating func fillFromMemory(_ room: Int) -> Fill {
    let count = min(room, memory.count - memoryPosition)
    guard count > 0 else {
      isAtEnd = true
      memory = []
      memoryPosition = 0
      return .end
    }
    memory.withUnsafeBytes { bytes in
      (buffer + end).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[memoryPosition..<(memoryPosition + count)])
          .baseAddress ?? UnsafeRawPointer(buffer), byteCount: count)
    }
    memoryPosition += count
    end += count
    return .bytes
  }

  /// Waits for bytes, the end, or an error; false when `stop` came first.
  private func waitForBytes(stop: Int32) -> Bool {
    var entries = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let count = poll(&entries, 2, -1)
      if count < 0 && errno == EINTR { continue }
      if entries[1].revents != 0 { return false }
      return true
    }
  }
}
