#if Server && Gateway
  import Foundation
  import Logging
  import ServiceLifecycle
  import Synchronization
  import TestSupport
  import Testing

  @testable import Gateway
  @testable import GatewayServer

  @Suite("A gateway as a service among others", .timeLimit(.minutes(15)))
  struct ServiceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func configuration() throws -> GatewayConfiguration {
      try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(folder.file("data"))}
          buses: {made-up: {driver: simulator}}
          devices: {sim: {bus: made-up, every: 1ms, tags: {s: {shape: walk}}}}
          sinks: {out: {type: file, path: \(folder.file("out.jsonl")), format: jsonl}}
          """)
    }

    @Test(
      "a service group's graceful shutdown stores and delivers everything; events go to swift-log")
    func group() async throws {
      let log = Log()
      var logger = Logger(label: "test") { _ in log }
      logger.logLevel = .debug
      let gateway = try await GatewayRuntime(configuration()) { [logger] in $0.log(to: logger) }
      let group = ServiceGroup(services: [GatewayService(gateway)], logger: logger)
      let running = Task { try await group.run() }
      while gateway.status.stored < 20 { try await Task.sleep(for: .milliseconds(2)) }
      await group.triggerGracefulShutdown()
      try await running.value
      let status = gateway.status
      #expect(status.stored == status.acquired)
      #expect(status.sinks.first?.counts.delivered == status.stored)
      let lines = log.lines.withLock { $0 }
      #expect(lines.contains { $0.hasPrefix("info audit single start by ") }, "\(lines)")
    }

    /// Keeps what it is told.
    private final class Log: LogHandler, Sendable {
      let lines = Mutex<[String]>([])

      var logLevel: Logger.Level {
        get { .debug }
        set {}
      }
      var metadata: Logger.Metadata {
        get { [:] }
        set {}
      }
      subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
      }

      func log(event: LogEvent) {
        let source = event.metadata?["source"].map { "\($0)" } ?? ""
        let phase = event.metadata?["phase"].map { "\($0)" } ?? ""
        lines.withLock { $0.append("\(event.level) \(source) \(phase) \(event.message)") }
      }
    }

    @Test(
      "systemd finds the unit right, and well shut in",
      .enabled(if: PeerProcess.find("systemd-analyze") != nil, "needs systemd-analyze"))
    func unit() async throws {
      let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let unit = try String(
        contentsOf: root.appending(path: "packaging/iiot-gateway@.service"), encoding: .utf8)
      try folder.write(
        unit.replacing("@BINDIR@/iiotctl", with: "/bin/true"), to: "iiot-gateway@plant-1.service")
      let path = folder.file("iiot-gateway@plant-1.service")
      let check = try await Tool("/usr/bin/env", ["systemd-analyze", "verify", "--man=no", path])
      #expect(check.status == 0 && check.errors.isEmpty, "\(check.output)\(check.errors)")
      let exposure = try await Tool(
        "/usr/bin/env",
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path])
      #expect(exposure.status == 0, "\(exposure.output.suffix(400))")
    }

    /// The end of the protocol that systemd has.
    private func listen(at path: String) throws -> Int32 {
      let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var place = sockaddr_un()
      place.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let status = withUnsafePointer(to: &place) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(status == 0)
      return descriptor
    }

    private func message(_ descriptor: Int32) -> String {
      var block = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &block, block.count, 0)
      return String(decoding: block[..<max(0, count)], as: UTF8.self)
    }

    @Test(
      "the service manager hears of the beginning, the end and signs of life"
    )
    func manager() async throws {
      let path = "/tmp/iiot-notify-\(getpid())"
      defer { unlink(path) }
      let descriptor = try listen(at: path)
      defer { close(descriptor) }
      let manager = ServiceManager(address: path, watchdog: .milliseconds(30))
      manager.ready("runs\nwell")
      #expect(message(descriptor) == "READY=1\nSTATUS=runs well\n")
      manager.reloading()
      #expect(message(descriptor) == "RELOADING=1\n")
      manager.stopping()
      #expect(message(descriptor) == "STOPPING=1\n")
      let gateway = try await GatewayRuntime(configuration())
      let running = Task { try await gateway.run() }
      let watching = Task { await manager.watch(gateway) }
      for _ in 0..<5 { #expect(message(descriptor) == "WATCHDOG=1\n") }
      watching.cancel()
      await watching.value
      running.cancel()
      try await running.value
      // Nobody there: nothing happens.
      ServiceManager(address: "/nowhere/at/all", watchdog: nil).ready("x")
      ServiceManager(address: String(repeating: "/x", count: 200), watchdog: nil).ready("x")
    }

    @Test("a lane that no longer goes round gives no sign of life, and one that goes on does again")
    func stuckLane() async throws {
      let path = "/tmp/iiot-notify-stuck-\(getpid())"
      defer { unlink(path) }
      let descriptor = try listen(at: path)
      defer { close(descriptor) }
      let manager = ServiceManager(address: path, watchdog: .seconds(30))
      let gateway = try await GatewayRuntime(configuration())
      let running = Task { try await gateway.run() }
      let clock = TurnedClock()
      let watching = Task { await manager.watch(gateway, by: clock) }
      for _ in 0..<3 {
        try await beats(gateway)
        try await clock.turn(by: .seconds(10))
        #expect(messages(descriptor) == ["WATCHDOG=1\n"])
      }
      // The lane waits at what it is told of these samples.
      let isStuck = Mutex(false)
      let release = DispatchSemaphore(value: 0)
      var moments = Moments(at: .now())
      moments.onStored = { _ in
        isStuck.withLock { $0 = true }
        release.wait()
      }
      gateway.intake.add(moments)
      while !isStuck.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
      // What it did before it was stuck counts for fifteen seconds from when it was seen.
      for _ in 0..<2 { try await clock.turn(by: .seconds(10)) }
      _ = messages(descriptor)
      for _ in 0..<6 {
        try await clock.turn(by: .seconds(10))
        #expect(messages(descriptor) == [])
      }
      release.signal()
      try await beats(gateway)
      try await clock.turn(by: .seconds(10))
      #expect(messages(descriptor) == ["WATCHDOG=1\n"])
      watching.cancel()
      await watching.value
      running.cancel()
      try await running.value
    }

    private func beats(_ gateway: GatewayRuntime) async throws {
      let before = gateway.heartbeat
      while gateway.heartbeat == before { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// What has come up to now.
    private func messages(_ descriptor: Int32) -> [String] {
      var found: [String] = []
      var block = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(descriptor, &block, block.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return found }
        found.append(String(decoding: block[..<count], as: UTF8.self))
      }
    }

    /// A clock that is turned by hand, for one who sleeps by it.
    private final class TurnedClock: Clock, Sendable {
      struct Instant: InstantProtocol {
        var time: Duration
        func advanced(by duration: Duration) -> Instant { Instant(time: time + duration) }
        func duration(to other: Instant) -> Duration { other.time - time }
        static func < (a: Instant, b: Instant) -> Bool { a.time < b.time }
      }

      private struct State {
        var now = Instant(time: .zero)
        var sleeper: (until: Instant, continuation: CheckedContinuation<Void, Never>)?
      }
      private let state = Mutex(State())

      var now: Instant { state.withLock { $0.now } }
      var minimumResolution: Duration { .nanoseconds(1) }

      func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        await withTaskCancellationHandler {
          await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
              let isOver = Task.isCancelled || state.now >= deadline
              if !isOver { state.sleeper = (deadline, continuation) }
              return isOver
            }
            if isOver { continuation.resume() }
          }
        } onCancel: {
          state.withLock { $0.sleeper.take() }?.continuation.resume()
        }
        try Task.checkCancellation()
      }

      /// Turns it on, and waits until the sleeper has done what it does and sleeps again.
      func turn(by duration: Duration) async throws {
        try await waitForSleeper()
        let woken = state.withLock { state in
          state.now = state.now.advanced(by: duration)
          return state.sleeper.map { $0.until <= state.now } == true ? state.sleeper.take() : nil
        }
        woken?.continuation.resume()
        try await waitForSleeper()
      }

      private func waitForSleeper() async throws {
        while state.withLock({ $0.sleeper == nil }) { try await Task.sleep(for: .milliseconds(1)) }
      }
    }
  }
#endif
