internal import CTestSupport
import Glibc
import Synchronization

/// A program started by a test. (Foundation's Process sometimes never notices that its child has ended.)
public final class ChildProcess: Sendable {
  /// Its process number.
  public let pid: Int32
  private let reaped = Mutex<Int32?>(nil)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - path: The program.
  ///   - arguments: What it is given, without its own name.
  ///   - environment: Its whole environment; that of the test when nil.
  ///   - folder: Where it is started.
  ///   - input: A file to read standard input from.
  ///   - output: A file that standard output is appended to; it must exist.
  ///   - errors: A file that standard error is appended to; it must exist.
  public init(
    _ path: String, _ arguments: [String], environment: [String: String]? = nil,
    folder: String? = nil, input: String = "/dev/null", output: String = "/dev/null",
    errors: String = "/dev/null"
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_APPEND, 0)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_APPEND, 0)
    iiot_close_others(&actions)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // posix_spawn itself can't change the folder before a C library of 2024.
    let program = folder == nil ? path : "/usr/bin/env"
    let prefix = folder.map { [program, "--chdir", $0, path] } ?? [path]
    var words: [UnsafeMutablePointer<CChar>?] = (prefix + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      (environment ?? [:]).map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
      for word in words { free(word) }
      for variable in variables { free(variable) }
    }
    var pid: pid_t = 0
    let status =
      environment == nil
      ? posix_spawn(&pid, program, &actions, &attributes, &words, environ)
      : posix_spawn(&pid, program, &actions, &attributes, &words, &variables)
    guard status == 0 else {
      throw Failure(message: "can't start \(path): \(String(cString: strerror(status)))")
    }
    self.pid = pid
  }

  /// Why a program could not be started.
  public struct Failure: Error {
    /// The program and the reason.
    public var message: String
  }

  deinit { end() }

  /// Whether it has not ended yet.
  public var isRunning: Bool { status(WNOHANG) == nil }

  /// Waits for its end, which blocks: see `ended`. The exit code, or minus the signal that ended it.
  @discardableResult
  public func wait() -> Int32 {
    var info = siginfo_t()
    // Without taking its status away, so that nobody else's look at it is held up.
    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    return status(0) ?? 0
  }

  /// The same, on a thread of its own.
  @discardableResult
  public func ended() async throws -> Int32 { try await onThread { self.wait() } }

  /// Sends it a signal.
  public func signal(_ number: Int32) {
    reaped.withLock { reaped in
      if reaped == nil { _ = kill(pid, number) }
    }
  }

  /// Ends it at once and waits for its end.
  public func end() {
    signal(SIGKILL)
    wait()
  }

  private func status(_ options: Int32) -> Int32? {
    reaped.withLock { reaped in
      if let reaped { return reaped }
      var status: Int32 = 0
      guard waitpid(pid, &status, options) == pid else { return nil }
      let signal = status & 0x7F
      reaped = signal == 0 ? status >> 8 & 0xFF : -signal
      return reaped
    }
  }
}
