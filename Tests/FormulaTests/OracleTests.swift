import Formula
import Foundation
import Testing

@Suite("Formulas give CPython's results")
struct OracleTests {
  static let pythonErrors: [String: FormulaError.Code] = [
    "ZeroDivisionError": .divisionByZero, "OverflowError": .overflow, "ValueError": .domain,
    "TypeError": .type,
  ]

  /// What is wrong with the answer to one line of an oracle; nil if nothing.
  static func mismatch(_ line: OracleLine) -> String? {
    let expected = line.model ?? line.expect
    do {
      let formula = try CompiledFormula(
        line.src, options: FormulaOptions(names: Set(line.vars.keys)))
      let value = try formula.evaluate(line.vars)
      guard let want = expected.value.flatMap(Double.init) else {
        return "\(line.src): \(value), not \(expected)"
      }
      let isNear = (line.tags ?? []).contains("libm") && abs(value - want) <= 1e-12 * abs(want)
      return isSame(value, want) || isNear ? nil : "\(line.src): \(value), not \(want)"
    } catch {
      let want = expected.error.flatMap { pythonErrors[$0] }
      return error.code == want ? nil : "\(line.src): \(error), not \(expected)"
    }
  }

  @Test(
    "2,500 random expressions", .enabled(if: Corpus.isPresent, "needs the corpus (IIOT_CORPUS)"))
  func oracle() throws {
    let rows = try Corpus.lines("oracle.jsonl.gz", as: OracleLine.self)
    #expect(rows.count >= 2_500)
    let wrong = rows.compactMap(Self.mismatch)
    #expect(wrong.isEmpty, "\(wrong.count) of \(rows.count): \(wrong.prefix(5))")
  }

  @Test("1,200 expressions and roundings computed by CPython 3.11")
  func python() throws {
    let rows = try Corpus.fixture("python.jsonl", as: OracleLine.self)
    #expect(rows.count == 1_200)
    let wrong = rows.compactMap(Self.mismatch)
    #expect(wrong.isEmpty, "\(wrong.count) of \(rows.count): \(wrong.prefix(5))")
  }

  @Test(
    "odd-looking formulas that are right",
    .enabled(if: Corpus.isPresent, "needs the corpus (IIOT_CORPUS)"))
  func benign() throws {
    let rows = try Corpus.lines("benign.jsonl", as: OracleLine.self)
    #expect(!rows.isEmpty)
    let wrong = rows.compactMap(Self.mismatch)
    #expect(wrong.isEmpty, "\(wrong)")
  }

  @Test("odd-looking formulas of our own, computed by CPython")
  func odd() throws {
    let rows = try Corpus.fixture("accepted.jsonl", as: OracleLine.self)
    #expect(rows.count > 190)
    let wrong = rows.compactMap(Self.mismatch)
    #expect(wrong.isEmpty, "\(wrong)")
  }
}
