import Formula
import Testing

@Suite("Quality of results")
struct QualityTests {
  /// Evaluates with the input `x` bad (its value 0) and all others good.
  func withBadX(_ source: String) throws -> FormulaResult {
    let formula = try CompiledFormula(source)
    let slots = formula.makeSlots()
    for (slot, dependency) in formula.dependencies.enumerated() {
      let isBad = dependency.name == "x"
      slots.set(slot, value: isBad ? 0 : 3, quality: isBad ? FormulaStatus.bad : 0)
    }
    return formula.evaluate(slots)
  }

  @Test("a bad input makes a bad result", arguments: ["x", "x + 1", "a if x else 1", "max(a, x)"])
  func bad(source: String) throws {
    let result = try withBadX(source)
    #expect(FormulaStatus.isBad(result.quality) && result.failure == nil)
  }

  @Test(
    "unless it has no part in it, or the formula says what to do",
    arguments: [
      ("a if a else x", 3), ("a or x", 3), ("default(x, 7)", 7), ("default(1 / x, 7)", 7),
      ("is_good(x) and x > 1", 0), ("x if is_good(x) else a", 3), ("a == 0 and x", 0),
      ("1 < 0 < x", 0),
    ] as [(String, Double)])
  func good(source: String, value: Double) throws {
    let result = try withBadX(source)
    #expect(result.isGood && result.value == value, "\(result)")
  }

  @Test("uncertain stays uncertain and yields to bad")
  func uncertain() throws {
    let formula = try CompiledFormula("a + b")
    let slots = formula.makeSlots()
    slots.set(0, value: 1, quality: FormulaStatus.uncertain)
    slots.set(1, value: 2)
    #expect(formula.evaluate(slots) == formula.evaluate(slots))
    #expect(formula.evaluate(slots).quality == FormulaStatus.uncertain)
    slots.set(1, value: 2, quality: FormulaStatus.badNoData)
    #expect(formula.evaluate(slots).quality == FormulaStatus.badNoData)
    slots[0] = 1
    slots[1] = 2
    #expect(formula.evaluate(slots).quality == FormulaStatus.good)
  }

  @Test("what is no finite number is never good", arguments: ["a * 1e308 * 10", "a - a + b"])
  func finite(source: String) throws {
    let formula = try CompiledFormula(source)
    let slots = formula.makeSlots()
    for slot in 0..<slots.count { slots[slot] = slot == 1 ? .nan : 3 }
    let result = formula.evaluate(slots)
    #expect(result.quality == FormulaStatus.badOutOfRange && result.failure == nil)
  }

  @Test(
    "infinity less infinity is no number behind min, max and clamp too",
    arguments: [
      ("is_nan(max(a * a, 0) - max(b * b, 0))", 1), ("is_nan(min(a * a, 1e999) - b * b)", 1),
      ("is_good(clamp(a * a, 0, 1e999) - clamp(b * b, 0, 1e999))", 0),
      ("1 if max(a * a, 0) - max(b * b, 0) > 5 else 2", nil),
    ] as [(String, Double?)])
  func infinities(source: String, value: Double?) throws {
    // The second is never on the fast way.
    for source in [source, "\(source) + 0 * dt()"] {
      let formula = try CompiledFormula(source)
      let slots = formula.makeSlots()
      for slot in 0..<slots.count { slots.set(slot, value: 1e200, time: 0) }
      let result = formula.evaluate(slots)
      if let value {
        #expect(result.value == value, "\(source): \(result)")
      } else {
        #expect(FormulaStatus.isBad(result.quality), "\(source): \(result)")
      }
    }
  }

  @Test("an input that was never set is bad")
  func unset() throws {
    let formula = try CompiledFormula("a + 1")
    #expect(formula.evaluate(formula.makeSlots()).quality == FormulaStatus.badNoData)
  }

  @Test("a tag's status and time can be read")
  func aspects() throws {
    let formula = try CompiledFormula("{line1/flow}.quality + {line1/flow}.ts")
    let slots = formula.makeSlots()
    slots.set(0, value: .nan, quality: FormulaStatus.bad, time: 5_500_000_000)
    #expect(formula.evaluate(slots).value == 2_147_483_648 + 5.5)
    #expect(formula.evaluate(slots).isGood)
  }
}
