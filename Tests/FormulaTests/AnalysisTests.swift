import Formula
import TestSupport
import Testing

@Suite("Sets, inverses and units")
struct AnalysisTests {
  @Test("formulas come after those they use")
  func order() throws {
    let set = try FormulaSet([
      (name: "line/alarm", expression: "{line/mean} > limit"),
      (name: "line/mean", expression: "({a} + {b}) / 2"),
      (name: "other", expression: "{a} * 2"),
    ])
    #expect(set.members.map(\.name) == ["line/mean", "line/alarm", "other"])
    #expect(set.members.map(\.uses) == [[], [0], []])
    #expect(set.inputs == ["{a}", "{b}", "limit"])
  }

  @Test("a cycle is named, at the use that closes it")
  func cycle() throws {
    let (set, errors) = FormulaSet.compile([
      (name: "a", expression: "1 + {b}"), (name: "b", expression: "{c} * 2"),
      (name: "c", expression: "{a}"),
    ])
    #expect(set == nil)
    let error = try #require(errors.first)
    #expect(error.name == "a" && error.error.code == .cycle && error.error.column == 6)
    #expect(error.error.message.contains("a -> b -> c -> a"))
    let own = FormulaSet.compile([(name: "a", expression: "a + 1")])
    #expect(own.errors.first?.error.message.contains("a -> a") == true)
  }

  @Test("every mistake of a set is told")
  func mistakes() {
    let (_, errors) = FormulaSet.compile(
      [
        (name: "a", expression: "1 +"), (name: "b", expression: "nosuch"),
        (name: "b", expression: "1"),
      ], options: FormulaOptions(names: []))
    #expect(errors.map(\.name) == ["a", "b", "b"])
  }

  @Test("a chain of thousands is ordered without recursion")
  func long() throws {
    let count = 3_000
    let definitions = (0..<count).map {
      (name: "f\($0)", expression: $0 + 1 < count ? "{f\($0 + 1)} + 1" : "x")
    }
    let set = try FormulaSet(definitions)
    #expect(set.members.first?.name == "f\(count - 1)" && set.members.count == count)
  }

  @Test(
    "inverses find the input again",
    arguments: [
      "x * 0.1 - 40", "40 - x", "-x / 3 + a", "(x - 4) * 100 / 16", "x + x * a",
      "scale(x, 4, 20, 0, 100)",
      "lerp(x, a, 0.25)", "avg(x, a)", "sum(x, 1, x)", "(a if a > 1 else 2) * x", "+x",
    ])
  func inverse(source: String) throws {
    let formula = try CompiledFormula(source)
    let inverse = try formula.inverse(for: "x")
    for x in [-7.25, 0, 3, 1e6] {
      let result = try formula.evaluate(["x": x, "a": 2.5])
      let back = try inverse.evaluate(["result": result, "a": 2.5])
      #expect(abs(back - x) <= 1e-9 * max(1, abs(x)), "\(source) -> \(inverse.source)")
    }
  }

  @Test("the inverse of lines within one another stays short")
  func nestedInverse() throws {
    let depth = 16
    let formula = try CompiledFormula(
      String(repeating: "lerp(", count: depth) + "x"
        + String(repeating: ", 1, 0.5)", count: depth))
    let inverse = try formula.inverse(for: "x")
    let back = try inverse.evaluate(["result": formula.evaluate(["x": 3])])
    #expect(abs(back - 3) < 1e-6, "\(inverse.source)")
  }

  @Test(
    "what is not linear has none",
    arguments: [("x * x", 3), ("1 / x", 3), ("sqrt(x)", 1), ("x if x > 0 else 0", 8), ("a + 1", 1)])
  func noInverse(source: String, column: Int) throws {
    let formula = try CompiledFormula(source)
    let error = #expect(throws: FormulaError.self) { try formula.inverse(for: "x") }
    #expect(error?.code == (source == "a + 1" ? .unknownName : .notInvertible))
    #expect(error?.column == column)
  }

  static let plant = [
    "p": "bar", "q": "Pa", "t": "Cel", "u": "Cel", "dt_K": "K", "flow": "m3/h", "area": "m2",
    "len": "m", "pct": "%", "power": "kW", "n": "/min", "v": "m/s", "w": "kg.m2/s3", "f": "[degF]",
  ]

  @Test(
    "units that go together",
    arguments: [
      ("p + 1", "bar"), ("p > 3 and t < 55", nil), ("t - u", "K"), ("t + dt_K", "Cel"),
      ("flow / area", nil), ("area * len", "m3"), ("sqrt(area) + len", "m"),
      ("p * 100000 + q", "Pa"),
      ("max(t, u)", "Cel"), ("power * 1000 + w", "W"), ("rate(len) + v", "m/s"),
      ("nounit + p", nil), ("t if p > 1 else u", "Cel"), ("len ** 2 + area", "m2"),
      ("f * 5 / 9 + dt_K", nil),
    ] as [(String, String?)])
  func units(source: String, result: String?) throws {
    try CompiledFormula(source).checkUnits(Self.plant, result: result)
  }

  @Test(
    "units that do not",
    arguments: [
      ("p + t", 3), ("p + q", 3), ("t + u", 3), ("p > t", 3), ("max(p, flow)", 1), ("sum(t, u)", 1),
      ("exp(p)", 1),
      ("1 + (p - flow)", 8), ("p if t > 1 else t", 3), ("len ** 2 + len", 10), ("t - f", 3),
      ("p < p < t", 7),
    ])
  func clashes(source: String, column: Int) throws {
    let formula = try CompiledFormula(source)
    let error = #expect(throws: FormulaError.self, "\(source)") {
      try formula.checkUnits(Self.plant)
    }
    #expect(error?.code == .unit)
    #expect(error?.column == column, "\(source)")
  }

  @Test("codes that are no units", arguments: ["foo", "m/", "(m", "m..s", "[degQ]", "m{x"])
  func codes(code: String) throws {
    let formula = try CompiledFormula("a + 1")
    #expect(throws: FormulaError.self) { try formula.checkUnits(["a": code]) }
  }
}
