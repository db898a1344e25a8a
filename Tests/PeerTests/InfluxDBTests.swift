import Foundation
import IndustrialModel
import Sinks
import TestSupport
import Testing

/// InfluxDB 1 refuses a malformed line with a reason: it is the judge of our line protocol.
@Suite(.enabled(if: InfluxDB.path != nil, "influxd is not installed"))
struct InfluxDBTests {
  @Test func aRealServerReadsEveryKindOfLineBack() async throws {
    let folder = try TemporaryFolder()
    let server = try start(in: folder)
    try #require(try await server.isListening())
    let url = "http://127.0.0.1:\(server.port)"
    let curl = try #require(PeerProcess.find("curl"))
    _ = try await Tool(
      curl, ["-s", "-XPOST", "\(url)/query", "--data-urlencode", "q=CREATE DATABASE t"])

    let tags = TagRegistry()
    var batch = SampleBatch()
    for (number, (name, value)) in Self.readings.enumerated() {
      batch.append(
        Sample(
          tag: tags.intern(name), value: value,
          quality: number.isMultiple(of: 5) ? .uncertainLastUsableValue : .good,
          gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000 + Int64(number))))
    }
    batch.append(Sample(tag: tags.intern("dead/tag"), value: .none, quality: .badTimeout))
    var formatter = SampleFormatter(.influx, tags: tags)
    var text: [UInt8] = []
    formatter.append(batch, to: &text)
    try Data(text).write(to: URL(fileURLWithPath: folder.file("lines")))
    let written = try await Tool(
      curl,
      [
        "-s", "-w", "%{http_code}", "-XPOST", "\(url)/write?db=t&precision=ns", "--data-binary",
        "@\(folder.file("lines"))",
      ])
    #expect(written.output == "204", "\(written.output)")

    for (number, (name, value)) in Self.readings.enumerated() {
      let parts = name.split(separator: "/", maxSplits: 1)
      let query = "SELECT \"\(parts[1])\" FROM \"\(parts[0])\""
      let answer = try await Tool(
        curl, ["-s", "-G", "\(url)/query?db=t&epoch=ns", "--data-urlencode", "q=\(query)"])
      let expected = "[[\(1_767_225_600_000_000_000 + number),\(Self.json(value))]]"
      #expect(answer.output.contains(expected), "\(name): \(answer.output)")
    }
  }

  private static let readings: [(String, Value)] = [
    ("plain/int", .int64(-42)), ("plain/large", .int64(.max)), ("plain/unsigned", .uint64(7)),
    ("plain/real", .double(0.1)), ("plain/tiny", .double(1e-300)), ("plain/true", .bool(true)),
    ("plain/text", .string("two words, \"quoted\", back\\slash")),
    ("pump 1,left/flow = a, b", .double(2.5)), ("ünï/cödé", .bool(false)),
    ("plain/bytes", .bytes([1, 255])),
  ]

  private static func json(_ value: Value) -> String {
    switch value {
    case .int64(let value): "\(value)"
    case .uint64(let value): "\(value)"
    case .double(let value): value == 1e-300 ? "1e-300" : "\(value)"
    case .bool(let value): "\(value)"
    case .string: #""two words, \"quoted\", back\\slash""#
    case .bytes: "\"01ff\""
    case .none: "null"
    }
  }

  @Test func theSinkWritesAndWritingAgainChangesNothing() async throws {
    let folder = try TemporaryFolder()
    let server = try start(in: folder)
    try #require(try await server.isListening())
    try await query(server, "CREATE DATABASE plant")
    let tags = TagRegistry()
    var batch = SampleBatch()
    for number in 0..<12_000 {
      batch.append(
        Sample(
          tag: tags.intern("pump\(number % 50)/flow"), value: .double(Double(number)),
          gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000 + Int64(number))))
    }
    let sink = try InfluxDBSink(options(server, "plant"), tags: tags)
    for _ in 0..<2 { #expect(try await sink.deliver(batch).rejections.isEmpty) }
    let answer = try await query(
      server, "SELECT count(flow), sum(flow) FROM /.*/", database: "plant")
    #expect(answer.components(separatedBy: "[0,240,").count == 51, "\(answer)")
    #expect(answer.contains("[0,240,1434000]"), "the sum of 0, 50, 100, ... 11950: \(answer)")
  }

  @Test func aFieldTypeConflictCostsOnlyItsOwnSamples() async throws {
    let folder = try TemporaryFolder()
    let server = try start(in: folder)
    try #require(try await server.isListening())
    try await query(server, "CREATE DATABASE plant")
    let tags = TagRegistry()
    func batch(_ value: (Int) -> Value) -> SampleBatch {
      SampleBatch(
        (0..<100).map { number in
          Sample(
            tag: tags.intern("pump/\(number % 4 == 0 ? "x" : "y\(number)")"), value: value(number),
            gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000 + Int64(number)))
        })
    }
    let sink = try InfluxDBSink(options(server, "plant"), tags: tags)
    #expect(
      try await sink.deliver(batch { $0 % 4 == 0 ? .int64(1) : .double(1) }).rejections.isEmpty)
    let report = try await sink.deliver(batch { _ in .double(2) })
    #expect(report.rejections.map(\.index).sorted() == Array(stride(from: 0, to: 100, by: 4)))
    #expect(report.rejections.first?.reason.contains("field type conflict") == true)
    let answer = try await query(server, "SELECT y3, y99 FROM pump", database: "plant")
    #expect(answer.contains("003,2,null]") && answer.contains("099,null,2]"), "\(answer)")
  }

  @Test func aMissingDatabaseAndADeadServerAreToldApart() async throws {
    let folder = try TemporaryFolder()
    let server = try start(in: folder)
    try #require(try await server.isListening())
    let tags = TagRegistry()
    let batch = SampleBatch([Sample(tag: tags.intern("a/b"), value: .double(1))])
    let sink = try InfluxDBSink(options(server, "nothing"), tags: tags)
    let missing = await #expect(throws: SinkError.self) { try await sink.deliver(batch) }
    #expect(missing?.code == .notFound && missing?.message.contains("database not found") == true)
    server.stop()
    let dead = await #expect(throws: SinkError.self) { try await sink.deliver(batch) }
    #expect(dead?.isRetriable == true)
  }

  private func options(_ server: PeerProcess, _ database: String) -> InfluxDBOptions {
    InfluxDBOptions(
      server: HTTPEndpoint(url: "http://127.0.0.1:\(server.port)"), target: .database(database))
  }

  @discardableResult
  private func query(
    _ server: PeerProcess, _ text: String, database: String = ""
  ) async throws -> String {
    try await Tool(
      try #require(PeerProcess.find("curl")),
      [
        "-s", "-XPOST", "http://127.0.0.1:\(server.port)/query?epoch=ns&db=\(database)",
        "--data-urlencode", "q=\(text)",
      ]
    ).output
  }

  private func start(in folder: TemporaryFolder) throws -> PeerProcess {
    let port = try Loopback.freePort()
    try InfluxDB.configure(in: folder, port: port)
    return try PeerProcess(
      try #require(InfluxDB.path), ["-config", folder.file("influxdb.conf")], port: port)
  }
}
