import Formula

extension FuzzTarget {
  /// A formula's text. What compiles is evaluated with odd numbers in every way there is, and the ways must agree.
  static let formula = FuzzTarget(
    name: "formula",
    texts: [
      "clamp(raw * 0.1 - 40, -40, 125) if raw > 0 else 0",
      "a ** -b // 3 % 7 + (not x and y or z) - 1_000.5e-3",
      "max({plant/pump1/flow}, min(a, b, c)) / sqrt(abs(d)) == round(e, 2)",
      "0 < a <= b != c is_good", "sin(pi) + log(e, 10) + atan2(1, -0.0) + 0x1F + int(3.7)",
      "~a & 0b1010 | b ^ 0o17 << 2 >> 1", "{a/b}.quality + {a/b}.ts # comment\n",
      "(a\n + b)\n", "mavg(x, 3) + prev(x) + median(y, 5) + rate(x, 60)",
      "integral(x, 3600, 0.1, 60, y > 0) + counter(x, 65536)", "default(x, 1) if is_good(y) else 2",
      "interp(x, 0, 0, 1, 5,) + step(x, 1, 2) + bits(a, 7, 4) + scale(a, 4, 20, 0, 100, True)",
      "debounce(x > 1, 2) or on_delay(y, 1) or latch(x, y) and hysteresis(z, 1, 2)",
      "a.b", "a[0]", "'t'", "f'x'", "lambda: 1", "a := 1", "a <> b", "a -> b", "a =< b", "a && b",
      "!a", "a ? b : c", "a; b", "@a", "é", "max(*a)", "(a, b)", "()", "012", "1__0", "1_", "0x",
      "0x1G", "1e+", "2j", "(sqrt)(4)", "__x__", "None", "import os", "a b", "1 if a", "a else b",
      "1 + not a", "a not b", "a\nb", "a + # end", "{a", "{}", "{a}.x", "sqr(1)", "sqrt()", "max",
      "9_9.9_9e-1_0", "0xFFFFFFFFFFFFFFFFFF", "123456789012345678901234567890", ".5", "5.", "a)",
    ],
    run: FormulaTrial.run)

  /// Exported memory of a formula: what is accepted must go on being evaluated, and export to itself.
  static let formulaState = FuzzTarget(name: "formula-state", seeds: FormulaTrial.states) { bytes in
    for formula in FormulaTrial.stateful {
      guard let (state, _) = try? formula.makeState(from: bytes) else { continue }
      FormulaTrial.remember(formula, from: state)
    }
  }
}

private enum FormulaTrial {
  static let numbers: [Double] = [0, -1, 1e308, -.infinity, .nan, .leastNonzeroMagnitude, 2.5, 3]

  @Sendable static func run(_ bytes: [UInt8]) {
    let source = String(decoding: bytes, as: UTF8.self)
    let formula: CompiledFormula
    do throws(FormulaError) {
      formula = try CompiledFormula(source)
    } catch {
      let size = source.utf8.count
      precondition(error.offset >= 0 && error.offset + error.length <= size, "place outside")
      precondition(error.line >= 1 && error.column >= 1 && !error.message.isEmpty, "no place")
      return
    }
    evaluate(formula)
    // One of the dearer checks an input, chosen by the input so that it is the same each time.
    switch bytes.reduce(0, &+) % 4 {
    case 0: rewrite(formula)
    case 1:
      for input in formula.dependencies.prefix(2) { _ = try? formula.inverse(for: input.name) }
    case 2: try? formula.checkUnits(["a": "bar", "b": "Cel", "x": "m3/h", "raw": "1"])
    default: if formula.isStateful { remember(formula, from: formula.makeState()) }
    }
  }

  /// Its canonical text compiles, and is its own canonical text.
  private static func rewrite(_ formula: CompiledFormula) {
    let text = formula.canonicalText
    var limits = FormulaLimits()
    limits.sourceLength = 65_536
    limits.depth = 4_096
    limits.nodes = 16_384
    guard text.utf8.count <= limits.sourceLength else { return }
    let again = try? CompiledFormula(text, options: FormulaOptions(limits: limits))
    precondition(again?.canonicalText == text, "\(text) is not canonical")
  }

  /// Row by row and in columns.
  private static func evaluate(_ formula: CompiledFormula) {
    let slots = formula.makeSlots()
    let rows = numbers.count
    var table = [Double](repeating: 0, count: rows * slots.count)
    for row in 0..<rows {
      for slot in 0..<slots.count { table[slot * rows + row] = numbers[(row + 3 * slot) % rows] }
    }
    var results = [Double](repeating: 0, count: rows)
    var errors: [FormulaRowError] = []
    let columns = FormulaColumns(formula)
    table.withUnsafeBufferPointer { table in
      let inputs = (0..<slots.count).map {
        UnsafeBufferPointer(rebasing: table[($0 * rows)..<(($0 + 1) * rows)])
      }
      results.withUnsafeMutableBufferPointer {
        try? columns.evaluate(inputs, into: $0, errors: &errors)
      }
    }
    for row in 0..<rows {
      let time = Int64(row) * 1_000_000_000
      for slot in 0..<slots.count {
        slots.set(slot, value: table[slot * rows + row], time: time)
      }
      let result = formula.evaluate(slots, at: time)
      let isSame =
        result.value.bitPattern == results[row].bitPattern
        || result.value.isNaN && results[row].isNaN
      precondition(isSame, "row \(row): \(result.value) singly, \(results[row]) in columns")
      let error = errors.first { $0.row == row }
      precondition(error?.failure == result.failure, "row \(row) fails in one way only")
      precondition(result.value.isFinite || !result.isGood, "not finite, yet good")
      if result.failure != nil { _ = formula.error(of: result)?.description }
    }
  }

  /// Goes on from `state` and checks that exporting changes nothing.
  static func remember(_ formula: CompiledFormula, from state: FormulaState) {
    var state = state
    let slots = formula.makeSlots()
    for (row, number) in numbers.enumerated() {
      for slot in 0..<slots.count {
        slots.set(slot, value: number, time: Int64(row) * 500_000_000)
      }
      _ = formula.evaluate(slots, state: &state)
      let back = try? formula.makeState(from: state.bytes)
      precondition(back?.state == state, "exported memory does not come back")
    }
  }

  static let stateful: [CompiledFormula] = [
    "mavg(x, 3) + median(x, 4) + prev(x, 2) + rate(x) + integral(x)",
    "mavg_t(x, 5) + debounce(x > 1, 2) + ramp(x, 1) + counter(x, 10) + delta(x)",
  ].compactMap { try? CompiledFormula($0) }

  static let states: [[UInt8]] = stateful.map { formula in
    let slots = formula.makeSlots()
    var state = formula.makeState()
    for time in 0..<6 as Range<Int64> {
      slots.set(0, value: Double(time * time), time: time * 1_000_000_000)
      _ = formula.evaluate(slots, state: &state)
    }
    return state.bytes
  }
}
