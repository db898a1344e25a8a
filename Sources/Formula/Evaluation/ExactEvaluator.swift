/// Runs the exact code: evaluates only what Python would, follows each value's quality, and stops at the first error.
///
/// A value is as bad as the worst of what it was made of, the conditions that chose it included. What is not
/// evaluated has no say. An operator that fails on a bad operand gives a bad value instead of an error,
/// so that `default(1 / flow, 0)` helps while `flow` is bad. NaN is bad as well, so that no comparison makes a good
/// value of it, but what fails on it is an error, as in Python.
struct ExactEvaluator {
  let program: Program
  let inputs: UnsafePointer<Double>
  let qualities: UnsafePointer<UInt32>
  let times: UnsafePointer<Int64>
  let stack: ExactStack
  /// The memory of functions that have one, laid out as the program says; nil if it has none.
  let memory: UnsafeMutablePointer<UInt64>?
  /// The time of the evaluation.
  let now: Int64

  func run() -> FormulaResult {
    if let memory, !program.layout.staleOffsets.isEmpty { noteInputs(memory) }
    return program.exact.instructions.withUnsafeBufferPointer { code in run(code) }
  }

  /// Tells `stale` what came, wherever its calls stand in the formula.
  private func noteInputs(_ memory: UnsafeMutablePointer<UInt64>) {
    for call in program.layout.staleOffsets.indices {
      let freshness = Freshness(StateMemory(memory + program.layout.staleOffsets[call]))
      freshness.note(at: now)
      for slot in 0..<program.inputs.count {
        let isBad = FormulaStatus.isBad(qualities[slot]) || inputs[slot].isNaN
        freshness.note(slot, at: isBad ? nil : times[slot])
      }
    }
  }

  /// The builder gives jumps that go forward to steps of this code and a stack as deep as it needs.
  private func run(_ code: UnsafeBufferPointer<ExactInstruction>) -> FormulaResult {
    let values = stack.values
    let marks = stack.qualities
    var top = 0
    var openBranches = 0
    var path = FormulaStatus.good
    var step = 0
    while step < code.count {
      let instruction = code[step]
      let operand = Int(instruction.operand)
      switch instruction.operation {
      case .input:
        values[top] = inputs[operand]
        marks[top] = mark(values[top], FormulaStatus.combined(path, qualities[operand]))
        top += 1
      case .quality:
        values[top] = Double(qualities[operand])
        marks[top] = path
        top += 1
      case .time:
        values[top] = Double(times[operand]) / 1e9
        marks[top] = path
        top += 1
      case .constant:
        values[top] = program.exact.constants[operand]
        marks[top] = path
        top += 1
      case .call:
        top -= Int(instruction.count)
        let fault = call(instruction, at: top, path)
        if fault != .none { return FormulaResult(fault: fault, step: step) }
        top += 1
      case .branchIfFalse:
        top -= 1
        stack.branches[openBranches] = path
        openBranches += 1
        path = FormulaStatus.combined(path, marks[top])
        if values[top] == 0 {
          step = operand
          continue
        }
      case .jump:
        step = operand
        continue
      case .keepIfFalse, .keepIfTrue:
        stack.branches[openBranches] = path
        openBranches += 1
        path = FormulaStatus.combined(path, marks[top - 1])
        if (values[top - 1] == 0) == (instruction.operation == .keepIfFalse) {
          step = operand
          continue
        }
        top -= 1
      case .chain:
        if instruction.count == 1 {
          stack.branches[openBranches] = path
          openBranches += 1
        }
        top -= 1
        path = FormulaStatus.combined(path, FormulaStatus.combined(marks[top - 1], marks[top]))
        if Arithmetic.apply(instruction.function, values + (top - 1), 2).value == 0 {
          values[top - 1] = 0
          marks[top - 1] = path
          step = operand
          continue
        }
        values[top - 1] = values[top]
        marks[top - 1] = marks[top]
      case .join:
        openBranches -= 1
        path = stack.branches[openBranches]
      case .end:
        return finish(values[0], marks[0])
      }
      step += 1
    }
    return finish(values[0], marks[0])
  }

  /// Calls a function of the values from `base` on and leaves its result there.
  private func call(_ instruction: ExactInstruction, at base: Int, _ path: UInt32) -> Fault {
    let values = stack.values + base
    let marks = stack.qualities + base
    switch instruction.function {
    case .isGood:
      values[0] = FormulaStatus.isGood(marks[0]) && !values[0].isNaN ? 1 : 0
      marks[0] = path
      return .none
    case .isNaN, .isFinite:
      // They ask; that a number is none is their answer.
      if marks[0] == FormulaStatus.notANumber { marks[0] = path }
    case .defaultTo:
      if FormulaStatus.isBad(marks[0]) || values[0].isNaN {
        values[0] = values[1]
        marks[0] = marks[1]
      }
      return .none
    default: break
    }
    if instruction.function.isStateful { return remember(instruction, values, marks, path) }
    var worst = path
    for index in 0..<Int(instruction.count) { worst = FormulaStatus.combined(worst, marks[index]) }
    let outcome = Arithmetic.apply(instruction.function, values, Int(instruction.count))
    if outcome.fault != .none, !FormulaStatus.isBad(worst) || worst == FormulaStatus.notANumber {
      return outcome.fault
    }
    values[0] = outcome.value
    marks[0] = mark(outcome.value, worst)
    return .none
  }

  @inline(__always)
  private func mark(_ value: Double, _ quality: UInt32) -> UInt32 {
    value.isNaN ? FormulaStatus.combined(quality, FormulaStatus.notANumber) : quality
  }

  /// Calls a function with memory. A bad argument makes a bad result and is not remembered.
  private func remember(
    _ instruction: ExactInstruction, _ values: UnsafeMutablePointer<Double>,
    _ marks: UnsafeMutablePointer<UInt32>, _ path: UInt32
  ) -> Fault {
    let count = Int(instruction.count)
    var worst = path
    for index in 0..<count {
      worst = FormulaStatus.combined(worst, marks[index])
      if !values[index].isFinite {
        worst = FormulaStatus.combined(worst, FormulaStatus.notANumber)
      }
    }
    let site = program.layout.sites[Int(instruction.operand)]
    guard !FormulaStatus.isBad(worst), let memory else {
      values[0] = .nan
      marks[0] = memory == nil ? FormulaStatus.bad : worst
      return .none
    }
    var function = StatefulFunction(memory: StateMemory(memory + site.offset), now: now)
    let outcome = function.apply(instruction.function, values, count)
    if outcome.fault != .none { return outcome.fault }
    values[0] = outcome.value
    marks[0] =
      function.isInitial
      ? FormulaStatus.combined(worst, FormulaStatus.uncertainInitialValue) : worst
    return .none
  }

  private func finish(_ value: Double, _ quality: UInt32) -> FormulaResult {
    let isSound = value.isFinite || FormulaStatus.isBad(quality)
    return FormulaResult(
      value: value,
      quality: isSound && quality != FormulaStatus.notANumber
        ? quality : FormulaStatus.badOutOfRange)
  }
}
