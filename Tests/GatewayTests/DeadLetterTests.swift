import Foundation
import Gateway
import IndustrialModel
import Sinks
import TestSupport
import Testing

@Suite(
  "What a destination refuses for good is kept, and holds nothing up", .timeLimit(.minutes(15)))
struct DeadLetterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "a gateway delivers the rest, counts and keeps the refused sample with the server's words",
    .enabled(if: WebServer.path != nil, "python3 is not installed"))
  func refusedByAServer() async throws {
    let server = try await WebServer(["--refuse", "\"seq\":77,"], in: folder, posts: "posts")
    try folder.write(
      "VERSION \"\"\nBU_: A\nBO_ 291 Engine: 8 A\n SG_ Speed : 0|16@1+ (0.5,0) [0|0] \"\" A\n",
      to: "e.dbc")
    let lines = (0..<500).map { "(1700000000.\(100_000 + $0)) can0 123#0A00\n" }
    try folder.write(lines.joined(), to: "e.log")
    let gateway = try await GatewayRuntime(
      GatewayConfiguration(
        id: "t", dataFolder: folder.file("data"),
        buses: [
          .init(
            name: "can",
            transport: .canLog(path: folder.file("e.log"), database: folder.file("e.dbc")))
        ], devices: [.init(name: "car", bus: "can")],
        buffer: .init(capacity: 4 << 20, segment: 1 << 20),
        sinks: [
          .init(
            name: "web", kind: .http(HTTPEndpoint(url: server.url), body: .json))
        ]))
    try await gateway.run(grace: .seconds(60))
    let counts = try #require(gateway.status.sinks.first?.counts)
    #expect(counts.delivered == 499 && counts.deadLettered == 1 && counts.waitingRecords == 0)
    let dead = try folder.text(of: "data/dead-web.jsonl").split(separator: "\n")
    #expect(dead.count == 1)
    #expect(dead.first?.hasPrefix(#"{"sink":"web","reason":"{\"error\":\"a word"#) == true)
    #expect(dead.first?.contains("\"seq\":77,") == true)
    withExtendedLifetime(server) {}
  }

  @Test("a file that has grown to its limit makes place for the next, and one old one stays")
  func turnsOver() async throws {
    let tags = TagRegistry()
    let batch = SampleBatch([Sample(tag: tags.intern("a/b"), value: .double(1))])
    let file = DeadLetterFile(
      path: folder.file("dead.jsonl"), sink: "s", tags: tags, limit: 300)
    var replaced: [String?] = []
    for number in 0..<5 {
      replaced.append(
        try await file.append([.init(index: 0, reason: "number \(number)")], of: batch))
    }
    let old = try folder.text(of: "dead.jsonl.1")
    let new = try folder.text(of: "dead.jsonl")
    #expect(
      (old + new).contains("number 4") && new.contains("number 4") && !old.contains("number 4"))
    #expect(old.utf8.count >= 300 && old.hasSuffix("}\n") && new.hasSuffix("}\n"))
    // What gave way is told, and only then.
    let letters = (old + new).split(separator: "\n").count
    #expect(letters < 5)
    #expect(replaced.compactMap(\.self) == [folder.file("dead.jsonl.1")])
  }
}
