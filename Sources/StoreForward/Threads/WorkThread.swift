internal import Glibc

/// Threads of the operating system that run one closure each.
///
/// Disk calls that may take long run on these, never on the cooperative pool.
enum WorkThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  #if DEBUG
    /// The error with which the tests have each start fail in the current task.
    @TaskLocal static var failure: Int32?
  #endif

  /// Starts a thread that nobody waits for; it ends with the body.
  ///
  /// Signals are blocked in it: they are the program's own threads' to take.
  static func start(_ body: @escaping @Sendable () -> Void) throws(StoreError) {
    let result = create(body)
    guard result == 0 else {
      throw StoreError(
        .inputOutput, "no thread could be started: \(String(cString: strerror(result)))",
        advice: "close programs or raise the limits on threads (ulimit -u, the service's TasksMax)",
        errno: result)
    }
  }

  /// Runs the body on a thread, or where it is if there is none to be had: late, but not never.
  static func startOrRun(_ body: @escaping @Sendable () -> Void) {
    if create(body) != 0 { body() }
  }

  /// - Returns: 0, or the number of the error.
  private static func create(_ body: @escaping @Sendable () -> Void) -> Int32 {
    #if DEBUG
      if let failure { return failure }
    #endif
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let boxed = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, boxed.toOpaque())
    if result != 0 { boxed.release() }
    return result
  }
}
