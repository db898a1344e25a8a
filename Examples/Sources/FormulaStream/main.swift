// A formula with memory over a stream of numbers, one per line. Its memory is a few bytes that can be saved.
//
//   seq 1 10 | FormulaStream 'ema(x, 2)'
import Formula
import Glibc

let arguments = CommandLine.arguments
guard arguments.count == 2 else {
  print("usage: FormulaStream FORMULA   (the input is x)")
  exit(64)
}
let formula: CompiledFormula
do {
  formula = try CompiledFormula(arguments[1])
} catch {
  print(error)  // what, where, and what may have been meant
  exit(1)
}
guard formula.dependencies.allSatisfy({ $0.description == "x" }) else {
  print("the only input is x")
  exit(1)
}
let slots = formula.makeSlots()
var memory = formula.makeState()
var time: Int64 = 0
while let line = readLine() {
  time += 1_000_000_000  // a value a second
  let value = Double(line)
  if !formula.dependencies.isEmpty {
    // What is no number is a bad input, and makes a bad result unless the formula says otherwise.
    slots.set(
      0, value: value ?? .nan, quality: value == nil ? FormulaStatus.bad : FormulaStatus.good,
      time: time)
  }
  let result = formula.evaluate(slots, state: &memory, at: time)
  print(result.isGood ? "\(result.value)" : "\(formula.error(of: result)?.message ?? "bad input")")
}
// These bytes go into a file, and `makeState(from:)` goes on from them.
print("memory: \(memory.bytes.count) bytes")
