import Foundation
import TestSupport
import Testing

@testable import Formula

/// An evaluation asks for no memory, whatever it meets: failures, bad inputs, NaN, functions with memory, columns.
/// (Retains and releases are counted by the benchmarks, which bound both at nothing.)
@Suite(.enabled(if: allocationsAreCounted, "needs an optimised build (-c release)"))
struct AllocationTests {
  static let stateful = [
    "prev(a)", "prev(a, 3)", "delta(a)", "dt()", "changed(a)", "changed(a, 0.5)", "rate(a)",
    "rate(a, 60)", "counter(a, 65536)", "mavg(a, 5)", "mavg_t(a, 10)", "ema(a, 3)",
    "median(a, 7)", "min_over(a, 4)", "max_over(a, 4)", "integral(a)", "integral(a, 3600, 0.1)",
    "count_if(a > 0)", "on_time(a > 0)", "deadband(a, 1)", "hysteresis(a, -1, 1)",
    "debounce(a > 0, 2)", "on_delay(a > 0, 2)", "off_delay(a > 0, 2)", "rising(a > 0)",
    "falling(a > 0)", "latch(a > 1, b > 1)", "ramp(a, 1)", "hold(a, b > 0)", "stale(5)",
    "mavg(1 / a, 3) if b > 0 else prev(sqrt(b))", "default(rate(a), 0) + {x/y}.ts + {x/y}.quality",
  ]

  /// The formulas of the other tests: of each list every ninth, all of them with IIOT_SOAK=1.
  static let sources: [String] = {
    let all =
      ((try? Corpus.fixture("accepted.jsonl", as: OracleLine.self)) ?? [])
      + ((try? Corpus.fixture("python.jsonl", as: OracleLine.self)) ?? [])
      + ((try? Corpus.lines("oracle.jsonl.gz", as: OracleLine.self)) ?? [])
    let chosen = all.enumerated().filter { Soak.isOn || $0.offset % 9 == 0 }.map(\.element.src)
    return stateful
      + ColumnTests.formulas.enumerated()
      .filter { Soak.isOn || $0.offset % 9 == 0 }.map(\.element) + ColumnTests.others + chosen
  }()

  @Test func somethingIsCounted() {
    var array: [Int] = []
    #expect(allocations { array.reserveCapacity(100) } == 1)
  }

  @Test("one at a time, good and bad inputs, own and given memory")
  func single() throws {
    var random = SeededGenerator(seed: 77)
    for source in Self.sources {
      guard let formula = try? CompiledFormula(source) else { continue }
      let slots = formula.makeSlots()
      var state = formula.makeState()
      var total: UInt64 = 0
      for row in 0..<24 {
        let values = (0..<slots.count).map { _ in ColumnTests.sample(&random) }
        let quality = row % 5 == 4 ? FormulaStatus.bad : FormulaStatus.good
        let time = Int64(row) * 1_500_000_000
        total += allocations {
          for slot in 0..<slots.count {
            slots.set(slot, value: values[slot], quality: quality, time: time)
          }
          _ = formula.evaluate(slots, at: time)
          _ = formula.evaluate(slots, state: &state, at: time)
          for slot in 0..<slots.count { slots[slot] = values[slot] }
          _ = formula.evaluate(slots)
          values.withUnsafeBufferPointer { slots.setAll($0) }
          _ = formula.evaluate(slots)
        }
      }
      #expect(total == 0, "\(source)")
    }
  }

  @Test("in columns", arguments: [0, 2])
  func columns(level: Int) throws {
    var random = SeededGenerator(seed: 78)
    let rows = 300
    let qualities = (0..<rows).map { $0 % 7 == 0 ? FormulaStatus.uncertain : FormulaStatus.good }
    let times = (0..<rows).map { Int64($0) * 1_000_000_000 }
    var results = [Double](repeating: 0, count: rows)
    var codes = [UInt32](repeating: 0, count: rows)
    for source in Self.sources {
      guard let formula = try? CompiledFormula(source) else { continue }
      let evaluator = FormulaColumns(formula, level: level)
      let count = formula.dependencies.count
      let numbers = (0..<(rows * count)).map { _ in ColumnTests.sample(&random) }
      var errors: [FormulaRowError] = []
      // Room for every row's error, which a caller who evaluates again has.
      errors.reserveCapacity(rows)
      let total = numbers.withUnsafeBufferPointer { numbers in
        qualities.withUnsafeBufferPointer { qualities in
          times.withUnsafeBufferPointer { times in
            results.withUnsafeMutableBufferPointer { results in
              codes.withUnsafeMutableBufferPointer { codes in
                let columns = (0..<count).map {
                  UnsafeBufferPointer(rebasing: numbers[($0 * rows)..<(($0 + 1) * rows)])
                }
                let given = [UnsafeBufferPointer<UInt32>?](repeating: qualities, count: count)
                return allocations {
                  try? evaluator.evaluate(
                    columns, qualities: given, times: times, into: results, resultQualities: codes,
                    errors: &errors)
                }
              }
            }
          }
        }
      }
      #expect(total == 0, "\(source)")
    }
  }
}
