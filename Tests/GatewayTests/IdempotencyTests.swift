#if Gateway && HTTP
  import Foundation
  import Gateway
  import Sinks
  import TestSupport
  import Testing

  @Suite(
    "A web server that remembers keys gets each sample once",
    .enabled(if: WebServer.path != nil, "python3 is not installed"), .timeLimit(.minutes(15)))
  struct IdempotencyTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("the same key has the same body, and each sample one key, over failures and restarts")
    func keys() async throws {
      // Every third answer is lost on its way.
      let answers = (0..<400).map { $0 % 3 == 2 ? "500" : "204" }
      let server = try await WebServer(answers, in: folder, posts: "posts")
      var stored: UInt64 = 0
      for round in 0..<6 {
        let configuration = configuration(server, round: round)
        let gateway = try await GatewayRuntime(configuration)
        // Ends in the middle of a delivery: what it had sent was never acknowledged.
        try await run(gateway, grace: round == 5 ? .seconds(600) : .zero) { gateway in
          let retries = gateway.status.sinks.first?.counts.retries ?? 0
          return gateway.status.stored > 200 && (round == 5 || retries > 0)
        }
        stored += gateway.status.stored
      }
      var bodies: [String: Set<String>] = [:]
      var keys: [Int: Set<String>] = [:]
      var requests = 0
      while let body = try? folder.text(of: "posts/\(requests).body") {
        let fields = try folder.text(of: "posts/\(requests).fields")
        let line = try #require(fields.split(separator: "\n").first { $0.hasPrefix("Idempotency") })
        let key = line.split(separator: " ")[1].filter { !$0.isWhitespace }
        bodies[key, default: []].insert(body)
        let array = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [[String: Any]]
        for object in array ?? [] { keys[object["seq"] as? Int ?? 0, default: []].insert(key) }
        requests += 1
      }
      #expect(requests > bodies.count, "nothing was sent twice: \(requests) requests")
      #expect(bodies.values.allSatisfy { $0.count == 1 })
      #expect(keys.values.allSatisfy { $0.count == 1 })
      #expect(keys.keys.sorted() == Array(1...Int(stored)))
      #expect(bodies.keys.allSatisfy { $0.hasPrefix("g-") && $0.count > 36 })
    }

    @Test("a sink that a reload makes one over HTTP remembers what is on its way as well")
    func reloaded() async throws {
      let server = try await WebServer(["204"], in: folder, posts: "posts")
      var configuration = configuration(server, round: 0)
      let web = configuration.sinks
      configuration.sinks = [
        .init(name: "web", kind: .file(path: folder.file("x.jsonl"), format: .jsonl))
      ]
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway, grace: .zero) { gateway in
        guard gateway.status.sinks.first?.counts.delivered ?? 0 > 0 else { return false }
        configuration.sinks = web
        try await gateway.reload(configuration)
        while !FileManager.default.fileExists(atPath: folder.file("data/in-flight-web")) {
          try await Task.sleep(for: .milliseconds(5))
        }
        return true
      }
    }

    private func configuration(_ server: WebServer, round: Int) -> GatewayConfiguration {
      let tags = (0..<20).map { SimulatedTag(name: "t\($0)") }
      return GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [.init(name: "sim", transport: .simulator)],
        devices: [.init(name: "d", bus: "sim", every: .milliseconds(5), simulated: tags)],
        buffer: .init(capacity: 8 << 20, segment: 1 << 16),
        sinks: [
          .init(
            name: "web", kind: .http(HTTPEndpoint(url: server.url), body: .json),
            backlog: round % 2 == 0 ? .liveFirst : .inOrder)
        ])
    }
  }
#endif
