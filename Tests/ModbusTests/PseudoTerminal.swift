import Glibc
import Testing

/// A serial port without hardware: what the test sends at its far end comes in at `path`.
final class PseudoTerminal {
  let path: String
  private let far: Int32
  private let near: Int32

  init() throws {
    far = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (isLocked, number): (Int32, Int32) = (0, -1)
    // TIOCSPTLCK and TIOCGPTN, which Swift does not see.
    try #require(ioctl(far, 0x4004_5431, &isLocked) == 0 && ioctl(far, 0x8004_5430, &number) == 0)
    path = "/dev/pts/\(number)"
    near = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    var settings = termios()
    try #require(near >= 0 && tcgetattr(near, &settings) == 0)
    cfmakeraw(&settings)
    try #require(tcsetattr(near, TCSANOW, &settings) == 0)
  }

  deinit {
    close(near)
    close(far)
  }

  /// Sends bytes; when it returns, whoever has opened the port finds some.
  func send(_ bytes: [UInt8]) throws {
    try #require(bytes.withUnsafeBytes { write(far, $0.baseAddress, $0.count) } == bytes.count)
    var port = pollfd(fd: near, events: Int16(POLLIN), revents: 0)
    try #require(poll(&port, 1, 60_000) == 1)
  }

  /// The next `count` bytes that were sent to the far end.
  func bytes(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var received = 0
    while received < count {
      var port = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
      try #require(poll(&port, 1, 60_000) == 1)
      let more = bytes.withUnsafeMutableBytes {
        read(far, $0.baseAddress?.advanced(by: received), count - received)
      }
      try #require(more > 0)
      received += more
    }
    return bytes
  }
}
