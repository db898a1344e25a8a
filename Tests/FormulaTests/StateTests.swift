import Formula
import TestSupport
import Testing

@Suite("Functions with memory")
struct StateTests {
  static let second: Int64 = 1_000_000_000

  /// The results for samples a second apart.
  func run(_ source: String, _ samples: [Double], step: Double = 1) throws -> [Double] {
    let formula = try CompiledFormula(source)
    #expect(formula.isStateful)
    let slots = formula.makeSlots()
    return samples.enumerated().map { index, sample in
      let time = Int64(Double(index) * step * 1e9) + 1_700_000_000 * Self.second
      for slot in 0..<slots.count { slots.set(slot, value: sample, time: time) }
      return formula.evaluate(slots, at: time).value
    }
  }

  @Test(
    "remember what they should",
    arguments: [
      ("prev(x)", [1, 2, 4], [1, 1, 2]),
      ("prev(x, 2)", [1, 2, 4, 8], [1, 2, 1, 2]),
      ("delta(x)", [1, 2, 4, 3], [0, 1, 2, -1]),
      ("dt() + 0 * x", [1, 1, 1], [0, 1, 1]),
      ("changed(x, 0.5)", [1, 1.4, 1.6, 1.7, 3], [0, 0, 1, 0, 1]),
      ("rate(x, 60)", [0, 1, 3], [0, 60, 120]),
      ("counter(x, 100)", [90, 95, 3, 4], [0, 5, 8, 1]),
      ("mavg(x, 3)", [3, 6, 9, 12], [3, 4.5, 6, 9]),
      ("mavg_t(x, 2)", [3, 5, 7, 9], [3, 4, 6, 8]),
      ("median(x, 3)", [5, 1, 9, 2, 2], [5, 3, 5, 2, 2]),
      ("min_over(x, 2)", [5, 1, 9, 2], [5, 1, 1, 2]),
      ("max_over(x, 2)", [5, 1, 9, 2], [5, 5, 9, 9]),
      ("integral(x)", [0, 2, 2, 0], [0, 1, 3, 4]),
      ("integral(x, 3600, 1)", [3600, 3600, 0.5, 0.5], [0, 1, 1.5, 1.5]),
      ("integral(x, 1, 0, 0.5)", [1, 1, 1], [0, 0, 0]),
      ("integral(x, 1, 0, 0, x > 5)", [1, 1, 9, 1], [0, 1, 0, 5]),
      ("count_if(x > 1)", [0, 2, 3, 0], [0, 1, 2, 2]),
      ("on_time(x)", [1, 1, 0, 0, 1, 1], [0, 1, 2, 2, 2, 3]),
      ("deadband(x, 1)", [5, 5.5, 6.5, 6], [5, 5, 6.5, 6.5]),
      ("deadband(x, 10, 1)", [100, 109, 111], [100, 100, 111]),
      ("hysteresis(x, 2, 4)", [3, 5, 3, 1, 3], [0, 1, 1, 0, 0]),
      ("debounce(x, 2)", [0, 1, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1]),
      ("on_delay(x, 2)", [1, 1, 1, 0, 1], [0, 0, 1, 0, 0]),
      ("off_delay(x, 2)", [1, 0, 0, 0, 1], [1, 1, 1, 0, 1]),
      ("rising(x)", [0, 1, 1, 0, 1], [0, 1, 0, 0, 1]),
      ("falling(x)", [0, 1, 1, 0, 1], [0, 0, 0, 1, 0]),
      ("latch(x == 1, x == 2)", [0, 1, 0, 2, 0], [0, 1, 1, 0, 0]),
      ("ramp(x, 2)", [0, 10, 10, 1], [0, 2, 4, 2]),
      ("hold(x, x > 5)", [1, 9, 2, 8], [1, 1, 2, 2]),
    ] as [(String, [Double], [Double])])
  func results(source: String, samples: [Double], expected: [Double]) throws {
    #expect(try run(source, samples) == expected)
  }

  @Test("exponential mean approaches with its time constant")
  func exponential() throws {
    let values = try run("ema(x, 10)", [0] + Array(repeating: 1, count: 10))
    #expect(abs((values.last ?? 0) - (1 - 1 / 2.718281828459045)) < 1e-12)
  }

  @Test("the branch not taken does not advance")
  func branches() throws {
    #expect(try run("count_if(1) if x > 0 else 0", [1, 0, 1]) == [1, 0, 2])
  }

  @Test("a bad sample is not remembered, a beginning is uncertain")
  func quality() throws {
    let formula = try CompiledFormula("delta(x)")
    let slots = formula.makeSlots()
    slots.set(0, value: 1, time: 0)
    #expect(formula.evaluate(slots).quality == FormulaStatus.uncertainInitialValue)
    slots.set(0, value: 77, quality: FormulaStatus.bad, time: 1)
    #expect(FormulaStatus.isBad(formula.evaluate(slots).quality))
    slots.set(0, value: 4, time: 2)
    let result = formula.evaluate(slots)
    #expect(result.value == 3 && result.isGood)
  }

  @Test(
    "a late sample adds no time and none counts twice; a clock that is set back stops nothing",
    arguments: [
      ("integral(x)", [10, 12, 5, 6, 13], [1, 1, 1, 1, 1], [0, 2, 2, 2, 3]),
      ("integral(x)", [0, 100, 50, 101], [1, 1, 1, 1], [0, 100, 100, 101]),
      ("integral(x)", [1000, 1100, 10, 11, 15], [1, 1, 1, 1, 1], [0, 100, 100, 101, 105]),
      ("on_time(x)", [0, 100, 50, 101], [1, 1, 1, 1], [0, 100, 100, 101]),
      ("on_delay(x, 5)", [1000, 10, 14, 15], [1, 1, 1, 1], [0, 0, 0, 1]),
      ("mavg_t(x, 5)", [1000, 10, 11], [10, 20, 40], [10, 20, 30]),
      (
        "mavg_t(x, 60)", [1000, 1010, 1020, 900, 960, 1000, 1010, 1070], [9, 9, 9, 0, 0, 0, 0, 0],
        [9, 9, 9, 0, 0, 0, 0, 0]
      ),
      (
        "rate(x)", [1000, 1001, 1002, 405, 406, 407], [0, 1, 2, 605, 606, 607], [0, 1, 1, 1, 1, 1]
      ),
    ] as [(String, [Int64], [Double], [Double])])
  func clock(source: String, times: [Int64], samples: [Double], expected: [Double]) throws {
    let formula = try CompiledFormula(source)
    let slots = formula.makeSlots()
    let results = zip(times, samples).map { time, sample in
      slots.set(0, value: sample, time: time * Self.second)
      return formula.evaluate(slots).value
    }
    #expect(results == expected)
  }

  @Test(
    "a bad argument is an error, and what came with it is not remembered: neither value nor time",
    arguments: [
      ("counter(x, m)", [0, 65536, 65536], [1000, 1001, 1002], [nil, 0, 1]),
      ("ema(x, m)", [-1, 10, 10], [1000, 1001, 1001], [nil, 1001, 1001]),
      ("integral(x, m)", [0, 1, 1], [5, 6, 6], [nil, 0, 6]),
      ("integral(x, m)", [1, 0, 1], [100, 100, 100], [0, nil, 200]),
    ] as [(String, [Double], [Double], [Double?])])
  func badArguments(
    source: String, parameters: [Double], samples: [Double], expected: [Double?]
  ) throws {
    let formula = try CompiledFormula(source)
    let slots = formula.makeSlots()
    let place = try #require(formula.dependencies.firstIndex { $0.name == "m" })
    for (row, sample) in samples.enumerated() {
      let time = Int64(1000 + row) * Self.second
      slots.set(place, value: parameters[row], time: time)
      slots.set(1 - place, value: sample, time: time)
      let result = formula.evaluate(slots)
      if let value = expected[row] {
        #expect(result.value == value && result.failure == nil, "row \(row): \(result)")
      } else {
        #expect(result.failure != nil, "row \(row): \(result)")
      }
    }
  }

  @Test("a call without arguments takes its place too, however many wait for their sum")
  func depth() throws {
    let nested =
      String(repeating: "dt() + (", count: 40) + "dt()" + String(repeating: ")", count: 40)
    let wide = "max(" + Array(repeating: "dt()", count: 32).joined(separator: ", ") + ")"
    for (source, factor) in [(nested, 41.0), (wide, 1), ("1 + dt() * dt()", 1)] {
      let formula = try CompiledFormula(source)
      let slots = formula.makeSlots()
      #expect(formula.evaluate(slots, at: 0).value == (source.hasPrefix("1") ? 1 : 0))
      let value = formula.evaluate(slots, at: Self.second).value
      #expect(value == (source.hasPrefix("1") ? 2 : factor), "\(source)")
    }
  }

  @Test("the key of a call, by which its memory on disk is found, is that of its text")
  func keys() throws {
    let formula = try CompiledFormula("delta(x) + delta(x) * count_if(0 < x < 9)")
    let bytes = formula.makeState().bytes
    // The mark and how many calls, then of each its key, its length and its five words.
    let keys = [16, 72, 128].map { start in
      bytes[start..<(start + 8)].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    }
    #expect(keys == [0x5DA8_BF3A_0004_BAA0, 0x6DFC_639B_3993_FE3D, 0x2750_F0CF_5B85_6B28])
  }

  @Test("chains of comparisons within one another are refused before their text fills the memory")
  func chains() throws {
    func chained(_ depth: Int) -> String {
      String(repeating: "(0 < ", count: depth) + "x" + String(repeating: " < 1)", count: depth)
    }
    #expect(try CompiledFormula("delta(x) + \(chained(8))").isStateful)
    for depth in [18, 40] {
      let error = #expect(throws: FormulaError.self) {
        _ = try CompiledFormula("delta(x) + \(chained(depth))")
      }
      #expect(error?.code == .limit, "\(depth)")
      let formula = try CompiledFormula(chained(depth))
      #expect(formula.canonicalText == formula.source)
    }
  }

  @Test("a rate falls while nothing changes, a value gets stale")
  func timeDriven() throws {
    let formula = try CompiledFormula("{a} * 0 + stale(5)")
    let slots = formula.makeSlots()
    slots.set(0, value: 1, time: 0)
    #expect(formula.evaluate(slots, at: 4 * Self.second).value == 0)
    #expect(formula.evaluate(slots, at: 6 * Self.second).value == 1)
  }

  @Test("memory exported at any point goes on as if nothing had been")
  func export() throws {
    let seed: UInt64 = 4
    var random = SeededGenerator(seed: seed)
    let source = """
      (mavg(x, 5) + median(x, 4) + integral(x, 60) + ramp(x, 0.5) + ema(x, 3) + counter(abs(x), 100)
       + on_time(x > 0) + prev(x, 3) + mavg_t(x, 4) + debounce(x > 2, 3) + min_over(x, 3) + rate(x))
      """
    let formula = try CompiledFormula(source)
    let slots = formula.makeSlots()
    var whole = formula.makeState()
    var cut = formula.makeState()
    for index in 0..<300 {
      let sample = Double.random(in: -10...10, using: &random)
      let time = Int64(index) * Int64.random(in: 1...3, using: &random) * Self.second
      slots.set(0, value: sample, time: time)
      let expected = formula.evaluate(slots, state: &whole)
      let result = formula.evaluate(slots, state: &cut)
      #expect(result == expected, "seed \(seed), sample \(index)")
      let (restored, calls) = try formula.makeState(from: cut.bytes)
      #expect(calls == 12 && restored == cut)
      cut = restored
    }
  }

  @Test("an unrelated edit keeps the memory, a changed call starts anew")
  func edits() throws {
    let before = try CompiledFormula("integral(flow) + mavg(p, 3)")
    let slots = before.makeSlots()
    var state = before.makeState()
    for time in 0..<5 {
      slots.set(0, value: 2, time: Int64(time) * Self.second)
      slots.set(1, value: 1, time: Int64(time) * Self.second)
      _ = before.evaluate(slots, state: &state)
    }
    let after = try CompiledFormula("{offset} + mavg(p, 4) + integral(flow) * 1")
    let (moved, calls) = try after.makeState(from: state.bytes)
    #expect(calls == 1)
    var kept = moved
    let newSlots = after.makeSlots()
    for slot in 0..<3 { newSlots.set(slot, value: slot == 2 ? 2 : 0, time: 5 * Self.second) }
    #expect(after.evaluate(newSlots, state: &kept).value == 10)
  }

  @Test("damaged memory is refused", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func damage(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let formula = try CompiledFormula("integral(x) + mavg(x, 9)")
    let bytes = formula.makeState().bytes
    for _ in 0..<200 {
      var damaged = bytes
      let place = Int.random(in: 0..<bytes.count, using: &random)
      damaged[place] ^= UInt8.random(in: 1...255, using: &random)
      #expect(throws: FormulaError.self) { _ = try formula.makeState(from: damaged) }
      let cut = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
      #expect(throws: FormulaError.self) { _ = try formula.makeState(from: cut) }
    }
  }

  @Test(
    "the longest window is there for every function",
    arguments: ["prev", "mavg", "median", "min_over", "max_over"])
  func longestWindow(function: String) throws {
    #expect(try CompiledFormula("\(function)(x, 4096)").isStateful)
    let error = #expect(throws: FormulaError.self) {
      _ = try CompiledFormula("\(function)(x, 4097)")
    }
    #expect(error?.code == .limit)
  }

  @Test("windows are written as whole numbers and bounded")
  func windows() throws {
    for (source, code) in [
      ("mavg(x, n)", FormulaError.Code.notAllowed), ("mavg(x, 2.5)", .notAllowed),
      ("mavg(x, 0)", .notAllowed), ("mavg(x, 5000)", .limit),
      ("median(x, 4000) + median(y, 4000)", .limit),
    ] {
      let error = #expect(throws: FormulaError.self, "\(source)") {
        _ = try CompiledFormula(source)
      }
      #expect(error?.code == code, "\(source)")
    }
  }
}
