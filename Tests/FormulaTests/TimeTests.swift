import Testing

@testable import Formula

/// What goes by time, in every way of evaluation: singly with the slots' own memory and with memory of the caller's, and in
/// columns.
@Suite("Functions that go by time")
struct TimeTests {
  private static let second: Int64 = 1_000_000_000

  private struct Answer: Equatable {
    var value: Double
    var quality: UInt32
  }

  /// The results for samples that all inputs have alike; nil is a failed reading.
  private func answers(
    _ source: String, _ times: [Int64], _ samples: [Double?]
  ) throws -> [Answer] {
    let formula = try CompiledFormula(source)
    let own = formula.makeSlots()
    let shared = formula.makeSlots()
    var state = formula.makeState()
    var answers: [Answer] = []
    for (time, sample) in zip(times, samples) {
      for slots in [own, shared] {
        for slot in 0..<slots.count {
          slots.set(
            slot, value: sample ?? 0,
            quality: sample == nil ? FormulaStatus.bad : FormulaStatus.good,
            time: time * Self.second)
        }
      }
      let result = formula.evaluate(own)
      let other = formula.evaluate(shared, state: &state)
      #expect(result == other, "\(source) at \(time)")
      answers.append(Answer(value: result.value, quality: result.quality))
    }
    let columns = try columns(formula, times, samples)
    #expect(columns == answers, "\(source)")
    return answers
  }

  private func columns(
    _ formula: CompiledFormula, _ times: [Int64], _ samples: [Double?]
  ) throws -> [Answer] {
    let evaluator = FormulaColumns(formula)
    let count = formula.dependencies.count
    let column = samples.map { $0 ?? 0 }
    let codes = samples.map { $0 == nil ? FormulaStatus.bad : FormulaStatus.good }
    let nanoseconds = times.map { $0 * Self.second }
    var values = [Double](repeating: 7, count: samples.count)
    var qualities = [UInt32](repeating: 7, count: samples.count)
    var errors: [FormulaRowError] = []
    try column.withUnsafeBufferPointer { column in
      try codes.withUnsafeBufferPointer { codes in
        try nanoseconds.withUnsafeBufferPointer { times in
          try values.withUnsafeMutableBufferPointer { values in
            try qualities.withUnsafeMutableBufferPointer { qualities in
              try evaluator.evaluate(
                [UnsafeBufferPointer<Double>](repeating: column, count: count),
                qualities: [UnsafeBufferPointer<UInt32>?](repeating: codes, count: count),
                times: times, into: values, resultQualities: qualities, errors: &errors)
            }
          }
        }
      }
    }
    #expect(errors.isEmpty)
    return zip(values, qualities).map { Answer(value: $0, quality: $1) }
  }

  @Test(
    "failed readings make a formula stale, and that is a good value",
    arguments: [
      ("stale(2) + 0 * default(x, 0)", [0, 1, 2, 3, 4], [1, nil, nil, nil, 1], [0, 0, 0, 1, 0]),
      // Nothing that could be used came yet.
      ("stale(2) + 0 * is_good(x)", [5, 6, 7], [nil, nil, 1], [1, 1, 0]),
      ("stale(2) + 0 * is_good(x)", [0, 1, 3], [1, Double.nan, Double.nan], [0, 0, 1]),
      // The call is not come to while x is good, and knows when that was all the same.
      (
        "not is_good(x) and stale(2)", [0, 9, 10, 11, 12], [1, 1, nil, nil, nil], [0, 0, 0, 0, 1]
      ),
      // A late sample is as old as it says, and takes no time back.
      ("stale(2) + 0 * is_good(x)", [100, 103, 101, 104], [1, nil, 1, nil], [0, 1, 0, 1]),
      // A clock that was set back neither ends the wait nor begins it anew.
      (
        "stale(2) + 0 * is_good(x)", [1000, 1002, 10, 11, 12], [1, nil, nil, nil, 1],
        [0, 0, 0, 1, 0]
      ),
      ("stale(2) + 0 * is_good(x)", [1000, 10, 12, 13], [1, 1, nil, nil], [0, 0, 0, 1]),
    ] as [(String, [Int64], [Double?], [Double])])
  func stale(source: String, times: [Int64], samples: [Double?], expected: [Double]) throws {
    let wanted = expected.map { Answer(value: $0, quality: FormulaStatus.good) }
    #expect(try answers(source, times, samples) == wanted)
  }

  @Test("one input that is not bad is enough, and what is uncertain is not bad")
  func severalInputs() throws {
    let formula = try CompiledFormula("stale(2) + 0 * is_good(x) + 0 * is_good(y)")
    let slots = formula.makeSlots()
    func stale(at time: Int64, _ x: UInt32, _ y: UInt32) -> Double {
      slots.set(0, value: 1, quality: x, time: time * Self.second)
      slots.set(1, value: 1, quality: y, time: time * Self.second)
      return formula.evaluate(slots).value
    }
    let bad = FormulaStatus.bad
    #expect(stale(at: 0, FormulaStatus.good, FormulaStatus.good) == 0)
    #expect(stale(at: 5, bad, FormulaStatus.uncertain) == 0)
    #expect(stale(at: 7, bad, bad) == 0)
    #expect(stale(at: 8, bad, bad) == 1)
  }

  @Test("a formula without an input is always stale")
  func noInput() throws {
    let formula = try CompiledFormula("stale(2)")
    #expect(try formula.evaluate([:]) == 1)
    #expect(formula.evaluate(formula.makeSlots(), at: Self.second).value == 1)
  }

  @Test("what stale knows outlives an export; with an earlier version's memory it begins anew")
  func exported() throws {
    let formula = try CompiledFormula("stale(2) + 0 * is_good(x)")
    let slots = formula.makeSlots()
    func run(_ state: inout FormulaState, from time: Int64, _ qualities: [UInt32]) -> [Double] {
      qualities.enumerated().map { index, quality in
        slots.set(0, value: 1, quality: quality, time: (time + Int64(index)) * Self.second)
        return formula.evaluate(slots, state: &state).value
      }
    }
    let (good, bad) = (FormulaStatus.good, FormulaStatus.bad)
    var state = formula.makeState()
    let first = run(&state, from: 100, [good])
    #expect(first == [0])
    let exported = try formula.makeState(from: state.bytes)
    #expect(exported.restoredCalls == 1 && exported.state == state)
    var kept = exported.state
    let onward = run(&kept, from: 101, [bad, bad, bad])
    #expect(onward == [0, 0, 1])
    // It had a count and a time, and nothing else.
    state.words.replaceSubrange(2..<5, with: [0, 0, 0])
    var earlier = try formula.makeState(from: state.bytes).state
    let anew = run(&earlier, from: 101, [bad, good, bad])
    #expect(anew == [1, 0, 0])
  }

  @Test(
    "an input whose time is ahead came once: while nothing new comes it gets stale, also when its time is reached"
  )
  func ahead() throws {
    let formula = try CompiledFormula("stale(2) + 0 * is_good(x)")
    let slots = formula.makeSlots()
    slots.set(0, value: 1, time: 100 * Self.second)
    let before = [10, 12, 13, 99, 100, 101, 103].map { (time: Int64) in
      formula.evaluate(slots, at: time * Self.second).value
    }
    #expect(before == [0, 0, 1, 1, 1, 1, 1])
    // Its next time is news, though it is ahead still; and so is one that a clock set right gives.
    for (time, now) in [(500, 110), (501, 120), (130, 130)] as [(Int64, Int64)] {
      slots.set(0, value: 1, time: time * Self.second)
      let after = [0, 2, 3].map { (later: Int64) in
        formula.evaluate(slots, at: (now + later) * Self.second).value
      }
      #expect(after == [0, 0, 1], "\(time)")
    }
  }

  @Test("an input ahead that is silent hides neither that the others are bad nor that they live")
  func aheadOfOthers() throws {
    let formula = try CompiledFormula("stale(3) + 0 * is_good(x) + 0 * is_good(y)")
    for (quality, expected) in [
      (FormulaStatus.bad, [0, 0, 1, 1]), (FormulaStatus.good, [0, 0, 0, 0]),
    ] as [(UInt32, [Double])] {
      for skew in [0, 50] as [Int64] {
        let slots = formula.makeSlots()
        slots.set(0, value: 1, time: 100 * Self.second)
        let found = [10, 12, 14, 16].map { (time: Int64) in
          slots.set(1, value: 1, quality: quality, time: (time + skew) * Self.second)
          return formula.evaluate(slots, at: time * Self.second).value
        }
        #expect(found == expected, "\(quality), \(skew) s ahead")
      }
    }
  }

  @Test(
    "the memory of a version that noted no inputs goes on, and so does that of a formula with fewer"
  )
  func olderMemory() throws {
    let formula = try CompiledFormula("stale(2) + 0 * is_good(x)")
    let slots = formula.makeSlots()
    var state = formula.makeState()
    slots.set(0, value: 1, time: 100 * Self.second)
    let first = formula.evaluate(slots, state: &state).value
    #expect(first == 0)
    var writer = StateBytes.Writer()
    let head = [UInt64(1), state.keys[0], UInt64(StateMemory.window)]
    for word in head + state.words[..<StateMemory.window] { writer.append(word) }
    let wider = try CompiledFormula("stale(2) + 0 * is_good(y) + 0 * is_good(x)")
    for (edition, bytes) in [(formula, writer.finish()), (wider, state.bytes)] {
      let made = try edition.makeState(from: bytes)
      #expect(made.restoredCalls == 1)
      var restored = made.state
      let later = edition.makeSlots()
      let values = [102, 103, 104].map { (time: Int64) in
        let quality = time == 104 ? FormulaStatus.good : FormulaStatus.bad
        for slot in 0..<later.count {
          later.set(slot, value: 1, quality: quality, time: time * Self.second)
        }
        return edition.evaluate(later, state: &restored).value
      }
      #expect(values == [0, 1, 0])
    }
  }

  /// Whether the results are these, the first ones uncertain and the others good.
  private func expect(
    _ answers: [Answer], _ values: [Double], uncertain: Int, _ source: String
  ) {
    #expect(answers.map(\.value) == values, "\(source)")
    let qualities = values.indices.map {
      $0 < uncertain ? FormulaStatus.uncertainInitialValue : FormulaStatus.good
    }
    #expect(answers.map(\.quality) == qualities, "\(source)")
  }

  @Test(
    "two samples of one instant are no rate yet; what needs no time to be known is good at once",
    arguments: [
      ("rate(x)", [0, 0, 5], 2), ("rate(x, 60)", [0, 0, 300], 2),
      ("is_good(rate(x))", [0, 0, 1], 0),
      ("dt() + 0 * x", [0, 0, 1], 1), ("delta(x)", [0, 4, 1], 1), ("integral(x)", [0, 0, 5.5], 0),
      ("mavg_t(x, 5)", [1, 3, 4], 0),
    ] as [(String, [Double], Int)])
  func oneInstant(source: String, expected: [Double], uncertain: Int) throws {
    expect(
      try answers(source, [100, 100, 101], [1, 5, 6]), expected, uncertain: uncertain, source)
  }

  @Test("neither are a late sample and one of a clock that was set back; once known it stands")
  func noInterval() throws {
    expect(
      try answers("rate(x)", [100, 90, 101, 101], [1, 2, 4, 9]), [0, 0, 3, 3], uncertain: 2, "late")
    expect(
      try answers("rate(x)", [100, 10, 11, 5], [1, 5, 6, 9]), [0, 0, 1, 1], uncertain: 2, "back")
  }
}
