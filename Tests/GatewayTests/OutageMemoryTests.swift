#if Gateway && HTTP && Server
  import Foundation
  import Glibc
  import TestSupport
  import Testing

  @testable import Gateway

  /// What a gateway holds of the machine while others do not do their part.
  @Suite("Memory settles in any outage", .timeLimit(.minutes(30)))
  struct OutageMemoryTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
      "sinks that hang, refuse and can't be reached, a bus that is gone, a full disk, clients that never read",
      .enabled(if: FaultyDisk.isThere, "needs a C compiler and iiotctl, no sanitizer"))
    func settles() async throws {
      let hanging = try Listener(backlog: 16)
      let unreachable = try Listener(backlog: 0)
      // Nobody takes these: the next one does not get through.
      let queue = (0..<4).compactMap { _ in try? Client(port: unreachable.port) }
      let nobody = Loopback.refusingPort
      let metrics = try Loopback.freePort()
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: g, data: \(folder.file("data"))}
        buffer: {capacity: 4MiB, segment: 256KiB}
        server: {listen: "127.0.0.1:\(metrics)"}
        buses:
          sim: {driver: simulator}
          gone: {driver: modbus-tcp, host: 127.0.0.1, port: \(nobody)}
        devices:
          p: {bus: sim, every: 2ms, tags: {\((0..<50).map { "t\($0): {shape: walk}" }.joined(separator: ", "))}}
          away: {bus: gone, every: 100ms, tags: {x: {at: holding/0}}}
        sinks:
          hangs: {type: http, url: "http://127.0.0.1:\(hanging.port)/"}
          refuses: {type: http, url: "http://127.0.0.1:\(nobody)/"}
          unreachable: {type: http, url: "http://127.0.0.1:\(unreachable.port)/"}
          full: {type: file, path: /dev/full, format: jsonl}
        """, to: "gateway.yaml")
      var disk = try await FaultyDisk(in: folder, root: folder.file("data/"))
      disk.rules = ["full:/data/buffer/@\(folder.file("full"))"]
      let process = try GatewayTool.run(in: folder, environment: disk.environment)
      defer { process.end() }
      let client = ControlClient(dataFolder: folder.file("data"))
      var stalled: [Client] = []
      var peaks: [Int] = []
      var acquired: UInt64 = 0
      // The buffer holds some 120,000 of them: at the second look it is full.
      for round in 0..<6 {
        acquired += 80_000
        while try await status(client, process)["acquired"].flatMap(UInt64.init) ?? 0 < acquired {
          try await Task.sleep(for: .milliseconds(50))
        }
        stalled = []
        for _ in 0..<(round < 2 ? 0 : 8) {
          let asking = try Client(path: folder.file("data/control.sock"))
          asking.send(#"{"version":1,"request":"ledger"}"# + "\n")
          stalled.append(asking)
          let scraping = try Client(port: metrics)
          scraping.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 2000))
          stalled.append(scraping)
        }
        peaks.append(try peak(of: process))
      }
      // The disk is full: reading waits. Status is asked meanwhile, which is work too.
      try folder.write("", to: "full")
      while try await status(client, process).member("condition") == nil {
        try await Task.sleep(for: .milliseconds(20))
      }
      let stopped = try await status(client, process)["stored"]
      for _ in 0..<300 { _ = try await status(client, process) }
      #expect(try await status(client, process)["stored"] == stopped)
      peaks.append(try peak(of: process))
      try FileManager.default.removeItem(atPath: folder.file("full"))
      while try await status(client, process)["stored"] == stopped {
        try await Task.sleep(for: .milliseconds(50))
      }
      peaks.append(try peak(of: process))
      // In KiB. What came after the second look is four times what came before, and must not be seen.
      let comment: Comment = "peaks in KiB: \(peaks)"
      #expect(peaks[5] - peaks[1] < 16 << 10, comment)
      // The intake fills up: 65,536 samples.
      #expect(peaks[7] - peaks[5] < 48 << 10, comment)
      #expect(peaks[7] < 192 << 10, comment)
      print("memory in an outage, \(comment.rawValue)")
      withExtendedLifetime((stalled, queue)) {}
    }

    private func status(
      _ client: ControlClient, _ process: ChildProcess
    ) async throws -> ControlClient.Line {
      struct Ended: Error { var events: String }
      while true {
        do throws(ControlError) {
          // Clients that stall may have all places.
          if let line = try await client.ask("status").first { return line }
        } catch {
          guard process.isRunning else {
            throw Ended(events: (try? folder.text(of: "events")) ?? "")
          }
          try await Task.sleep(for: .milliseconds(50))
        }
      }
    }

    /// The most that a process ever had in memory, in KiB.
    private func peak(of process: ChildProcess) throws -> Int {
      let text = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
      let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      return try #require(
        line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
    }

    /// Takes connections and says nothing.
    private final class Listener: Sendable {
      private let descriptor: Int32
      let port: UInt16

      init(backlog: Int32) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && listen(descriptor, backlog) == 0
              && getsockname(descriptor, $0, &length) == 0
          }
        }
        try #require(isBound)
        port = UInt16(bigEndian: address.sin_port)
      }

      deinit { close(descriptor) }
    }

    /// Asks and never reads.
    private final class Client: Sendable {
      private let descriptor: Int32

      init(port: UInt16) throws {
        let type =
          Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_INET, type, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let descriptor = descriptor
        _ = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, 1000)
      }

      init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let descriptor = descriptor
        _ = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
          }
        }
      }

      deinit { close(descriptor) }

      func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(
          descriptor, bytes, bytes.count,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
    }
  }
#endif
