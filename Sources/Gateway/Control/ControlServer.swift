internal import Glibc
internal import IOThreads
internal import Synchronization

/// Answers those who ask the running gateway over its socket. On threads of its own: acquisition never waits for a client.
///
/// A client sends one line of JSON, `{"version":1,"request":"status"}`, and gets lines of JSON, of which the last says whether it
/// was done: `{"version":1,"ok":true}`.
final class ControlServer: Sendable {
  /// Does what a request asks for.
  typealias Answer = @Sendable (ControlRequest) async -> ControlAnswer

  /// A request is shorter than this.
  static let longestRequest = 65_536
  /// So long a client may take to ask, and to read the answer.
  static let patience: Duration = .seconds(5)
  /// More at a time are turned away.
  static let mostClients = 16

  private let door: Door
  private let listening: Task<Void, Never>

  /// Opens the socket and begins to answer.
  init(dataFolder: String, answer: @escaping Answer) throws(ControlSocket.Failure) {
    let listener = try ControlSocket.listen(in: dataFolder)
    let door: Door
    do throws(SystemFailure) {
      door = try Door(listener, path: ControlSocket.path(in: dataFolder), answer)
    } catch {
      _ = Glibc.close(listener)
      errno = error.errorNumber
      throw ControlSocket.Failure(error.call)
    }
    self.door = door
    listening = Task { await door.serve() }
  }

  /// Lets nobody in any more, and removes the socket.
  func close() async {
    door.closing.store(true, ordering: .releasing)
    door.wake.raise()
    await listening.value
  }

  /// Waits for clients.
  private actor Door {
    nonisolated let wake: WakeSignal
    nonisolated let closing = Atomic(false)
    private let listener: Int32
    private let path: String
    private let answer: Answer
    private let clients = Counter()
    private let thread = BlockingThread(name: "control")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ listener: Int32, path: String, _ answer: @escaping Answer) throws(SystemFailure) {
      wake = try WakeSignal()
      self.listener = listener
      self.path = path
      self.answer = answer
    }

    func serve() {
      while !closing.load(ordering: .acquiring) {
        var entries = [
          pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
          pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&entries, 2, -1) >= 0 || errno == EINTR else { break }
        guard entries[0].revents != 0 else { continue }
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else {
          // No descriptor to be had: not at once again.
          if errno != EINTR { usleep(10_000) }
          continue
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        admit(descriptor)
      }
      unlink(path)
      Glibc.close(listener)
    }

    private func admit(_ descriptor: Int32) {
      guard let user = ControlSocket.trustedUser(descriptor), clients.enter(limit: mostClients)
      else {
        Glibc.close(descriptor)
        return
      }
      let (answer, clients) = (answer, clients)
      Task.detached {
        await Client(descriptor, user).serve(answer)
        clients.leave()
      }
    }
  }

  /// How many there are.
  private final class Counter: Sendable {
    private let count = Mutex(0)
    func enter(limit: Int) -> Bool {
      count.withLock { count in
        guard count < limit else { return false }
        count += 1
        return true
      }
    }
    func leave() { count.withLock { $0 -= 1 } }
  }

  /// One client, on a thread of its own.
  private actor Client {
    private let descriptor: Int32
    private let user: UInt32
    private let thread = BlockingThread(name: "control-client")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ descriptor: Int32, _ user: UInt32) { (self.descriptor, self.user) = (descriptor, user) }

    deinit { Glibc.close(descriptor) }

    func serve(_ answer: Answer) async {
      let line = ControlSocket.read(
        descriptor, limit: longestRequest, until: ContinuousClock().now.advanced(by: patience))
      guard let line else { return }
      let reply: ControlAnswer
      switch ControlRequest.read(line, of: user) {
      case .success(let request): reply = await answer(request)
      case .failure(let refusal): reply = .refused(refusal)
      }
      _ = ControlSocket.write(
        reply.bytes, to: descriptor, until: ContinuousClock().now.advanced(by: patience))
    }
  }
}
