internal import CFormulaKernels

/// The fast code with blocks of rows for registers: inputs, constants, and temporaries that are used again as soon
/// as nothing reads them any more, so that a formula's blocks stay in the nearest cache.
struct ColumnCode: Sendable {
  /// A call that the kernel leaves to us.
  struct Call: Sendable {
    var function: Function
    var operands: [UInt16]
  }

  var steps: [formula_step] = []
  /// The calls, by step.
  var calls: [Int: Call] = [:]
  var constants: [Double]
  var inputCount: Int
  var blockCount: Int
  var result: UInt16 = 0
  /// Whether the result is a temporary, which may lie where the caller wants the results.
  var resultIsTemporary: Bool { Int(result) >= inputCount + constants.count }

  init(_ fast: FastCode) {
    constants = fast.constants
    inputCount = fast.inputCount
    if fast.hidesNotFinite {
      for input in 0..<inputCount {
        var step = formula_step()
        step.operation = UInt16(FORMULA_INPUT)
        step.a = UInt16(truncatingIfNeeded: input)
        steps.append(step)
      }
    }
    let firstTemporary = inputCount + constants.count
    blockCount = firstTemporary

    let lastUse = Self.lastUses(fast)
    /// For each register of the fast code, its block.
    var blocks = Array(0..<fast.registerCount).map { UInt16(truncatingIfNeeded: $0) }
    var free: [UInt16] = []
    var temporary = firstTemporary
    for (index, instruction) in fast.instructions.enumerated() where !instruction.isOperandList {
      if instruction.operation == .end {
        result = blocks[Int(instruction.a)]
        var step = formula_step()
        step.operation = UInt16(FORMULA_RESULT)
        step.a = result
        // The block behind all others is the caller's.
        step.target = UInt16(truncatingIfNeeded: blockCount)
        steps.append(step)
        break
      }
      var step = formula_step()
      step.operation = instruction.operation.rawValue
      let reads = fast.reads(at: index)
      if instruction.operation == .call || instruction.operation == .elementary {
        let function = Function(rawValue: UInt8(truncatingIfNeeded: instruction.b)) ?? .plus
        calls[steps.count] = Call(function: function, operands: reads.map { blocks[Int($0)] })
      } else {
        step.a = blocks[Int(instruction.a)]
        step.b = blocks[Int(instruction.b)]
        step.c = blocks[Int(instruction.c)]
        step.d = blocks[Int(instruction.d)]
      }
      if instruction.operation != .check {
        // Taken before the operands are given back: a step never writes what it reads.
        let block = free.popLast() ?? UInt16(truncatingIfNeeded: blockCount)
        if Int(block) == blockCount { blockCount += 1 }
        step.target = block
        blocks[temporary] = block
        temporary += 1
      }
      steps.append(step)
      for register in Set(reads) where Int(register) >= firstTemporary {
        if lastUse[Int(register)] == index { free.append(blocks[Int(register)]) }
      }
    }
  }

  private static func lastUses(_ fast: FastCode) -> [Int] {
    var lastUse = [Int](repeating: -1, count: fast.registerCount)
    for index in fast.instructions.indices {
      for register in fast.reads(at: index) { lastUse[Int(register)] = index }
    }
    return lastUse
  }
}

extension FastCode {
  /// The registers that an instruction reads.
  func reads(at index: Int) -> [UInt16] {
    let instruction = instructions[index]
    if instruction.isOperandList { return [] }
    guard instruction.operation == .call else {
      let all = [instruction.a, instruction.b, instruction.c, instruction.d]
      return Array(all.prefix(instruction.operation.operandCount))
    }
    let count = Int(instruction.c)
    let lists = instructions[(index + 1)...].prefix((count + 3) / 4)
    return Array(lists.flatMap { [$0.a, $0.b, $0.c, $0.d] }.prefix(count))
  }
}
