#if Server && Gateway
  import Foundation
  import Gateway
  import TestSupport
  import Testing

  @testable import GatewayServer

  private let prometheus = PeerProcess.find("prometheus")

  @Suite("A real Prometheus scrapes a gateway", .timeLimit(.minutes(15)))
  struct PrometheusTests {
    @Test(
      "its database has the gateway's counts", .enabled(if: prometheus != nil, "needs prometheus"))
    func scraped() async throws {
      let prometheus = try #require(prometheus)
      let folder = try TemporaryFolder()
      let gateway = try await GatewayRuntime(
        GatewayConfiguration(
          yaml: """
            schema: iiot/1
            gateway: {id: g, data: \(folder.file("data"))}
            buses: {made-up: {driver: simulator}}
            devices: {sim: {bus: made-up, every: 1ms, tags: {s: {shape: walk}}}}
            sinks: {out: {type: file, path: \(folder.file("out.jsonl")), format: jsonl}}
            """))
      let server = try await StatusServer(gateway, listeningOn: ServerOptions(port: 0))
      let running = Task { try await gateway.run() }
      try folder.write(
        """
        scrape_configs:
          - job_name: iiot
            scrape_interval: 1s
            scrape_timeout: 1s
            static_configs: [{targets: ["127.0.0.1:\(server.port)"]}]
        """, to: "prometheus.yml")
      let port = try Loopback.freePort()
      let peer = try PeerProcess(
        prometheus,
        [
          "--config.file=\(folder.file("prometheus.yml"))",
          "--storage.tsdb.path=\(folder.file("tsdb"))",
          "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
        ], port: port)
      defer { peer.stop() }
      func query(_ expression: String) -> Double? {
        guard
          let answer = try? Answer(port, "/api/v1/query?query=\(expression)"),
          answer.head.contains("200"), let value = answer.body.firstMatch(of: /,"([0-9.e+]+)"\]/)
        else { return nil }
        return Double(value.1)
      }
      #expect(try await peer.isListening())
      // A scrape that a busy machine cuts short leaves a hole; the next one fills it.
      func value(_ expression: String, _ isRight: (Double) -> Bool) async throws -> Double {
        while true {
          if let value = query(expression), isRight(value) { return value }
          try await Task.sleep(for: .milliseconds(50))
        }
      }
      let delivered = try await value("iiot_sink_samples_delivered_total") { $0 >= 50 }
      #expect(delivered <= Double(gateway.status.sinks.first?.counts.delivered ?? 0))
      _ = try await value("iiot_gateway_running") { $0 == 1 }
      _ = try await value("iiot_buffer_writable%7Blane=%22telemetry%22%7D") { $0 == 1 }
      _ = try await value("process_resident_memory_bytes%7Bjob=%22iiot%22%7D") { $0 > 1e6 }
      running.cancel()
      try await running.value
      await server.stop()
    }
  }
#endif
