import Formula
import Foundation
import Testing

@Suite("Hostile text is refused with its place")
struct HostileTests {
  static let names: Set<String> = [
    "a", "b", "c", "d", "i", "s", "v", "w", "x", "y", "z", "val", "value", "raw", "flow", "e1",
  ]

  @Test("the hostile list", .enabled(if: Corpus.isPresent, "needs the corpus (IIOT_CORPUS)"))
  func hostile() throws {
    var wrong: [String] = []
    for line in try Corpus.lines("hostile.jsonl", as: HostileLine.self) {
      let source = line.text
      do {
        let formula = try CompiledFormula(source, options: FormulaOptions(names: Self.names))
        if line.when == "compile" { wrong.append("accepted: \(source.prefix(60))") }
        _ = try? formula.evaluate(
          Dictionary(uniqueKeysWithValues: Self.names.map { ($0, 1.0) }))
      } catch {
        if error.column < 1 || error.message.isEmpty || error.snippet.count > 200 {
          wrong.append("\(error)")
        }
      }
    }
    #expect(wrong.isEmpty, "\(wrong)")
  }

  /// A text, what must be said of it, and where.
  struct Refusal: Decodable {
    var src: String
    var error: String
    var line: Int
    var column: Int
  }

  @Test("some hundred mistakes, each with its kind and its place")
  func mistakes() throws {
    let rows = try Corpus.fixture("refused.jsonl", as: Refusal.self)
    #expect(rows.count > 300)
    for row in rows {
      let error = #expect(throws: FormulaError.self, "accepted: \(row.src)") {
        try CompiledFormula(row.src, options: FormulaOptions(names: ["a", "b", "c", "x"]))
      }
      guard let error else { continue }
      let isRight =
        error.code.rawValue == row.error && error.line == row.line && error.column == row.column
      #expect(isRight, "\(row.src): \(error), not \(row)")
      #expect(error.snippet.contains("^") && !error.message.isEmpty)
    }
  }
}
