import Foundation
import IndustrialModel
import Sinks
import TestSupport
import Testing

private let victoriaMetrics = PeerProcess.find("victoria-metrics")
private let curl = PeerProcess.find("curl")

/// VictoriaMetrics takes line protocol and gives back what it has understood.
@Suite(
  .enabled(if: victoriaMetrics != nil && curl != nil, "needs victoria-metrics and curl"),
  .timeLimit(.minutes(15)))
struct VictoriaMetricsTests {
  @Test("what is written, compressed or not, is what it has", arguments: [false, true])
  func writes(compressed: Bool) async throws {
    let folder = try TemporaryFolder()
    let port = try Loopback.freePort()
    let server = try PeerProcess(
      try #require(victoriaMetrics),
      [
        "-httpListenAddr=127.0.0.1:\(port)", "-storageDataPath=\(folder.file("data"))",
        "-retentionPeriod=100y", "-loggerLevel=ERROR",
      ], port: port)
    try #require(try await server.isListening())
    var endpoint = HTTPEndpoint(url: "http://127.0.0.1:\(port)")
    endpoint.compressesBodies = compressed
    let tags = TagRegistry()
    let sink = try InfluxDBSink(
      InfluxDBOptions(server: endpoint, target: .database("plant")), tags: tags)
    // Milliseconds are all that it keeps of a time.
    let start: Int64 = 1_767_225_600_000
    var batch = SampleBatch()
    for number in 0..<12_000 {
      let tag = tags.intern("pump/t\(number % 4)")
      let time = Timestamp(nanoseconds: (start + Int64(number)) * 1_000_000)
      let value: Value = number % 2 == 0 ? .double(Double(number) / 8) : .int64(Int64(-number))
      batch.append(Sample(tag: tag, value: value, gatewayTime: time))
    }
    #expect(try await sink.deliver(batch).rejections.isEmpty)
    let url = "http://127.0.0.1:\(port)"
    _ = try await Tool(try #require(curl), ["-s", "\(url)/internal/force_flush"])
    var found = 0
    for tag in 0..<4 {
      let answer = try await Tool(
        try #require(curl),
        ["-s", "-G", "\(url)/api/v1/export", "--data-urlencode", "match[]=pump_t\(tag)"])
      let line = try #require(answer.output.split(separator: "\n").first, "\(answer.errors)")
      let series = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let values = try #require(series?["values"] as? [Double])
      let times = try #require(series?["timestamps"] as? [Double])
      for (value, time) in zip(values, times) {
        let number = Int(time) - Int(start)
        #expect(number % 4 == tag)
        #expect(value == (number % 2 == 0 ? Double(number) / 8 : Double(-number)))
        found += 1
      }
    }
    #expect(found == 12_000)
  }
}
