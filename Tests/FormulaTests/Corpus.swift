import Foundation
import TestSupport

/// The lists of formulas that lie outside the repository: in `IIOT_CORPUS`, or in `shared/corpus` beside it.
enum Corpus {
  static let folder: URL? = {
    if let path = ProcessInfo.processInfo.environment["IIOT_CORPUS"] {
      return URL(fileURLWithPath: path).appendingPathComponent("formula")
    }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let beside = package.deletingLastPathComponent().appendingPathComponent("shared/corpus/formula")
    return FileManager.default.fileExists(atPath: beside.path) ? beside : nil
  }()

  static var isPresent: Bool { folder != nil }

  /// The objects of a file with one JSON object a line, gzipped or not.
  static func lines<Line: Decodable>(_ name: String, as type: Line.Type) throws -> [Line] {
    guard let folder else { return [] }
    return try lines(at: folder.appendingPathComponent(name), as: type)
  }

  /// The lines of a fixture of this repository.
  static func fixture<Line: Decodable>(_ name: String, as type: Line.Type) throws -> [Line] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    return try lines(at: tests.appendingPathComponent("Fixtures/formula/\(name)"), as: type)
  }

  private static func lines<Line: Decodable>(at url: URL, as type: Line.Type) throws -> [Line] {
    let data = url.pathExtension == "gz" ? try unzip(url) : try Data(contentsOf: url)
    // JSONDecoder, not JSONSerialization, whose numbers are off by a bit now and then.
    let decoder = JSONDecoder()
    return try data.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(type, from: $0) }
  }

  private static func unzip(_ url: URL) throws -> Data {
    Data(try Tool("/bin/gzip", ["-dc", url.path]).output.utf8)
  }
}

/// A line of an oracle: a formula, its inputs and CPython's answer.
struct OracleLine: Decodable {
  struct Outcome: Decodable {
    var value: String?
    var error: String?
  }

  var src: String
  var vars: [String: Double]
  var expect: Outcome
  var tags: [String]?
  /// The answer where this language differs on purpose.
  var model: Outcome?
}

/// A text that must be refused.
struct HostileLine: Decodable {
  /// A text and how often it is repeated.
  struct Part: Decodable {
    let text: String
    let count: Int

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      text = try container.decode(String.self)
      count = try container.decode(Int.self)
    }
  }

  var source: String?
  var parts: [Part]?
  var when: String

  var text: String {
    source ?? (parts ?? []).map { String(repeating: $0.text, count: $0.count) }.joined()
  }
}

/// Whether two results are the same: bits, but any NaN equals any other and zeros have no sign.
func isSame(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }
