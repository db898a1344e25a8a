internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Ctrl-C and SIGTERM as the cancellation of the work, so that it ends with what was done.
enum Interruption {
  /// Runs `work`; the first signal cancels it, a second one ends the process at once.
  ///
  /// - Parameter hasEnd: Whether the work ends by itself, as reading a file does: then it is not whole after a signal, and the exit
  ///   code says so, 128 and the signal's number, as a shell has it. Work that a signal is meant to end has succeeded.
  static func cancels(
    hasEnd: Bool = false, _ work: @escaping @Sendable () async throws -> Void
  ) async throws {
    let task = Task { try await work() }
    let received = Atomic<Int32>(0)
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if task.isCancelled { _exit(128 + number) }
        received.store(number, ordering: .relaxed)
        task.cancel()
      }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    do {
      try await task.value
    } catch is CancellationError where hasEnd {}
    guard hasEnd, task.isCancelled else { return }
    StandardError.print("error: interrupted: this is not all")
    throw ExitCode(128 + received.load(ordering: .relaxed))
  }
}
