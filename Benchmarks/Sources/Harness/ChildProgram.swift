internal import Glibc

/// A child process with pipes to its standard input and output. (Foundation's Process sometimes never notices that its
/// child has ended.)
public final class ChildProgram {
  private let pid: pid_t
  private let input: Int32
  private let output: Int32
  private var pending: [UInt8] = []
  private var status: Int32?

  /// Starts a program; one without a slash is looked up in PATH. What it says on standard error goes to ours, or nowhere.
  public init(_ path: String, _ arguments: [String], hidingErrors: Bool = false) throws {
    // A child that has gone is told by the write that fails.
    signal(SIGPIPE, SIG_IGN)
    var toChild: [Int32] = [-1, -1]
    var fromChild: [Int32] = [-1, -1]
    guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else {
      throw PeerProblem(description: "no pipe: \(String(cString: strerror(errno)))")
    }
    for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    if hidingErrors { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    // This thread may hold signals back, and a child that inherited that could not be ended by one.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, path, &actions, &attributes, &words, environ)
    close(toChild[0])
    close(fromChild[1])
    guard failure == 0 else {
      close(toChild[1])
      close(fromChild[0])
      throw PeerProblem(description: "can't start \(path): \(String(cString: strerror(failure)))")
    }
    pid = child
    input = toChild[1]
    output = fromChild[0]
  }

  deinit { _ = end() }

  /// Writes a line to its standard input.
  func write(_ line: String) throws {
    let bytes = Array("\(line)\n".utf8)
    guard Glibc.write(input, bytes, bytes.count) == bytes.count else {
      throw PeerProblem(description: "ended early")
    }
  }

  /// The next line of its output, or nil at the end.
  public func readLine() -> [UInt8]? {
    while true {
      if let end = pending.firstIndex(of: 0x0A) {
        let line = Array(pending[..<end])
        pending.removeFirst(end + 1)
        return line
      }
      guard readMore() else { return nil }
    }
  }

  /// All the rest of its output.
  func readToEnd() -> String {
    while readMore() {}
    return String(decoding: pending, as: UTF8.self)
  }

  /// Closes its input and waits for its end: the exit code, or minus the signal that ended it.
  func end() -> Int32 {
    if let status { return status }
    close(input)
    close(output)
    var raw: Int32 = 0
    while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
    let signal = raw & 0x7F
    let code = signal == 0 ? (raw >> 8) & 0xFF : -signal
    status = code
    return code
  }

  private func readMore() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      pending += buffer[..<count]
      return true
    }
  }
}
