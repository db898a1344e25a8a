internal import CIOThreads
internal import Glibc

/// A thread of our own, for calls that block: they must never hold up Swift's cooperative pool.
package enum OwnedThread {
  private final class Body {
    let name: String
    let run: () -> Void

    init(name: String, run: @escaping () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// Starts a detached thread. It must end by itself when what it serves is closed.
  ///
  /// Signals are blocked in it, so that Ctrl-C reaches the program's own threads.
  /// - Parameter name: shown by `ps -L` and debuggers; cut to 15 bytes.
  package static func start(
    name: String, _ run: sending @escaping () -> Void
  ) throws(SystemFailure) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let body = Unmanaged.passRetained(Body(name: name, run: run))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        iiot_thread_set_name(body.name)
        body.run()
        return nil
      }, body.toOpaque())
    guard result == 0 else {
      body.release()
      throw SystemFailure(call: "pthread_create", errorNumber: result)
    }
  }
}
