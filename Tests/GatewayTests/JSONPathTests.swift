import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

private let python = PeerProcess.find("python3")

@Suite("A value in a JSON payload") struct JSONPathTests {
  @Test(arguments: [
    ("t", #"{"t":21.5}"#, JSONPath.Finding.number("21.5")),
    ("a.b.c", #" { "x" : [1,{"b":2}] , "a":{"b":{"c":-1e3}} } "#, .number("-1e3")),
    ("1.v", #"[{"v":1},{"v":true}]"#, .truth(true)),
    ("k", #"{"k":"a\"\u00e9\ud83d\ude00\n"}"#, .text("a\"é😀\n")),
    ("k", #"{"k":null}"#, .null), ("k", #"{"k":{}}"#, .compound), ("k", "[1]", .missing),
    ("k", #"{"k":1,"k":2}"#, .number("2")), ("\u{e9}", #"{"\u00e9":1}"#, .number("1")),
    ("k", "5", .missing), ("k", "", .malformed), ("k", #"{"k":1"#, .malformed),
    ("k", #"{"k":01}"#, .malformed), ("k", #"{"k":1,}"#, .malformed),
    ("k", #"{"k":.5}"#, .malformed), ("k", #"{"k":nan}"#, .malformed),
    ("k", #"{"k":1} x"#, .malformed), ("k", "{\"k\":\"a\nb\"}", .malformed),
  ])
  func finds(path: String, document: String, finding: JSONPath.Finding) throws {
    #expect(try #require(JSONPath(path)).find(in: Array(document.utf8)) == finding)
  }

  @Test func depthHasABound() throws {
    let path = try #require(JSONPath("k"))
    #expect(path.find(in: Array(repeating: UInt8(ascii: "["), count: 1_000_000)) == .malformed)
    let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
    #expect(path.find(in: Array(deep.utf8)) == .missing)
  }

  @Test(
    "what it takes for JSON is what Python takes for JSON", .enabled(if: python != nil),
    arguments: [1, 2, 3] as [UInt64])
  func agreesWithPython(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let path = try #require(JSONPath("a.1"))
    let original = Array(#"{"a":[1,"x\u0041",true,{"b":null}],"c":-0.5e+2,"d":""}"#.utf8)
    var documents: [[UInt8]] = []
    for _ in 0..<3000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = try #require(original.randomElement(using: &random))
        default: bytes.insert(try #require(original.randomElement(using: &random)), at: place)
        }
      }
      documents.append(bytes)
    }
    let script = """
      import json, sys
      for line in sys.stdin.buffer:
          try:
              json.loads(line.rstrip(b"\\n"))
              print("yes")
          except ValueError:
              print("no")
      """
    let lines = documents.map { String(decoding: $0, as: UTF8.self) + "\n" }
    let answers = try Tool(try #require(python), ["-c", script], input: lines.joined())
      .output.split(separator: "\n")
    try #require(answers.count == documents.count)
    #expect(answers.contains("yes") && answers.contains("no"))
    for (document, answer) in zip(documents, answers) {
      #expect(
        (path.find(in: document) != .malformed) == (answer == "yes"),
        "seed \(seed): \(String(decoding: document, as: UTF8.self))")
    }
  }

  @Test(arguments: [
    ("21", MessageTag.ValueType.number, Value.int64(21), Quality.good),
    (" -2.5e1\n", .number, .double(-25), .good), ("", .number, .none, .badNoData),
    ("18446744073709551615", .number, .uint64(.max), .good),
    ("nan", .number, .none, .badTypeMismatch), ("0x10", .number, .none, .badTypeMismatch),
    ("ON", .bool, .bool(true), .good), ("0", .bool, .bool(false), .good),
    ("2", .bool, .none, .badTypeMismatch), (" open ", .text, .string(" open "), .good),
  ])
  func plainPayloads(
    payload: String, type: MessageTag.ValueType, value: Value, quality: Quality
  ) {
    let reader = MessageReader(
      MessageTag(name: "t", topic: "t", type: type), device: "d", tags: TagRegistry())
    let read = reader.read(Array(payload.utf8))
    #expect(read.value == value && read.quality == quality)
    #expect(reader.read([0xFF, 0xFE]).quality == .badDecodingError)
  }

  @Test func scaledNumbersAreBinary64() {
    let tag = MessageTag(name: "t", topic: "t", path: "v", scale: 0.5, offset: 1)
    let reader = MessageReader(tag, device: "d", tags: TagRegistry())
    #expect(reader.read(Array(#"{"v":4}"#.utf8)).value == .double(3))
    #expect(reader.read(Array(#"{"v":"4"}"#.utf8)).value == .double(3))
    #expect(reader.read(Array(#"{"v":true}"#.utf8)).quality == .badTypeMismatch)
  }
}
