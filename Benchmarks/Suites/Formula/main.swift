import Formula
import Harness

var suite = BenchmarkSuite("Formula")

/// Rows of inputs that live as long as the program.
func table(_ numbers: [Double]) -> UnsafeMutableBufferPointer<Double> {
  let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: max(numbers.count, 1))
  _ = buffer.initialize(from: numbers)
  return buffer
}

// Results of single evaluations are kept, not summed up, on both sides: a running sum makes each evaluation wait for the
// one before, which takes longer (2.9 ns) than many of them.
// muParser folds constants across products, so the last bits of the sums differ: resultsAgree is false throughout.
for expression in MeasuredExpression.all {
  suite.add("single: \(expression.name)") {
    let formula = try CompiledFormula(expression.formula)
    let rows = 1_024
    let order = formula.dependencies.map(\.name)
    let stride = order.count
    let numbers = expression.rows(rows, order: order)
    nonisolated(unsafe) let results = table([Double](repeating: 0, count: rows))
    return Comparison(
      operation: "evaluation", itemsPerOperation: Double(rows),
      gate: Gate(allocations: 0, retains: 0), countedIterations: 100, resultsAgree: false,
      ours: { iterations in
        let slots = formula.makeSlots()
        numbers.withUnsafeBufferPointer { numbers in
          for _ in 0..<iterations {
            for row in 0..<rows {
              slots.setAll(UnsafeBufferPointer(rebasing: numbers[(row * stride)...]))
              results[row] = formula.evaluate(slots).value
            }
          }
        }
        return results.reduce(0, +).bitPattern
      },
      against: [
        .peer(
          "muParser Eval", program: "Formula/muparser.cc",
          arguments: ["single", "\(rows)"] + expression.peerArguments)
      ])
  }
}

for expression in MeasuredExpression.all {
  suite.add("columns of a million rows: \(expression.name)") {
    let formula = try CompiledFormula(expression.formula)
    let rows = 1 << 20
    let order = formula.dependencies.map(\.name)
    let numbers = expression.rows(rows, order: order)
    // Read by all rounds and written by none; they live as long as the program.
    nonisolated(unsafe) let inputs = order.indices.map { slot in
      UnsafeBufferPointer(table((0..<rows).map { numbers[$0 * order.count + slot] }))
    }
    nonisolated(unsafe) let results = table([Double](repeating: 0, count: rows))
    return Comparison(
      operation: "row", itemsPerOperation: Double(rows), gate: Gate(allocations: 0, retains: 0),
      countedIterations: 2, resultsAgree: false,
      ours: { iterations in
        let evaluator = FormulaColumns(formula)
        var errors: [FormulaRowError] = []
        for _ in 0..<iterations {
          try evaluator.evaluate(inputs, into: results, errors: &errors)
        }
        return results[rows / 2].bitPattern
      },
      against: [
        .peer(
          "muParser Eval, row by row", program: "Formula/muparser.cc",
          arguments: ["single", "\(rows)"] + expression.peerArguments)
      ])
  }
}

for expression in MeasuredExpression.all {
  suite.add("compile: \(expression.name)") {
    let values = expression.inputs.map { ($0.name, $0.low) }
    let inputs = Dictionary(uniqueKeysWithValues: values)
    let order = try CompiledFormula(expression.formula).dependencies.map { inputs[$0.name] ?? 0 }
    return Comparison(
      // Not counted: the runtime's hook for retains does not bear the short strings that names are.
      operation: "compilation", countedIterations: 0, resultsAgree: false,
      ours: { iterations in
        var sum = 0.0
        for _ in 0..<iterations {
          let formula = try CompiledFormula(expression.formula)
          let slots = formula.makeSlots()
          for (slot, value) in order.enumerated() { slots[slot] = value }
          sum += formula.evaluate(slots).value
        }
        return sum.bitPattern
      },
      against: [
        .peer(
          "muParser SetExpr and first Eval", program: "Formula/muparser.cc",
          arguments: ["compile", "1"] + expression.peerArguments)
      ])
  }
}

suite.run()
