internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Ctrl-C and SIGTERM as the cancellation of the work, so that it ends with what was done.
enum Interruption {
  /// A pipe with something in it from the first signal on. Made when somebody waits for input; -1 where no descriptor is left for it.
  private static let wake: (reading: Int32, writing: Int32) = {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }()

  /// Readable from the first signal on, for poll(2) beside a descriptor whose bytes come when they come.
  static var descriptor: Int32 { wake.reading }

  /// Waits until an input has bytes or its end; false after a signal, also when there are bytes.
  static func waitForInput(_ input: Int32) -> Bool {
    var entries = [
      pollfd(fd: input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&entries, 2, -1) < 0, errno == EINTR {}
    return entries[1].revents == 0
  }

  /// Runs `work`; the first signal cancels it, a second one ends the process at once.
  ///
  /// - Parameter hasEnd: Whether the work ends by itself, as reading a file or standard input does: then it is not whole after a
  ///   signal, and the exit code says so, 128 and the signal's number, as a shell has it. Work that a signal is meant to end has
  ///   succeeded.
  static func cancels(
    hasEnd: Bool = false, _ work: @escaping @Sendable () async throws -> Void
  ) async throws {
    let state = Mutex<(task: Task<Void, any Error>?, signal: Int32)>((nil, 0))
    var sources: [any DispatchSourceSignal] = []
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        state.withLock { state in
          if state.signal != 0 { _exit(128 + number) }
          state.signal = number
          state.task?.cancel()
        }
        var mark: UInt8 = 0
        _ = write(Interruption.wake.writing, &mark, 1)
      }
      // Before the work begins: nobody hears a signal that comes until then.
      await withCheckedContinuation { continuation in
        source.setRegistrationHandler { continuation.resume() }
        source.resume()
      }
      sources.append(source)
    }
    defer { for source in sources { source.cancel() } }
    let task = state.withLock { state in
      let task = Task { try await work() }
      if state.signal != 0 { task.cancel() }
      state.task = task
      return task
    }
    do {
      try await task.value
    } catch is CancellationError where hasEnd {}
    guard hasEnd, task.isCancelled else { return }
    StandardError.print("error: interrupted: this is not all")
    throw ExitCode(128 + state.withLock(\.signal))
  }
}
