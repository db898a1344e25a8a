#if Gateway && HTTP
  import Foundation
  import Gateway
  import Glibc
  import Modbus
  import Sinks
  import Synchronization
  import TestSupport
  import Testing

  @Suite("Nobody waits for anybody else", .timeLimit(.minutes(15)))
  struct IndependenceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("sinks that hang, refuse and fail hold up neither reading nor the sink that works")
    func sinks() async throws {
      // Takes connections and never answers.
      let hole = try BlackHole()
      let server = try ModbusServer(port: 0)
      var endpoint = HTTPEndpoint(url: "http://127.0.0.1:\(hole.port)")
      endpoint.timeout = .seconds(3600)
      var configuration = configuration(port: server.port, units: [1])
      configuration.sinks = [
        .init(name: "hung", kind: .http(endpoint, body: .json)),
        .init(
          name: "absent",
          kind: .influxDB(
            InfluxDBOptions(
              server: HTTPEndpoint(url: "http://127.0.0.1:\(Loopback.refusingPort)"),
              target: .database("d")))),
        .init(name: "full", kind: .file(path: "/dev/full", format: .jsonl)),
        .init(name: "works", kind: .file(path: folder.file("out.jsonl"), format: .jsonl)),
      ]
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway, grace: .zero) { gateway in
        // Reading goes on, and the sink that works gets all of it.
        let counts = Dictionary(uniqueKeysWithValues: gateway.status.sinks.map { ($0.0, $0.1) })
        return counts["works"]?.delivered ?? 0 > 500 && hole.count > 0
          && counts["absent"]?.retries ?? 0 > 0 && counts["full"]?.retries ?? 0 > 0
      }
      let status = gateway.status
      for sink in status.sinks where sink.name != "works" { #expect(sink.counts.delivered == 0) }
      // One request hangs; it was not tried again beside itself.
      #expect(hole.count == 1)
      #expect(status.acquired == status.stored && status.stored > 500)
    }

    @Test(
      "of three devices on a wire a dead one leaves the others their rounds",
      .enabled(if: WebServer.path != nil, "python3 is not installed"))
    func deadUnit() async throws {
      let script = URL(filePath: #filePath)
        .appending(path: "../../Fixtures/modbus/counting_server.py").standardized.path
      try folder.write("", to: "units")
      let server = try PeerProcess(
        try #require(WebServer.path), [script, "2"], output: folder.file("units"))
      func lines() throws -> [Int] {
        try folder.text(of: "units").split(separator: "\n").compactMap { Int($0) }
      }
      while try lines().isEmpty, server.isRunning { try await Task.sleep(for: .milliseconds(20)) }
      let port = UInt16(clamping: try lines().first ?? 0)
      var configuration = configuration(port: port, units: [1, 2, 3])
      configuration.buses[0].transport = .modbusTCP(
        host: "127.0.0.1", port: port, timeout: .milliseconds(100))
      configuration.sinks = [
        .init(name: "s", kind: .file(path: folder.file("out.lp"), format: .influx))
      ]
      let gateway = try await GatewayRuntime(configuration)
      let enough = 600
      try await run(gateway) { _ in
        try lines().dropFirst().count { $0 == 1 } >= enough
      }
      let units = try lines().dropFirst()
      let counts = [1, 2, 3].map { unit in units.count { $0 == unit } }
      // The living ones take turns, and the dead one is tried ever more rarely.
      #expect(abs(counts[0] - counts[2]) <= 2, "\(counts)")
      #expect(counts[1] > 0 && counts[1] <= enough / 20, "\(counts)")
      let late = units.dropFirst(units.count / 2)
      #expect(late.count { $0 == 2 } <= 2, "\(counts)")
      // Each round of the dead one is a sample all the same, and a bad one.
      let out = try folder.text(of: "out.lp").split(separator: "\n")
      let bad = out.filter { $0.hasPrefix("d2 a.status=") }
      #expect(out.count { $0.hasPrefix("d2 ") } == bad.count)
      #expect(bad.count > enough / 2, "\(bad.count)")
      // The last request may be under way when the gateway ends.
      #expect((0...1).contains(counts[0] - out.count { $0.hasPrefix("d1 a=0i ") }), "\(counts)")
    }

    private func configuration(port: UInt16, units: [UInt8]) -> GatewayConfiguration {
      GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [
          .init(
            name: "wire",
            transport: .modbusTCP(host: "127.0.0.1", port: port, timeout: .seconds(1)))
        ],
        devices: units.map { unit in
          .init(
            name: "d\(unit)", bus: "wire", unit: unit, every: .milliseconds(5),
            tags: [RegisterTag(name: "a", table: .holding, address: 0)])
        }, buffer: .init(capacity: 8 << 20, segment: 1 << 16))
    }
  }

  /// Takes connections and what comes on them, and never answers.
  private final class BlackHole: Sendable {
    let port: UInt16
    private let listener: Int32
    private let accepted = Atomic(0)

    init() throws {
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let socket = listener
      // A port that nobody else takes between the choice and the use.
      let isListening = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(socket, $0, length) == 0 && listen(socket, 16) == 0
            && getsockname(socket, $0, &length) == 0
        }
      }
      port = UInt16(bigEndian: address.sin_port)
      try #require(isListening)
      let (descriptor, accepted) = (listener, Weak(self))
      Thread.detachNewThread {
        while Loopback.accept(descriptor) >= 0 { accepted.add() }
      }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// How many connections were made.
    var count: Int { accepted.load(ordering: .relaxed) }

    private struct Weak: Sendable {
      weak var hole: BlackHole?
      init(_ hole: BlackHole) { self.hole = hole }
      func add() { hole?.accepted.add(1, ordering: .relaxed) }
    }
  }
#endif
