/// The fast code of a formula and the registers it works on: inputs, then constants, then temporaries.
struct FastCode: Sendable {
  /// Longer code is left to the exact evaluator. Without optimisation each step is a call within the one before.
  static let longest = _isDebugAssertConfiguration() ? 256 : 2_048

  var instructions: [FastInstruction] = []
  var constants: [Double]
  var inputCount: Int
  var registerCount: Int
  /// Whether an input that is not finite may leave a finite result, so that the inputs must be looked at.
  let hidesNotFinite: Bool

  /// The fast code, or nil if the formula needs the exact one each time: it has memory or looks at qualities
  /// or times, or it is very long.
  init?(_ graph: ValueGraph) {
    inputCount = graph.inputCount
    constants = graph.constants
    hidesNotFinite = graph.hidesNotFinite
    let firstConstant = graph.inputCount
    registerCount = firstConstant + constants.count
    guard registerCount + graph.operations.count < Int(UInt16.max) else { return nil }
    instructions.reserveCapacity(graph.operations.count + 1)
    var registers = [UInt16](repeating: 0, count: graph.operations.count)
    func register(_ value: Value) -> UInt16 {
      switch value.kind {
      case .input: UInt16(truncatingIfNeeded: value.index)
      case .constant: UInt16(truncatingIfNeeded: firstConstant + value.index)
      case .temporary: registers[value.index]
      }
    }
    for (index, operation) in graph.operations.enumerated() where operation.isNeeded {
      var instruction = FastInstruction(operation: operation.operation)
      switch operation.operation {
      case .call:
        instruction.b = UInt16(operation.function.rawValue)
        instruction.c = UInt16(truncatingIfNeeded: operation.argumentCount)
      case .elementary:
        instruction.a = register(operation.a)
        instruction.b = UInt16(operation.function.rawValue)
      default:
        instruction.a = register(operation.a)
        instruction.b = register(operation.b)
        instruction.c = register(operation.c)
        instruction.d = register(operation.d)
      }
      instructions.append(instruction)
      if operation.operation == .call {
        let arguments = graph.arguments[operation.firstArgument...].prefix(operation.argumentCount)
        appendOperands(arguments.map(register))
      }
      if operation.operation != .check {
        registers[index] = UInt16(truncatingIfNeeded: registerCount)
        registerCount += 1
      }
    }
    instructions.append(FastInstruction(operation: .end, a: register(graph.result)))
    guard instructions.count <= Self.longest else { return nil }
  }

  /// The step whose result is the formula's, if it is the last before the end.
  var lastOperation: Int? {
    guard instructions.count > 1, let end = instructions.last else { return nil }
    let last = instructions[instructions.count - 2]
    return Int(end.a) == registerCount - 1 && !last.isOperandList && last.operation != .check
      ? instructions.count - 2 : nil
  }

  private mutating func appendOperands(_ operands: [UInt16]) {
    var index = 0
    func operand(_ offset: Int) -> UInt16 {
      index + offset < operands.count ? operands[index + offset] : 0
    }
    while index < operands.count {
      instructions.append(
        FastInstruction(
          operation: .end, a: operand(0), b: operand(1), c: operand(2), d: operand(3),
          isOperandList: true))
      index += 4
    }
  }
}
