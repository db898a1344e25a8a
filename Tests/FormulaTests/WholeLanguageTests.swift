import Foundation
import TestSupport
import Testing

@testable import Formula

@Suite("Random formulas of the whole language, in every way of evaluation")
struct WholeLanguageTests {
  static let environment = ProcessInfo.processInfo.environment
  static let seed = environment["IIOT_SEED"].flatMap(UInt64.init) ?? 1_848
  static let count = Soak.cases(700, full: 30_000)
  static let rows = 43

  /// Inputs of a formula: values, status codes and times, row by row.
  struct Table {
    var values: [[Double]] = []
    var qualities: [[UInt32]] = []
    var times: [Int64] = []

    init(columns: Int, _ random: inout SeededGenerator) {
      for _ in 0..<columns {
        values.append((0..<rows).map { _ in ColumnTests.sample(&random) })
        qualities.append(
          (0..<rows).map { _ in
            switch random.next(upperBound: 12 as UInt64) {
            case 0: FormulaStatus.bad
            case 1: FormulaStatus.uncertain
            case 2: 0x0000_0400
            default: FormulaStatus.good
            }
          })
      }
      var time: Int64 = 1_700_000_000_000_000_000
      for _ in 0..<rows {
        times.append(time)
        // Now and then the clock stands still, jumps, or goes back.
        switch random.next(upperBound: 10 as UInt64) {
        case 0: break
        case 1: time -= 1_500_000_000
        case 2: time += 86_400_000_000_000
        default: time += Int64(random.next(upperBound: 2_000_000_000 as UInt64))
        }
      }
    }
  }

  /// Row by row, by the exact code.
  private func exact(_ formula: CompiledFormula, _ table: Table) -> ([FormulaResult], FormulaState)
  {
    let slots = formula.makeSlots()
    var results: [FormulaResult] = []
    for row in 0..<Self.rows {
      for slot in 0..<slots.count {
        slots.set(
          slot, value: table.values[slot][row], quality: table.qualities[slot][row],
          time: table.times[row])
      }
      results.append(slots.evaluateExactly(at: table.times[row]))
    }
    return (results, slots.state)
  }

  /// Row by row, as a program would, with memory of its own.
  private func single(_ formula: CompiledFormula, _ table: Table) -> ([FormulaResult], FormulaState)
  {
    let slots = formula.makeSlots()
    var state = formula.makeState()
    var results: [FormulaResult] = []
    for row in 0..<Self.rows {
      for slot in 0..<slots.count {
        slots.set(
          slot, value: table.values[slot][row], quality: table.qualities[slot][row],
          time: table.times[row])
      }
      results.append(formula.evaluate(slots, state: &state, at: table.times[row]))
    }
    return (results, state)
  }

  /// In columns; gives values, qualities, and the failed rows.
  private func columns(_ formula: CompiledFormula, _ table: Table, level: Int) throws
    -> (values: [Double], qualities: [UInt32], errors: [FormulaRowError], state: FormulaState)
  {
    let rows = Self.rows
    let evaluator = FormulaColumns(formula, level: level)
    var values = [Double](repeating: 7, count: rows)
    var qualities = [UInt32](repeating: 7, count: rows)
    var errors: [FormulaRowError] = []
    let flat = table.values.flatMap(\.self)
    let flatQualities = table.qualities.flatMap(\.self)
    try flat.withUnsafeBufferPointer { flat in
      try flatQualities.withUnsafeBufferPointer { flatQualities in
        try table.times.withUnsafeBufferPointer { times in
          try values.withUnsafeMutableBufferPointer { values in
            try qualities.withUnsafeMutableBufferPointer { qualities in
              let ranges = table.values.indices.map { ($0 * rows)..<(($0 + 1) * rows) }
              try evaluator.evaluate(
                ranges.map { UnsafeBufferPointer(rebasing: flat[$0]) },
                qualities: ranges.map { UnsafeBufferPointer(rebasing: flatQualities[$0]) },
                times: times, into: values, resultQualities: qualities, errors: &errors)
            }
          }
        }
      }
    }
    return (values, qualities, errors, evaluator.state)
  }

  private func same(_ a: Double, _ b: Double) -> Bool {
    a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
  }

  @Test("one row gives one answer: value, quality, error, memory", arguments: [0, 1, 2])
  func agree(level: Int) throws {
    var formulas = RandomFormula(seed: Self.seed &+ UInt64(level), language: .whole)
    var random = SeededGenerator(seed: Self.seed &+ 10)
    var compiled = 0
    var stateful = 0
    for _ in 0..<Self.count {
      let source = formulas.next()
      guard let formula = try? CompiledFormula(source) else { continue }
      compiled += 1
      if formula.isStateful { stateful += 1 }
      let place = "\(source), seed \(Self.seed)"
      let table = Table(columns: formula.dependencies.count, &random)
      let (expected, memory) = exact(formula, table)
      let (one, kept) = single(formula, table)
      let all = try columns(formula, table, level: level)
      for row in 0..<Self.rows {
        let (a, b) = (expected[row], one[row])
        let isSame =
          same(a.value, b.value) && same(a.value, all.values[row]) && a.quality == b.quality
          && a.quality == all.qualities[row] && a.failure == b.failure
        try #require(
          isSame, "\(place), row \(row): \(a), \(b), \(all.values[row]) \(all.qualities[row])")
        try #require(a.value.isFinite || !a.isGood, "\(place), row \(row): \(a)")
      }
      let failed = expected.indices.filter { expected[$0].failure != nil }
      try #require(all.errors.map(\.row) == failed, "\(place)")
      try #require(all.errors.map(\.result.step) == failed.map { expected[$0].step }, "\(place)")
      try #require(memory == kept && memory == all.state, "\(place): memories differ")
      let (back, _) = try formula.makeState(from: memory.bytes)
      try #require(back == memory, "\(place): memory does not come back")
    }
    print("seed \(Self.seed), level \(level): \(compiled) formulas, \(stateful) with memory")
    #expect(compiled > Self.count * 2 / 3 && stateful > Self.count / 12)
  }

  @Test("a NaN never makes a good value, an infinite number may")
  func notANumber() throws {
    for (source, value, isGood) in [
      ("1 if x > 5 else 0", Double.nan, false), ("x and 1", .nan, false),
      ("max(3, x)", .nan, false),
      ("clamp(x, 0, 1)", .nan, false), ("x ** 0", .nan, false), ("not x", .nan, false),
      ("(x - x) * 0 > 1", .infinity, false), ("x * 0 == 0 or 1", .infinity, false),
      ("1 / x", .infinity, true), ("x > 5", .infinity, true), ("min(x, 3)", .infinity, true),
      ("is_nan(x)", .nan, true), ("default(x, 3)", .nan, true), ("default(x > 5, 3)", .nan, true),
      ("is_good(x > 5)", .nan, true), ("is_finite(x)", .nan, true),
      ("3 if is_nan(x) else x", .nan, true),
      ("0 and x", .nan, true), ("(1e308 * 10 - 1e308 * 10 > x) * 0", 1, false),
    ] {
      let formula = try CompiledFormula(source)
      let slots = formula.makeSlots()
      slots[0] = value
      let result = formula.evaluate(slots)
      #expect(result.isGood == isGood && result.failure == nil, "\(source): \(result)")
      [value].withUnsafeBufferPointer { slots.setAll($0) }
      #expect(formula.evaluate(slots).isGood == isGood, "\(source)")
      slots[0] = 1
      #expect(!formula.evaluate(slots).value.isNaN)
    }
  }

  @Test("what fails on a NaN is an error, as in Python")
  func failure() throws {
    let formula = try CompiledFormula("int(x) if x != 0 else 1")
    let slots = formula.makeSlots()
    slots[0] = .nan
    #expect(formula.evaluate(slots).failure == .domain)
    slots.set(0, value: .nan, quality: FormulaStatus.badNoData)
    #expect(formula.evaluate(slots).failure == nil)
    #expect(formula.evaluate(slots).quality == FormulaStatus.badNoData)
  }

  @Test("an edit around a formula keeps the memory of all its calls")
  func edits() throws {
    var formulas = RandomFormula(seed: Self.seed &+ 20, language: .whole, names: ["a", "b"])
    var random = SeededGenerator(seed: Self.seed &+ 21)
    var tried = 0
    while tried < Self.count / 8 {
      // A line of its own, as it may end with a comment.
      let source = formulas.next()
      guard let before = try? CompiledFormula(source), before.isStateful,
        let after = try? CompiledFormula("3 * {c} + -(\n\(source)\n)")
      else { continue }
      tried += 1
      let place = "\(source), seed \(Self.seed)"
      let table = Table(columns: before.dependencies.count, &random)
      let slots = before.makeSlots()
      let newSlots = after.makeSlots()
      for row in 0..<Self.rows {
        let time = table.times[row]
        for (slot, dependency) in before.dependencies.enumerated() {
          let value = table.values[slot][row]
          let quality = table.qualities[slot][row]
          slots.set(slot, value: value, quality: quality, time: time)
          let place = after.dependencies.firstIndex(of: dependency) ?? 0
          newSlots.set(place, value: value, quality: quality, time: time)
        }
        if row == Self.rows / 2 {
          let (state, calls) = try after.makeState(from: slots.state.bytes)
          newSlots.state = state
          try #require(calls == before.program.layout.sites.count, "\(place)")
        }
        let c = after.dependencies.firstIndex(of: "{c}") ?? 0
        // Bad, so that it is no news for 'stale'.
        newSlots.set(c, value: 0, quality: FormulaStatus.bad, time: time)
        let old = before.evaluate(slots, at: time)
        let new = after.evaluate(newSlots, at: time)
        guard row >= Self.rows / 2 else { continue }
        let isSame = new.value == -old.value || new.value.isNaN && old.value.isNaN
        try #require(isSame && new.failure == old.failure, "\(place), row \(row): \(old), \(new)")
      }
    }
  }
}
