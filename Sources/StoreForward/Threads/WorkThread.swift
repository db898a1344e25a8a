internal import Glibc

/// A thread of the operating system that runs one closure.
///
/// Disk calls that may take long run on one of these, never on the cooperative pool.
final class WorkThread: @unchecked Sendable {  // the identifier is set before anyone else sees it
  private var thread = pthread_t()
  private let isStarted: Bool

  init(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let box = Unmanaged.passRetained(Box(body))
    isStarted =
      pthread_create(
        &thread, nil,
        { argument in
          if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
          return nil
        }, box.toOpaque()) == 0
    if isStarted { pthread_detach(thread) } else { box.release() }
  }
}

/// Syncs a store in time when nobody else does, under `SyncPolicy.interval`.
final class IntervalSync: Sendable {
  private let stop: @Sendable () -> Void

  init?<FS: StoreFileSystem>(_ core: StoreCore<FS>) {
    guard case .interval(let interval) = core.options.sync else { return nil }
    let period = max(interval.wholeNanoseconds, 100_000)
    stop = { core.lock.locked { core.work.broadcast() } }
    _ = WorkThread { core.runSyncer(interval: period) }
  }

  func end() { stop() }
}
