import Foundation
import IndustrialModel
import Sinks
import TestSupport
import Testing

private let python = PeerProcess.find("python3")

/// A real web server, Python's, takes some requests of a batch and fails at others.
@Suite("A batch that failed goes on where it was", .enabled(if: python != nil, "needs python3"))
struct PartialDeliveryTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()

  init() throws { folder = try TemporaryFolder() }

  @Test("over HTTP no sample is posted twice, in the requests and with the keys of one go")
  func overHTTP() async throws {
    let answers = ["204", "204", "503", "429", "204", "500"]
    let server = try await WebServer(answers, in: folder)
    let sink = try HTTPSink(
      HTTPEndpoint(url: server.url), body: .csv, source: "p", samplesPerRequest: 10, tags: tags)
    for _ in 0..<3 {
      await #expect(throws: SinkError.self) { try await sink.deliver(batch(35)) }
    }
    #expect(try await sink.deliver(batch(35)).rejections.isEmpty)
    #expect(
      try keys() == [
        "p-1-10", "p-11-20", "p-21-30", "p-21-30", "p-21-30", "p-31-35", "p-31-35",
      ])
    #expect(try taken(answers) == (0..<35).map { "t\($0)" })
    // What is delivered anew goes anew.
    #expect(try await sink.deliver(batch(35)).rejections.isEmpty)
    #expect(try keys().suffix(4) == ["p-1-10", "p-11-20", "p-21-30", "p-31-35"])
  }

  @Test("a search for what a server refuses goes on where it was, too")
  func searching() async throws {
    let server = try await WebServer(
      ["204", "204", "204", "503"] + ["--refuse", "t7"], in: folder)
    let sink = try HTTPSink(
      HTTPEndpoint(url: server.url), body: .csv, source: "p", samplesPerRequest: 10, tags: tags)
    await #expect(throws: SinkError.self) { try await sink.deliver(batch(10)) }
    #expect(try await sink.deliver(batch(10)).rejections.map(\.index) == [7])
    #expect(
      try keys() == [
        "p-1-10", "p-1-5", "p-6-10", "p-6-7", "p-6-7", "p-8-10", "p-8-8", "p-9-10",
      ])
  }

  @Test("another batch than the one that failed goes from its beginning")
  func anotherBatch() async throws {
    let server = try await WebServer(["204", "503"], in: folder)
    let sink = try HTTPSink(
      HTTPEndpoint(url: server.url), body: .csv, source: "p", samplesPerRequest: 10, tags: tags)
    await #expect(throws: SinkError.self) { try await sink.deliver(batch(20)) }
    #expect(try await sink.deliver(batch(20, from: 21)).rejections.isEmpty)
    #expect(try keys() == ["p-1-10", "p-11-20", "p-21-30", "p-31-40"])
  }

  @Test("a database gets no sample twice either")
  func intoADatabase() async throws {
    let answers = ["204", "429", "204", "204", "503"]
    let server = try await WebServer(answers, in: folder)
    var options = InfluxDBOptions(
      server: HTTPEndpoint(url: server.url), target: .database("plant"))
    options.samplesPerRequest = 10
    let sink = try InfluxDBSink(options, tags: tags)
    for _ in 0..<2 {
      await #expect(throws: SinkError.self) { try await sink.deliver(batch(40)) }
    }
    #expect(try await sink.deliver(batch(40)).rejections.isEmpty)
    #expect(try taken(answers) == (0..<40).map { "t\($0)" })
  }

  @Test("a server that refuses everything in the same words costs no sample")
  func refusesRequests() async throws {
    // The whole, a half, a quarter, the first two, and the six others as probes.
    let server = try await WebServer(Array(repeating: "400", count: 11), in: folder)
    let sink = try HTTPSink(
      HTTPEndpoint(url: server.url), body: .csv, source: "p", tags: tags)
    let error = await #expect(throws: SinkError.self) { try await sink.deliver(batch(8)) }
    #expect(error?.code == .denied && error?.isRetriable == false)
    #expect(error?.message.contains("the server answered 400") == true)
    #expect(try keys().count == 11)
    #expect(try await sink.deliver(batch(8)).rejections.isEmpty)
    #expect(try keys().suffix(1) == ["p-1-8"])
  }

  @Test("a sample that is a batch alone can only be refused for its content")
  func refusesOne() async throws {
    let server = try await WebServer(["400"], in: folder)
    let sink = try HTTPSink(HTTPEndpoint(url: server.url), source: "p", tags: tags)
    #expect(try await sink.deliver(batch(1)).rejections.map(\.index) == [0])
  }

  // MARK: -

  private func batch(_ count: Int, from first: UInt64 = 1) -> SampleBatch {
    var batch = SampleBatch()
    for number in 0..<count {
      batch.append(
        Sample(
          tag: tags.intern("pump/t\(number)"), value: .double(Double(number) / 4),
          gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000)))
    }
    _ = batch.number(from: first)
    return batch
  }

  /// The keys of all requests, in order.
  private func keys() throws -> [String] {
    try requests.map { number in
      let fields = try folder.text(of: "\(number).fields").split(separator: "\n")
      let field = try #require(fields.first { $0.hasPrefix("Idempotency-Key") })
      return field.split(separator: " ")[1].filter { !$0.isWhitespace }
    }
  }

  /// The tags of the samples in all requests that were answered with 204, in order.
  private func taken(_ answers: [String]) throws -> [String] {
    try requests.filter { $0 >= answers.count || answers[$0] == "204" }.flatMap { number in
      try folder.text(of: "\(number).body").matches(of: /pump[\/ ](t\d+)/).map { String($0.1) }
    }
  }

  private var requests: [Int] {
    Array(
      (0...).lazy.prefix { FileManager.default.fileExists(atPath: folder.file("\($0).fields")) })
  }
}
