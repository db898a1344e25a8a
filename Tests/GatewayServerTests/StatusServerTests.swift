#if Server && Gateway
  import Foundation
  import Gateway
  import TestSupport
  import Testing

  @testable import GatewayServer

  #if canImport(FoundationNetworking)
    import FoundationNetworking
  #endif

  @Suite("A gateway tells over HTTP how it is", .timeLimit(.minutes(15)))
  struct StatusServerTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func gateway() async throws -> GatewayRuntime {
      try await GatewayRuntime(
        GatewayConfiguration(
          yaml: """
            schema: iiot/1
            gateway: {id: "plant \\"1\\"", data: \(folder.file("data"))}
            buses: {made-up: {driver: simulator}, plc: {driver: modbus-tcp, host: 127.0.0.1, port: 1}}
            devices:
              sim: {bus: made-up, every: 1ms, tags: {s: {shape: walk}}}
              away: {bus: plc, every: 50ms, tags: {t: {at: holding/0}}}
            sinks: {out: {type: file, path: \(folder.file("out.jsonl")), format: jsonl}}
            """))
    }

    /// Runs the gateway, and asks when it has stored something and knows that a device is away.
    private func ask(_ work: (GatewayRuntime, UInt16) async throws -> Void) async throws {
      let gateway = try await gateway()
      let server = try await StatusServer(gateway, listeningOn: ServerOptions(port: 0))
      let running = Task { try await gateway.run() }
      while gateway.status.sinks.first?.counts.delivered ?? 0 < 10 || gateway.conditions.isEmpty {
        try await Task.sleep(for: .milliseconds(5))
      }
      do {
        try await work(gateway, server.port)
      } catch {
        Issue.record("\(error)")
      }
      running.cancel()
      try await running.value
      await server.stop()
    }

    @Test("metrics that Prometheus's own tool finds right, with the gateway's numbers")
    func metrics() async throws {
      try await ask { gateway, port in
        let before = gateway.status.stored
        let answer = try Answer(port, "/metrics")
        #expect(answer.head.contains("200 OK"))
        #expect(answer.head.contains("text/plain; version=0.0.4"))
        let stored = try #require(answer.value("iiot_samples_stored_total"))
        #expect(stored >= Double(before) && stored <= Double(gateway.status.stored))
        #expect(answer.value("iiot_sink_samples_delivered_total{sink=\"out\"}") ?? 0 >= 10)
        #expect(answer.value("iiot_gateway_running") == 1)
        #expect(
          answer.value("iiot_ledger_samples_total{term=\"acquired\"}")
            == answer.value("iiot_ledger_samples_total{term=\"stored\"}"))
        #expect(
          answer.body.contains("iiot_ledger_sink_samples_total{sink=\"out\",term=\"late\"} 0"))
        #expect(answer.value("iiot_tags{quality=\"good\"}") == 1)
        #expect(
          answer.body.contains(
            "iiot_gateway_condition{source=\"bus plc, device away\",level=\"warning\"} 1"))
        #expect(
          answer.body.contains("gateway=\"plant \\\\\\\"1\\\\\\\"\"")
            || answer.body.contains("plant"))
        #expect(answer.value("process_resident_memory_bytes") ?? 0 > 1_000_000)
        #expect(answer.value("process_open_fds") ?? 0 > 3)
        let now = Date().timeIntervalSince1970
        #expect(answer.value("process_start_time_seconds") ?? 0 > now - 86_400)
        #expect(answer.value("process_start_time_seconds") ?? .infinity < now + 2)
        if let promtool = PeerProcess.find("promtool") {
          try folder.write(answer.body, to: "metrics")
          let check = try await Tool(
            "/bin/sh", ["-c", "\(promtool) check metrics <\(folder.file("metrics"))"])
          #expect(check.status == 0, "\(check.output)\(check.errors)")
        }
      }
    }

    @Test("health and readiness; what is wrong stands there")
    func health() async throws {
      struct Health: Decodable {
        struct Condition: Decodable { var source: String, level: String, message: String }
        var status: String
        var ready: Bool
        var configuration: Int
        var conditions: [Condition]
      }
      try await ask { gateway, port in
        for path in ["/health", "/readyz?verbose"] {
          let answer = try Answer(port, path)
          #expect(answer.head.contains("200 OK"), "\(answer.head)")
          let health = try JSONDecoder().decode(Health.self, from: Data(answer.body.utf8))
          #expect(health.status == "degraded" && health.ready && health.configuration == 1)
          #expect(health.conditions.map(\.source) == ["bus plc, device away"])
        }
      }
      let gateway = try await gateway()
      #expect(!gateway.isReady)
      let server = try await StatusServer(gateway, listeningOn: ServerOptions(port: 0))
      #expect(try Answer(server.port, "/readyz").head.contains("503"))
      await server.stop()
    }

    @Test("what it has no answer to is told, and no request does harm")
    func otherRequests() async throws {
      try await ask { gateway, port in
        #expect(try Answer(port, "/").body.contains("/metrics"))
        #expect(try Answer(port, "/../etc/passwd").head.contains("404"))
        #expect(try Answer(port, "/metrics", method: "POST").head.contains("405"))
        #expect(try Answer(port, "/metrics", method: "HEAD").body.isEmpty)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
          let noise = (0..<Int.random(in: 1...400, using: &generator)).map { _ in
            Array("GET /metrics HTTP/1.1\r\n: \u{0}\u{ff}").map {
              UInt8(truncatingIfNeeded: $0.unicodeScalars.first?.value ?? 0)
            }
            .randomElement(using: &generator) ?? 0
          }
          _ = try Answer(port, raw: noise)
        }
        // More than there is room for, and none of them says anything.
        let silent = try (0..<80).map { _ in try Connection(port) }
        #expect(silent.count == 80)
        for connection in silent { connection.end() }
        while (try? Answer(port, "/health").head.contains("200")) != true { await Task.yield() }
        let long = Array("GET /\(String(repeating: "a", count: 300_000)) HTTP/1.1\r\n\r\n".utf8)
        #expect(try !Answer(port, raw: long).head.contains("200"))
        let heads = String(repeating: "X: \(String(repeating: "a", count: 1000))\r\n", count: 20)
        let many = Array("GET /health HTTP/1.1\r\n\(heads)\r\n".utf8)
        #expect(try !Answer(port, raw: many).head.contains("200"))
        let body = Array(
          "GET /health HTTP/1.1\r\nContent-Length: 20000\r\n\r\n\(String(repeating: "a", count: 20_000))"
            .utf8)
        #expect(try !Answer(port, raw: body).head.contains("200"))
        #expect(try Answer(port, "/health").head.contains("200"))
      }
    }

    @Test("an address that is taken or no address is told")
    func noAddress() async throws {
      let gateway = try await gateway()
      let server = try await StatusServer(gateway, listeningOn: ServerOptions(port: 0))
      for host in ["127.0.0.1", "203.0.113.1"] {
        await #expect(throws: ServerError.self) {
          try await StatusServer(
            gateway, listeningOn: ServerOptions(host: host, port: server.port))
        }
      }
      await server.stop()
    }

    @Test(
      "addresses",
      arguments: [
        ("127.0.0.1:9600", "127.0.0.1:9600"), (":1", "127.0.0.1:1"), ("[::1]:80", "[::1]:80"),
        ("0.0.0.0:0", "0.0.0.0:0"), ("::1:80", nil), ("9600", nil), ("a:70000", nil), ("a:", nil),
      ])
    func addresses(text: String, expected: String?) {
      #expect(ServerOptions(text)?.description == expected)
    }
  }
#endif
