import TestSupport
import Testing

@testable import Formula

@Suite("Fast, exact and column evaluation agree to the bit")
struct ColumnTests {
  /// The formulas that are tried: one for each operation of the fast code, then awkward ones.
  static let formulas: [String] = {
    let arithmetic = ["+", "-", "*", "/"]
    var all: [String] = []
    for first in arithmetic {
      all.append("a \(first) b")
      for second in arithmetic {
        all.append("(a \(first) b) \(second) c")
        all.append("c \(second) (a \(first) b)")
        for third in arithmetic {
          all.append("((a \(first) b) \(second) c) \(third) d")
          all.append("d \(third) (c \(second) (a \(first) b))")
          all.append("d \(third) ((a \(first) b) \(second) c)")
          all.append("(a \(first) b) \(second) (c \(third) d)")
        }
      }
    }
    let comparisons = ["<", "<=", ">", ">=", "==", "!="]
    for first in comparisons {
      all.append("a \(first) b")
      all.append("c if a \(first) b else d")
      for second in comparisons {
        all.append("a \(first) b and c \(second) d")
        all.append("a \(first) b or c \(second) d")
        all.append("a \(first) b \(second) c")
      }
    }
    return all + others
  }()

  static let others = [
    "-a", "abs(a)", "min(a, b)", "max(a, b, c)", "clamp(a, b, c)", "sqrt(a)", "floor(a)", "ceil(a)",
    "int(a)", "round(a)", "a ** 2", "a ** 3", "a ** 4", "a ** b", "not a", "a and b", "a or b",
    "a if b else c", "log(a)", "log10(a)", "log2(a)", "exp(a)", "sin(a)", "cos(a)", "tan(a)",
    "atan(a)", "asin(a)", "tanh(a)", "atan2(a, b)", "hypot(a, b)", "a // b", "a % b", "round(a, 1)",
    "a / b if b != 0 else c", "log(a) if a > 0 else 0", "min(1 / a, b)", "1 / a > b",
    "(1 / a if b > 0 else c) > d", "default(1 / a, b)", "is_good(a) and a > 1", "a and 1 / b",
    "b == 0 or a / b > 1", "scale(a, 0, 10, b, c)", "scale(a, 0, 10, 4, 20, 1)", "lerp(a, b, c)",
    "deadzone(a, b)", "sign(a)", "step(a, 1, 2, 3)", "interp(a, 0, 0, 1, 5, 2, 3)",
    "int(a) & int(b)",
    "bit(int(a), 2)", "avg(a, b, c)", "sum(a, b, c, d)",
    "1 if a > 1 or b > 2 or (c < 3 and d < 1) else 0",
    "sqrt(a) + sqrt(a)", "a / 8", "a / 3", "is_nan(a)", "is_finite(a * 1e308)", "bool(a)",
    "default(a, 1 / b)", "c - default(a, 0 / (0 and b / c))",
    "exp(1 / a)", "exp(1000 * a) < 5", "a * 1e308 * 10 < 5", "degrees(a) + radians(b)", "7", "a",
  ]

  /// A value from those that find mistakes, or an ordinary one.
  static func sample(_ random: inout SeededGenerator) -> Double {
    let awkward: [Double] = [
      0, -0.0, 1, -1, 2, 0.5, 3, .infinity, -.infinity, .nan, 1e308, -1e308, 0x1p-1060, 1e16, 2.5,
    ]
    return switch random.next(upperBound: 8 as UInt64) {
    case 0, 1: awkward[Int(random.next(upperBound: UInt64(awkward.count)))]
    case 2, 3: Double(Int64(random.next(upperBound: 21 as UInt64)) - 10)
    default: Double.random(in: -10...10, using: &random)
    }
  }

  @Test("each operation, on awkward and ordinary numbers", arguments: [0, 1, 2])
  func columns(level: Int) throws {
    let seed: UInt64 = 20_261_121
    var random = SeededGenerator(seed: seed)
    let rows = 130
    for source in Self.formulas {
      let formula = try CompiledFormula(source)
      let columns = formula.dependencies.map { _ in
        (0..<rows).map { _ in Self.sample(&random) }
      }
      let slots = formula.makeSlots()
      var expected: [FormulaResult] = []
      for row in 0..<rows {
        for (slot, column) in columns.enumerated() { slots[slot] = column[row] }
        let exact = slots.evaluateExactly()
        let fast = formula.evaluate(slots)
        try #require(same(fast, exact), "\(source), row \(row), seed \(seed): \(fast), \(exact)")
        expected.append(exact)
      }
      let flat = columns.flatMap { $0 }
      var results = [Double](repeating: 0, count: rows)
      var errors: [FormulaRowError] = []
      let evaluator = FormulaColumns(formula, level: level)
      try flat.withUnsafeBufferPointer { flat in
        let pointers = columns.indices.map {
          UnsafeBufferPointer(rebasing: flat[($0 * rows)..<(($0 + 1) * rows)])
        }
        try results.withUnsafeMutableBufferPointer {
          try evaluator.evaluate(pointers, into: $0, errors: &errors)
        }
      }
      for row in 0..<rows {
        let matches = sameBits(results[row], expected[row].value)
        try #require(
          matches, "\(source), row \(row), seed \(seed): \(results[row]), \(expected[row])")
      }
      let failed = expected.enumerated().filter { $0.element.failure != nil }
      #expect(errors.map(\.row) == failed.map(\.offset), "\(source)")
      #expect(errors.map(\.failure) == failed.map(\.element.failure), "\(source)")
    }
  }

  @Test("results written past the caches are the same ones", arguments: [0, 1, 2])
  func streams(level: Int) throws {
    var random = SeededGenerator(seed: 77)
    for source in ["a * 2 + b", "a", "7", "1 / a", "a if b > 1 else sin(a)", "mavg(a, 3) + b"] {
      let formula = try CompiledFormula(source)
      for (rows, misalignment) in [
        (256, 0), (1_000, 0), (1_037, 0), (1_000, 1), (1_000, 6), (5, 0), (2, 3),
      ] {
        let columns = formula.dependencies.map { _ in
          (0..<rows).map { _ in Self.sample(&random) }
        }
        func evaluate(_ evaluator: FormulaColumns) throws -> [String] {
          let memory = UnsafeMutableRawPointer.allocate(
            byteCount: (rows + misalignment) * 8, alignment: 64)
          defer { memory.deallocate() }
          let results = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Double.self, capacity: rows + misalignment)
              + misalignment, count: rows)
          var errors: [FormulaRowError] = []
          let flat = columns.flatMap { $0 }
          try flat.withUnsafeBufferPointer { flat in
            let pointers = columns.indices.map {
              UnsafeBufferPointer(rebasing: flat[($0 * rows)..<(($0 + 1) * rows)])
            }
            try evaluator.evaluate(pointers, into: results, errors: &errors)
          }
          // A NaN is not equal to itself; its sign is nobody's.
          return results.map { $0.isNaN ? "nan" : "\($0)" }
            + errors.map { "\($0.row) \($0.result.quality) \($0.result.failure?.rawValue ?? "")" }
        }
        let plain = try evaluate(FormulaColumns(formula, level: level))
        let streamed = try evaluate(FormulaColumns(formula, level: level, streamedBytes: 0))
        let difference = zip(plain, streamed).first { $0 != $1 }
        #expect(difference == nil, "\(source), \(rows) rows, \(misalignment)")
        #expect(plain.count == streamed.count && plain.count >= rows)
      }
    }
  }

  private func same(_ a: FormulaResult, _ b: FormulaResult) -> Bool {
    sameBits(a.value, b.value) && a.quality == b.quality && a.failure == b.failure
  }

  private func sameBits(_ a: Double, _ b: Double) -> Bool {
    a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
  }
}
