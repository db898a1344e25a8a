internal import Dispatch
internal import Glibc

/// SIGHUP as a wish to read the configuration again.
enum HangUp {
  /// Does the work at each SIGHUP, until the task is cancelled; signals that come while it is done are one.
  static func forEach(_ work: () async -> Void) async {
    signal(SIGHUP, SIG_IGN)
    let (wishes, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
    source.setEventHandler { continuation.yield() }
    source.resume()
    for await _ in wishes { await work() }
    source.cancel()
  }
}
