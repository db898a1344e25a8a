import Foundation
import IndustrialModel
import Sinks
import TestSupport
import Testing

private let python = PeerProcess.find("python3")

/// A real web server, Python's, says yes, no, not now and not so much.
@Suite(.enabled(if: python != nil, "python3 is not installed"))
struct HTTPSinkTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()

  init() throws { folder = try TemporaryFolder() }

  @Test("a batch is posted as a JSON array, with a key that tells repetitions")
  func posts() async throws {
    let server = try await start([])
    let endpoint = HTTPEndpoint(
      url: "\(server.url)/in", authorization: .bearer(Secret("s3cret")))
    let sink = try HTTPSink(endpoint, source: "plant-1", samplesPerRequest: 2, tags: tags)
    #expect(try await sink.deliver(batch(3)).rejections.isEmpty)
    let first = try JSONSerialization.jsonObject(with: Data(folder.text(of: "0.body").utf8))
    let objects = try #require(first as? [[String: Any]])
    #expect(objects.map { $0["tag"] as? String } == ["pump/t0", "pump/t1"])
    #expect(objects.map { $0["seq"] as? Int } == [1, 2])
    let fields = try folder.text(of: "0.fields")
    #expect(fields.hasPrefix("/in\n"))
    #expect(fields.contains("Content-Type: application/json"))
    #expect(fields.contains("Idempotency-Key: plant-1-1-2"))
    #expect(fields.contains("Authorization: Bearer s3cret"))
    #expect(!fields.contains("Expect"))
    #expect(try folder.text(of: "1.fields").contains("Idempotency-Key: plant-1-3-3"))
  }

  @Test("a busy server is told from a broken one, and says how long to wait")
  func busy() async throws {
    let server = try await start(["429:7", "503", "401", "302", "500"])
    let sink = try HTTPSink(HTTPEndpoint(url: server.url), source: "p", tags: tags)
    var errors: [SinkError] = []
    for _ in 0..<5 {
      do throws(SinkError) {
        _ = try await sink.deliver(batch(1))
      } catch {
        errors.append(error)
      }
    }
    #expect(errors.map(\.code) == [.failed, .failed, .denied, .notFound, .failed])
    #expect(errors.map(\.isRetriable) == [true, true, false, false, true])
    #expect(errors.first?.retryAfter == .seconds(7))
    #expect(try await sink.deliver(batch(1)).rejections.isEmpty)
  }

  @Test("bodies go compressed when that is asked for, and read back to the same bytes")
  func compresses() async throws {
    let server = try await start([])
    let plain = try HTTPSink(HTTPEndpoint(url: server.url), source: "p", tags: tags)
    var endpoint = HTTPEndpoint(url: server.url)
    endpoint.compressesBodies = true
    let compressed = try HTTPSink(endpoint, source: "p", tags: tags)
    for count in [800, 1, 900] {
      try await plain.deliver(batch(count))
      try await compressed.deliver(batch(count))
    }
    for number in [0, 2, 4] {
      #expect(try !folder.text(of: "\(number).fields").contains("Content-Encoding"))
      #expect(try folder.text(of: "\(number + 1).fields").contains("Content-Encoding: gzip"))
      let unpacked = try await Tool(
        try #require(PeerProcess.find("gzip")), ["-dc", folder.file("\(number + 1).body")])
      #expect(try unpacked.output == folder.text(of: "\(number).body"))
    }
    let sizes = try [0, 1].map {
      try Data(contentsOf: URL(filePath: folder.file("\($0).body"))).count
    }
    #expect(sizes[1] * 5 < sizes[0])
  }

  @Test("what the server refuses is found among the rest")
  func refuses() async throws {
    let server = try await start(["--refuse", "t137"])
    let sink = try HTTPSink(HTTPEndpoint(url: server.url), body: .jsonl, source: "p", tags: tags)
    let report = try await sink.deliver(batch(300))
    #expect(report.rejections.map(\.index) == [137])
    #expect(report.rejections.first?.reason.contains("do not like") == true)
  }

  @Test("a request that is too large is cut until it fits")
  func cuts() async throws {
    let server = try await start(["--longest", "5000"])
    let sink = try HTTPSink(HTTPEndpoint(url: server.url), body: .influx, source: "p", tags: tags)
    #expect(try await sink.deliver(batch(500)).rejections.isEmpty)
  }

  @Test("a template, a method and an envelope reach the server, and refusals are found in them")
  func templates() async throws {
    let server = try await start(["--refuse", "t3"])
    var options = HTTPSinkOptions(
      HTTPEndpoint(url: server.url),
      template: try HTTPTemplate(
        #"{"id": "{device}.{tag}", "v": {value}}"#,
        envelope: #"{"of": {gateway}, "v": [{samples}]}"#,
        contentType: "application/vnd.plant+json"))
    options.method = .put
    options.samplesPerRequest = 4
    let sink = try HTTPSink(options, gateway: "p", source: "p-7", tags: tags)
    let report = try await sink.deliver(batch(6))
    #expect(report.rejections.map(\.index) == [3])
    var taken: [String] = []
    var keys: [String] = []
    for number in 0... {
      guard let body = try? folder.text(of: "\(number).body") else { break }
      let fields = try folder.text(of: "\(number).fields")
      #expect(fields.contains("Method: PUT"))
      #expect(fields.contains("Content-Type: application/vnd.plant+json"))
      keys += fields.split(separator: "\n").filter { $0.hasPrefix("Idempotency-Key") }
        .map { String($0.split(separator: " ")[1].filter { !$0.isWhitespace }) }
      let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
      #expect(object?["of"] as? String == "p")
      let values = try #require(object?["v"] as? [[String: Any]])
      if !body.contains("t3") { taken += values.compactMap { $0["id"] as? String } }
    }
    #expect(taken == ["pump.t0", "pump.t1", "pump.t2", "pump.t4", "pump.t5"])
    #expect(keys == ["p-7-1-4", "p-7-1-2", "p-7-3-4", "p-7-3-3", "p-7-4-4", "p-7-5-6"])

    // Without an envelope each sample is a request.
    options.template = try HTTPTemplate(#"{"v": {value}}"#)
    options.method = .patch
    let single = try HTTPSink(options, gateway: "p", tags: tags)
    try await single.deliver(batch(3))
    for number in 0..<3 {
      let fields = try folder.text(of: "\(6 + number).fields")
      #expect(fields.contains("Method: PATCH"))
      #expect(fields.contains("Idempotency-Key: p-\(number + 1)-\(number + 1)"))
      #expect(try folder.text(of: "\(6 + number).body") == "{\"v\": \(Double(number) / 4)}")
    }
  }

  @Test("nobody there, no name, no address, a server that never answers")
  func absent() async throws {
    let port = try Loopback.freePort()
    let sink = try HTTPSink(
      HTTPEndpoint(url: "http://127.0.0.1:\(port)"), source: "p", tags: tags)
    let refused = await #expect(throws: SinkError.self) { try await sink.deliver(batch(1)) }
    #expect(refused?.isRetriable == true && refused?.message.isEmpty == false)

    let wrong = #expect(throws: SinkError.self) {
      try HTTPSink(HTTPEndpoint(url: "ftp://here"), source: "p", tags: tags)
    }
    #expect(wrong?.isRetriable == false)
  }

  // MARK: -

  private func batch(_ count: Int) -> SampleBatch {
    var batch = SampleBatch()
    for number in 0..<count {
      batch.append(
        Sample(
          tag: tags.intern("pump/t\(number)"), value: .double(Double(number) / 4),
          gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000)))
    }
    _ = batch.number(from: 1)
    return batch
  }

  private func start(_ arguments: [String]) async throws -> WebServer {
    try await WebServer(arguments, in: folder)
  }
}
