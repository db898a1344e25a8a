internal import Glibc

/// Whoever read our output has gone: the end of the work, and no error.
struct OutputClosed: Error {}

/// Standard output, or a file in its place, in whole lines, written when told or when a block has gathered.
struct StandardOutput: ~Copyable {
  private var pending: [UInt8] = []
  private let descriptor: Int32
  private let name: String

  init() { (descriptor, name) = (STDOUT_FILENO, "standard output") }

  /// A file instead, made anew; nil for standard output.
  init(path: String?) throws {
    guard let path else {
      (descriptor, name) = (STDOUT_FILENO, "standard output")
      return
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Failure(
        "can't write: \(String(cString: strerror(errno)))", at: path,
        advice: "check the path and its permissions")
    }
    (self.descriptor, name) = (descriptor, path)
  }

  deinit {
    if descriptor != STDOUT_FILENO { close(descriptor) }
  }

  /// Whether a person looks at it.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) != 0 }

  /// Lets `write` append to what is pending, and writes it out once it is large.
  mutating func append(_ write: (inout [UInt8]) -> Void) throws {
    write(&pending)
    if pending.count >= 1 << 16 { try flush() }
  }

  /// Appends a line of text.
  mutating func append(line: String) throws { try append { $0 += "\(line)\n".utf8 } }

  /// Writes out what is pending.
  mutating func flush() throws {
    var written = 0
    while written < pending.count {
      let count = pending.withUnsafeBytes { bytes in
        Glibc.write(
          descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EPIPE { throw OutputClosed() }
        throw Failure(
          "can't write: \(String(cString: strerror(errno)))", at: name,
          advice: errno == ENOSPC
            ? "make room on that disk; the last line may be cut" : "check the target")
      }
      written += count
    }
    pending.removeAll(keepingCapacity: true)
  }
}

/// Diagnostics.
enum StandardError {
  /// Writes a line; a closed standard error loses it.
  static func print(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
