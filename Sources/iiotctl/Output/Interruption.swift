internal import Dispatch
internal import Glibc

/// Ctrl-C and SIGTERM as the cancellation of the work, so that it ends with what was done.
enum Interruption {
  /// Runs `work`; the first signal cancels it, a second one ends the process at once.
  static func cancels(_ work: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await work() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for source in sources {
      source.setEventHandler {
        if task.isCancelled { _exit(130) }
        task.cancel()
      }
      source.resume()
    }
    defer { for source in sources { source.cancel() } }
    try await task.value
  }
}
