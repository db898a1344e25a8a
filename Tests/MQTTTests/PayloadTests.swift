import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import MQTT

private let python = PeerProcess.find("python3")

@Suite("A value in a payload") struct PayloadTests {
  private typealias Finding = MQTTJSONScanner.Finding

  private func find(_ path: String, in document: [UInt8]) throws -> MQTTJSONScanner.Finding {
    try #require(MQTTJSONScanner.find([MQTTJSONPath(path)], in: document).first)
  }

  @Test(arguments: [
    ("t", #"{"t":21.5}"#, MQTTJSONScanner.Finding.number("21.5")),
    ("a.b.c", #" { "x" : [1,{"b":2}] , "a":{"b":{"c":-1e3}} } "#, .number("-1e3")),
    ("1.v", #"[{"v":1},{"v":true}]"#, .truth(true)), ("1", #"{"1":false}"#, .truth(false)),
    ("k", #"{"k":"a\"\u00e9\ud83d\ude00\n"}"#, .text("a\"é😀\n")),
    ("k", #"{"k":"\ud83dA\u0041"}"#, .text("\u{FFFD}AA")),
    ("k", #"{"k":"\ud83d\u0041"}"#, .text("\u{FFFD}A")),
    ("k", #"{"k":null}"#, .null), ("k", #"{"k":{}}"#, .compound), ("k", #"{"k":[1]}"#, .compound),
    ("k", "[1]", .missing), ("01", "[1,2]", .missing), ("-0", "[1]", .missing),
    ("2", "[1]", .missing),
    ("k", #"{"k":1,"k":2}"#, .number("2")), ("k.a", #"{"k":{"a":1},"k":{}}"#, .missing),
    ("k.a", #"{"k":{"a":1},"k":3}"#, .missing), ("\u{e9}", #"{"\u00e9":1}"#, .number("1")),
    (#"a\.b.c\\"#, #"{"a.b":{"c\\":7}}"#, .number("7")), ("k", "5", .missing),
    ("k", "", .malformed), ("k", #"{"k":1"#, .malformed), ("k", #"{"k":01}"#, .malformed),
    ("k", #"{"k":-}"#, .malformed), ("k", #"{"k":-01}"#, .malformed),
    ("k", #"{"k":1.}"#, .malformed),
    ("k", #"{"k":1,}"#, .malformed), ("k", #"{"k":.5}"#, .malformed),
    ("k", #"{"k":+5}"#, .malformed),
    ("k", #"{"k":nan}"#, .malformed), ("k", #"{"k":1} x"#, .malformed),
    ("k", #"{k:1}"#, .malformed),
    ("k", "{\"k\":\"a\nb\"}", .malformed), ("k", #"{"k":"\x"}"#, .malformed),
    ("k", #"{"k":"\u12"}"#, .malformed), ("k", #"{"k":"\u+123"}"#, .malformed),
    ("k", #"{"k":[1,]}"#, .malformed), ("k", #"["#, .malformed), ("k", #"{"k":"#, .malformed),
  ])
  func finds(path: String, document: String, finding: MQTTJSONScanner.Finding) throws {
    #expect(try find(path, in: Array(document.utf8)) == finding)
  }

  @Test(arguments: [
    "", ".", "a.", ".a", "a..b", #"a\"#, #"a\b"#, "$", "$.a", "$[0]",
    Array(repeating: "a", count: 65).joined(separator: "."),
  ])
  func pathsAreChecked(path: String) {
    let error = #expect(throws: MQTTError.self) { try MQTTJSONPath(path) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func bytesThatAreNoTextAreNoDocument() throws {
    for wrong: [UInt8] in [
      [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80],
    ] {
      let quoted = [UInt8(ascii: "\"")] + wrong + [UInt8(ascii: "\"")]
      for (before, after) in [("{\"k\":", "}"), ("{\"k\":1,\"x\":", "}"), ("{", ":1,\"k\":2}")] {
        let document = Array(before.utf8) + quoted + Array(after.utf8)
        #expect(try find("k", in: document) == .malformed)
      }
    }
  }

  @Test func depthHasABoundAndSizeHasNone() throws {
    for bracket in ["[", "{\"k\":"] {
      let deep = String(repeating: bracket, count: 1_000_000)
      #expect(try find("k", in: Array(deep.utf8)) == .malformed)
    }
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(try find("k", in: nested(64)) == .missing)
    #expect(try find("k", in: nested(65)) == .malformed)
    let last = Array(repeating: "0", count: 64).joined(separator: ".")
    #expect(try find(last, in: nested(63) + []) == .missing)
    let many = "[" + String(repeating: "0,", count: 500_000) + "7]"
    #expect(try find("500000", in: Array(many.utf8)) == .number("7"))
    let long = "{\"k\":" + String(repeating: "9", count: 500_000) + "}"
    let reader = MQTTPayloadReader(at: try MQTTJSONPath("k"))
    #expect(reader.read(Array(long.utf8)).quality == .badOutOfRange)
  }

  @Test func manyPlacesAreFoundInOneReading() throws {
    let paths = try (0..<200).map { try MQTTJSONPath("v.k\($0 % 150).\($0 % 3)") }
    let members = (0..<100).map { "\"k\($0)\":[\($0),\($0 + 1),\"x\"]" }
    let document = Array("{\"v\":{\(members.joined(separator: ","))}}".utf8)
    let findings = MQTTJSONScanner.find(paths, in: document)
    #expect(findings == (try paths.map { try find($0.text, in: document) }))
    #expect(findings[4] == .number("5") && findings[120] == .missing && findings[2] == .text("x"))
    #expect(
      MQTTJSONScanner.find(paths, in: Array(document.dropLast())) == paths.map { _ in .malformed })
  }

  @Test(
    "what it takes for JSON is what Python takes for JSON, and it finds there what Python finds",
    .enabled(if: python != nil), arguments: [1, 2, 3] as [UInt64])
  func agreesWithPython(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let original = Array(
      #"{"a":[1,"xé\u0041",true,{"b":null}],"a":[0,2.5],"c":-0.5e+2,"d":""}"#.utf8)
    var documents: [[UInt8]] = []
    for _ in 0..<4000 {
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
      for line in sys.stdin:
          try:
              value = json.loads(bytes.fromhex(line))
          except (ValueError, UnicodeDecodeError):
              print("malformed")
              continue
          try:
              value = value["a"][1] if isinstance(value["a"], list) else value["a"]["1"]
              print("null" if value is None else "compound" if isinstance(value, (list, dict))
                    else "truth" if isinstance(value, bool) else "text" if isinstance(value, str)
                    else "number")
          except (LookupError, TypeError):
              print("missing")
      """
    let lines = documents.map { document in
      document.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\n"
    }
    let answers = try await Tool(try #require(python), ["-c", script], input: lines.joined())
      .output.split(separator: "\n")
    try #require(answers.count == documents.count)
    #expect(Set(answers).count >= 4)
    for (document, answer) in zip(documents, answers) {
      let kind =
        switch try find("a.1", in: document) {
        case .malformed: "malformed"
        case .missing: "missing"
        case .null: "null"
        case .compound: "compound"
        case .truth: "truth"
        case .text: "text"
        case .number: "number"
        }
      #expect(kind == answer, "seed \(seed): \(String(decoding: document, as: UTF8.self))")
    }
  }

  @Test(arguments: [
    ("21", MQTTPayloadReader.ValueType.number, Value.int64(21), Quality.good),
    (" -2.5e1\n", .number, .double(-25), .good), ("", .number, .none, .badNoData),
    (" ", .number, .none, .badNoData), ("18446744073709551615", .number, .uint64(.max), .good),
    ("18446744073709551616", .number, .double(18_446_744_073_709_551_616), .good),
    ("-9223372036854775808", .number, .int64(.min), .good),
    ("1e308", .number, .double(1e308), .good), ("1e309", .number, .none, .badOutOfRange),
    ("-1e999999999999", .number, .none, .badOutOfRange),
    ("1e-999999999999", .number, .double(0), .good),
    ("nan", .number, .none, .badTypeMismatch), ("inf", .number, .none, .badTypeMismatch),
    ("0x10", .number, .none, .badTypeMismatch), ("1,5", .number, .none, .badTypeMismatch),
    ("1 2", .number, .none, .badTypeMismatch), ("--1", .number, .none, .badTypeMismatch),
    ("e", .number, .none, .badTypeMismatch), (".", .number, .none, .badTypeMismatch),
    ("true", .number, .none, .badTypeMismatch), ("ON", .bool, .bool(true), .good),
    ("0", .bool, .bool(false), .good), ("2", .bool, .none, .badTypeMismatch),
    ("", .bool, .none, .badNoData), (" open ", .text, .string(" open "), .good),
    ("", .text, .string(""), .good),
  ])
  func plainPayloads(
    payload: String, type: MQTTPayloadReader.ValueType, value: Value, quality: Quality
  ) {
    let reader = MQTTPayloadReader(as: type)
    let read = reader.read(Array(payload.utf8))
    #expect(read.value == value && read.quality == quality)
    #expect(reader.read([0xFF, 0xFE]).quality == .badDecodingError)
  }

  @Test func whatStandsInADocumentIsJudgedByTheType() throws {
    let path = try MQTTJSONPath("v")
    func read(_ text: String, _ type: MQTTPayloadReader.ValueType) -> (
      value: Value, quality: Quality
    ) {
      MQTTPayloadReader(at: path, as: type).read(Array("{\"v\":\(text)}".utf8))
    }
    #expect(read("true", .number).quality == .badTypeMismatch)
    #expect(read("[]", .number).quality == .badTypeMismatch)
    #expect(read("null", .text).quality == .badNoData)
    #expect(read("\"x\"", .number).quality == .badTypeMismatch)
    #expect(read("\"\"", .number).quality == .badNoData)
    #expect(read("1e400", .number).quality == .badOutOfRange)
    #expect(read("true", .text).value == .string("true"))
    #expect(read("1.50", .text).value == .string("1.50"))
    #expect(read("0", .bool).value == .bool(false))
    #expect(read("x", .number).quality == .badDecodingError)
    for text in ["{}", "[]", "{\"w\":1}", "5"] {
      let read = MQTTPayloadReader(at: path).read(Array(text.utf8))
      #expect(read.value == .none && read.quality == .badNoData)
    }
  }

  @Test func scaledNumbersAreBinary64() throws {
    let reader = MQTTPayloadReader(at: try MQTTJSONPath("v"), scale: 0.5, offset: 1)
    #expect(reader.read(Array(#"{"v":4}"#.utf8)).value == .double(3))
    #expect(reader.read(Array(#"{"v":"4"}"#.utf8)).value == .double(3))
    #expect(reader.read(Array(#"{"v":true}"#.utf8)).quality == .badTypeMismatch)
    let large = MQTTPayloadReader(scale: 10).read(Array("1e308".utf8))
    #expect(large.value == .none && large.quality == .badOutOfRange)
  }

  @Test("no bytes at all make it trap", arguments: [1, 2] as [UInt64]) func anything(seed: UInt64)
    throws
  {
    var random = SeededGenerator(seed: seed)
    let readers = try [nil, "a", "0.b", "x.1.y"].map { path in
      MQTTPayloadReader(at: try path.map { try MQTTJSONPath($0) })
    }
    let alphabet = Array(#"{}[]:,"\ua0-+.eE19tfn x"#.utf8) + [0x00, 0x80, 0xC3, 0xFF]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...30, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? 0
      }
      let all = MQTTPayloadReader.read(readers, bytes)
      for (reader, together) in zip(readers, all) {
        let alone = reader.read(bytes)
        #expect(alone.value == together.value && alone.quality == together.quality)
        #expect((alone.value == .none) == alone.quality.isBad, "seed \(seed): \(bytes)")
      }
    }
  }
}
