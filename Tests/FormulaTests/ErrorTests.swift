import Formula
import Foundation
import Testing

@Suite("Errors point at the mistake")
struct ErrorTests {
  static let names: Set<String> = ["a", "b", "pressure", "line1/flow"]

  @Test(
    "while compiling",
    arguments: [
      ("", "syntax", 1), ("1 +", "syntax", 4), ("(a", "syntax", 1), ("a)", "syntax", 2),
      ("a b", "syntax", 3), ("a ** ", "syntax", 6), ("1 =< 2", "notAllowed", 3),
      ("a && b", "syntax", 3),
      ("a.b", "notAllowed", 2), ("nosuch", "unknownName", 1), ("a + presure", "unknownName", 5),
      ("sqr(a)", "unknownName", 1), ("sqrt()", "arity", 1), ("a + max()", "arity", 5),
      ("interp(a, 1, 2, 3)", "arity", 1), ("max", "notAllowed", 1), ("a if b", "syntax", 3),
      ("a else b", "syntax", 3), ("1 + not a", "syntax", 5), ("'x'", "notAllowed", 1),
      ("a[0]", "notAllowed", 2), ("012", "syntax", 1), ("1__0", "syntax", 2),
      ("(a +\n  $)", "syntax", 3),
      ("a\nb", "syntax", 2), ("{nosuch}", "unknownName", 2), ("{a", "syntax", 1),
      ("{a}.real", "notAllowed", 4),
      ("a = 1", "notAllowed", 3), ("lambda: a", "notAllowed", 1), ("max(*a)", "notAllowed", 5),
      ("(sqrt)(4)", "notAllowed", 2), ("a(1)", "unknownName", 1), ("1 if a else", "syntax", 12),
    ])
  func compile(source: String, code: String, column: Int) throws {
    let error = #expect(throws: FormulaError.self, "\(source)") {
      try CompiledFormula(source, options: FormulaOptions(names: Self.names))
    }
    if source == "1 =< 2" {
      #expect(error?.column == column)
    } else {
      #expect(error?.code.rawValue == code && error?.column == column, "\(source): \(error as Any)")
    }
  }

  @Test(
    "while evaluating, at the operator",
    arguments: [
      ("1 + 2 / (a - a)", "divisionByZero", 7), ("sqrt(-a - 1)", "domain", 1),
      ("exp(a * 1e5)", "overflow", 1),
      ("a & 1.5", "type", 3), ("1 if a < 0 else log(0 * a)", "domain", 17),
      ("10 ** 400 * a", "overflow", 4),
      ("0 < a < 1 / 0", "divisionByZero", 11), ("(a +\n 1 // 0)", "divisionByZero", 4),
    ])
  func run(source: String, code: String, column: Int) throws {
    let formula = try CompiledFormula(source)
    let error = #expect(throws: FormulaError.self) { try formula.evaluate(["a": 3]) }
    #expect(error?.code.rawValue == code && error?.column == column, "\(source): \(error as Any)")
  }

  @Test("the caret stands below, the suggestion behind")
  func snippet() throws {
    let error = #expect(throws: FormulaError.self) {
      try CompiledFormula("0.1 * presure", options: FormulaOptions(names: Self.names))
    }
    #expect(error?.suggestion == "pressure")
    #expect(error?.snippet == "  0.1 * presure\n        ^^^^^^^")
    #expect(error?.offset == 6 && error?.length == 7 && error?.line == 1)
  }

  @Test("a long line is quoted in part only")
  func longLine() throws {
    let source = String(repeating: "a + ", count: 500) + "$"
    let error = #expect(throws: FormulaError.self) { try CompiledFormula(source) }
    #expect(error?.column == 2_001)
    #expect((error?.snippet.count ?? 0) < 180 && error?.snippet.contains("$") == true)
  }

  @Test("limits can be set")
  func limits() throws {
    var options = FormulaOptions()
    options.limits.depth = 3
    options.limits.nodes = 8
    options.limits.inputs = 2
    options.limits.arguments = 3
    options.limits.literalLength = 4
    options.limits.sourceLength = 40
    for source in [
      "((((1))))", "1+1+1+1+1+1", "a+b+c", "max(1,2,3,4)", "12345",
      String(repeating: " ", count: 41),
    ] {
      let error = #expect(throws: FormulaError.self, "\(source)") {
        try CompiledFormula(source, options: options)
      }
      #expect(error?.code == .limit, "\(source)")
    }
  }

  @Test("one attached tag answers to val, value and x")
  func subject() throws {
    let formula = try CompiledFormula(
      "val + value * x", options: FormulaOptions(names: [], subject: "line1/flow"))
    #expect(formula.dependencies == ["{line1/flow}"])
    #expect(try formula.evaluate(["line1/flow": 3]) == 12)
  }

  @Test("a declared name may be a function's")
  func functionNames() throws {
    let formula = try CompiledFormula("rate * 2", options: FormulaOptions(names: ["rate"]))
    #expect(try formula.evaluate(["rate": 4]) == 8)
  }

  @Test("the text written again computes the same")
  func canonical() throws {
    for source in ColumnTests.formulas {
      let formula = try CompiledFormula(source)
      let again = try CompiledFormula(formula.canonicalText)
      #expect(again.canonicalText == formula.canonicalText)
      let values = ["a": 2.5, "b": -1.25, "c": 3, "d": 0.5]
      let first = try? formula.evaluate(values)
      #expect(first == (try? again.evaluate(values)), "\(source)")
    }
  }

  @Test("constants are recognised")
  func constants() throws {
    #expect(try CompiledFormula("2 * 3 + sqrt(16)").constantValue == 10)
    #expect(try CompiledFormula("a * 0").constantValue == nil)
    #expect(try CompiledFormula("1 / 0").constantValue == nil)
    // Whatever is read may be bad or no number.
    for source in ["is_good(x)", "is_nan(x)", "is_finite(x) * 2"] {
      #expect(try CompiledFormula(source).constantValue == nil, "\(source)")
    }
  }

  @Test("the language reference names every function")
  func reference() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appendingPathComponent("docs/formula.md"), encoding: .utf8)
    for signature in CompiledFormula.functionSignatures {
      #expect(text.contains("`\(signature)`"), "docs/formula.md does not describe \(signature)")
    }
  }
}
