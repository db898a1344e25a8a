import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import Sinks

@Suite("Bodies of one's own shape")
struct HTTPTemplateTests {
  let tags = TagRegistry()

  @Test("a sample each, every place, as a value and inside of a text")
  func everyPlace() throws {
    var sample = reading("line 1/unit/temp\"x\\", .double(2.5))
    sample.sequence = 7
    sample.sourceTime = Timestamp(nanoseconds: 1_500_000)
    sample.quality = .uncertainSubNormal
    let places = HTTPTemplate.SamplePlace.allCases.map(\.rawValue)
    let members = places.map { "\"\($0)\": {\($0)}, \"in \($0)\": \"<{\($0)}>\"" }
    let template = try HTTPTemplate("{" + members.joined(separator: ", ") + "}")
    let object = try #require(try json(text(template, [sample])) as? [String: Any])
    let expected: [String: any Equatable] = [
      "gateway": "g\"1", "device": "line 1", "tag": "unit/temp\"x\\",
      "path": "line 1/unit/temp\"x\\", "value": 2.5, "quality": "uncertain",
      "status": "0x40950000", "reason": "fewer good sources than required", "seq": 7,
      "class": "telemetry", "time": "2026-01-01T00:00:00.250000000Z", "time_ms": 1,
      "time_ns": 1_500_000, "source_time": "1970-01-01T00:00:00.001500000Z",
    ]
    #expect(Set(expected.keys) == Set(places))
    for (name, value) in expected {
      #expect("\(try #require(object[name]))" == "\(value)", "\(name)")
      #expect(object["in \(name)"] as? String == "<\(value)>", "\(name)")
    }
  }

  @Test("in a form a large number stays the number that it is") func numbersInForms() throws {
    let template = try HTTPTemplate(
      "t={tag}&v={value}", contentType: "application/x-www-form-urlencoded")
    for (tag, value, body) in [("a+b", 1e20, "t=a%2bb&v=1e%2b20"), ("t", -2.5, "t=t&v=-2.5")] {
      let sample = reading("d/\(tag)", .double(value))
      #expect(String(decoding: text(template, [sample]), as: UTF8.self) == body)
    }
  }

  @Test("values of every kind are JSON, whatever is in them", arguments: [1, 2] as [UInt64])
  func kinds(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let template = try HTTPTemplate(
      #"{"v": {value}, "s": "a{value}b"}"#, envelope: #"{"n": {count}, "list": [{samples}]}"#)
    var samples: [Sample] = []
    for _ in 0..<500 {
      let value: Value =
        switch UInt8.random(in: 0..<7, using: &random) {
        case 0: .none
        case 1: .bool(.random(using: &random))
        case 2: .int64(Int64(bitPattern: random.next()))
        case 3: .uint64(random.next())
        case 4: .double(Double(bitPattern: random.next()))
        case 5:
          .string(
            String(
              String.UnicodeScalarView(
                (0..<8).compactMap { _ in
                  Unicode.Scalar(UInt32.random(in: 0..<0x500, using: &random))
                })))
        default: .bytes([UInt8(truncatingIfNeeded: random.next())])
        }
      samples.append(reading("d/t", value))
    }
    let object = try #require(try json(text(template, samples)) as? [String: Any])
    #expect(object["n"] as? Int == 500)
    let list = try #require(object["list"] as? [[String: Any]])
    try #require(list.count == 500)
    for (sample, object) in zip(samples, list) {
      let inside = object["s"] as? String
      switch sample.value {
      case .string(let text):
        #expect(object["v"] as? String == text, "seed \(seed)")
        #expect(inside == "a\(text)b", "seed \(seed)")
      case .double(let number) where number.isFinite:
        // (Foundation's own reader is not exact to the last bit; the text is.)
        #expect(object["v"] is NSNumber, "seed \(seed)")
        #expect(inside == "a\(number)b", "seed \(seed)")
      case .none, .double:
        #expect(object["v"] is NSNull)
        #expect(inside == "ab")
      case .bool(let truth): #expect(object["v"] as? Bool == truth)
      case .int64(let number):
        #expect((object["v"] as? NSNumber)?.int64Value == number, "seed \(seed)")
      case .uint64(let number):
        #expect((object["v"] as? NSNumber)?.uint64Value == number, "seed \(seed)")
      case .bytes: #expect((object["v"] as? String)?.count == 2)
      }
    }
  }

  @Test(
    "other types of content are escaped after their own rules",
    arguments: [
      (
        "text/xml; charset=utf-8", "<v t=\"{tag}\">{value}</v>",
        "<v t=\"a&quot;\">&lt;&amp; &gt;</v>"
      ),
      ("application/x-www-form-urlencoded", "{tag}={value}", "a%22=%3c%26%01%3e"),
      ("text/plain", "{tag} {value}{other", "a\" <&\u{1}>{other"),
      ("application/vnd.plant+json", "[{value}]", "[\"<&\\u0001>\"]"),
    ])
  func escapes(type: String, template: String, expected: String) throws {
    let made = try HTTPTemplate(template, contentType: type)
    #expect(
      String(decoding: text(made, [reading("d/a\"", .string("<&\u{1}>"))]), as: UTF8.self)
        == expected)
    let joined = try HTTPTemplate("{seq}", envelope: "({samples})", contentType: "text/plain")
    let samples = [reading("d/t", .none), reading("d/t", .none)]
    #expect(String(decoding: text(joined, samples), as: UTF8.self) == "(0\n0)")
  }

  @Test("in XML a text ends no attribute, in quotes of either kind") func attributes() throws {
    let made = try HTTPTemplate("<v a='{tag}' b=\"{tag}\"/>", contentType: "application/xml")
    let tag = "x' y=\"' z='"
    let escaped = "x&apos; y=&quot;&apos; z=&apos;"
    #expect(
      String(decoding: text(made, [reading("d/\(tag)", .none)]), as: UTF8.self)
        == "<v a='\(escaped)' b=\"\(escaped)\"/>")
  }

  @Test(
    "templates that can't work are refused",
    arguments: [
      (#"{"a": {valu}}"#, nil as String?, "unknown name '{valu}'"),
      (#"{"a": {value}"#, nil, "no JSON"),
      (#"{"a": {value} {tag}}"#, nil, "no JSON"),
      (#"{{tag}: 1}"#, #"[{samples}] "#, ""),
      (#"{"a": {value}}"#, "[1]", "the samples in one place"),
      (#"{"a": {value}}"#, "[{samples},{samples}]", "the samples in one place"),
      (#"{"a": {value}}"#, #"["{samples}"]"#, "the samples in one place"),
      (#"{"a": {value}}"#, "{samples}", "no JSON"),
      (#"{"a": {value}}"#, "[{samples},{value}]", "unknown name '{value}'"),
    ])
  func refuses(sample: String, envelope: String?, message: String) {
    if message.isEmpty {
      // A tag is a text, so it can be a key.
      #expect(throws: Never.self) { try HTTPTemplate(sample, envelope: envelope) }
      return
    }
    let error = #expect(throws: SinkError.self) { try HTTPTemplate(sample, envelope: envelope) }
    #expect(error?.code == .invalid && error?.message.contains(message) == true)
  }

  // MARK: -

  private func reading(_ tag: String, _ value: Value) -> Sample {
    Sample(
      tag: tags.intern(tag), value: value,
      gatewayTime: Timestamp(nanoseconds: 1_767_225_600_250_000_000), monotonicTime: 0)
  }

  private func text(_ template: HTTPTemplate, _ samples: [Sample]) -> [UInt8] {
    var writer = HTTPTemplateWriter(template, gateway: "g\"1", tags: tags)
    var text: [UInt8] = []
    writer.append(SampleBatch(samples), ArraySlice(samples.indices), to: &text)
    return text
  }

  private func json(_ text: [UInt8]) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text))
  }
}
