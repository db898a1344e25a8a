#if Server && Gateway
  import Foundation
  import Gateway
  import Logging
  import ServiceLifecycle
  import Synchronization
  import TestSupport
  import Testing

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
    func unit() throws {
      let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let unit = try String(
        contentsOf: root.appending(path: "packaging/iiot-gateway@.service"), encoding: .utf8)
      try folder.write(
        unit.replacing("@BINDIR@/iiotctl", with: "/bin/true"), to: "iiot-gateway@plant-1.service")
      let path = folder.file("iiot-gateway@plant-1.service")
      let check = try Tool("/usr/bin/env", ["systemd-analyze", "verify", "--man=no", path])
      #expect(check.status == 0 && check.errors.isEmpty, "\(check.output)\(check.errors)")
      let exposure = try Tool(
        "/usr/bin/env",
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path])
      #expect(exposure.status == 0, "\(exposure.output.suffix(400))")
    }

    /// The end of the protocol that systemd has.
    private func listen(at path: String) throws -> Int32 {
      let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
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
      "the service manager hears of the beginning, the end and signs of life; none when nothing moves"
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
  }
#endif
