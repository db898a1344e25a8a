/// Something that can be computed of a formula's operands and operators, from the leaves up.
protocol FormulaAlgebra {
  associatedtype Element
  mutating func input(_ slot: Int, _ aspect: InputAspect, _ step: Int) throws(Complaint) -> Element
  mutating func constant(_ value: Double) throws(Complaint) -> Element
  mutating func call(
    _ instruction: ExactInstruction, _ step: Int, _ arguments: [Element]
  ) throws(Complaint) -> Element
  mutating func conditional(
    _ condition: Element, _ value: Element, _ other: Element, _ instruction: ExactInstruction
  ) throws(Complaint) -> Element
  /// `and` or `or`.
  mutating func logic(
    _ isAnd: Bool, _ left: Element, _ right: Element, _ instruction: ExactInstruction
  ) throws(Complaint) -> Element
  /// A comparison within a chain; its operands are used on.
  mutating func link(
    _ left: Element, _ right: Element, _ instruction: ExactInstruction
  ) throws(Complaint) -> Element
}

/// A branch whose end the fold has not reached.
private enum FoldBranch<Element> {
  case conditional(Element), and, or, chain(Element)
}

extension ExactCode {
  /// Computes `algebra` over the whole formula, in one pass without recursion.
  func fold<Algebra: FormulaAlgebra>(
    _ algebra: inout Algebra
  ) throws(Complaint) -> Algebra.Element? {
    var stack: [Algebra.Element] = []
    var branches: [FoldBranch<Algebra.Element>] = []
    for (step, instruction) in instructions.enumerated() {
      switch instruction.operation {
      case .input, .quality, .time:
        let aspect: InputAspect =
          instruction.operation == .input
          ? .value : instruction.operation == .quality ? .quality : .time
        stack.append(try algebra.input(Int(instruction.operand), aspect, step))
      case .constant: stack.append(try algebra.constant(constants[Int(instruction.operand)]))
      case .call:
        let first = Swift.max(0, stack.count - Int(instruction.count))
        let arguments = Array(stack[first...])
        stack.removeSubrange(first...)
        stack.append(try algebra.call(instruction, step, arguments))
      case .branchIfFalse:
        if let condition = stack.popLast() { branches.append(.conditional(condition)) }
      case .jump, .end: break
      case .keepIfFalse: branches.append(.and)
      case .keepIfTrue: branches.append(.or)
      case .chain:
        guard let right = stack.popLast(), let left = stack.popLast() else { return nil }
        let holds = try algebra.link(left, right, instruction)
        stack.append(right)
        if case .chain(let before) = branches.last, instruction.count == 0 {
          branches[branches.count - 1] = .chain(
            try algebra.logic(true, before, holds, instruction))
        } else {
          branches.append(.chain(holds))
        }
      case .join:
        guard let branch = branches.popLast(), let second = stack.popLast() else { return nil }
        switch branch {
        case .chain(let before):
          stack.append(try algebra.logic(true, before, second, instruction))
        case .conditional(let condition):
          guard let first = stack.popLast() else { return nil }
          stack.append(try algebra.conditional(condition, first, second, instruction))
        case .and, .or:
          guard let first = stack.popLast() else { return nil }
          var isAnd = false
          if case .and = branch { isAnd = true }
          stack.append(try algebra.logic(isAnd, first, second, instruction))
        }
      }
    }
    return stack.popLast()
  }
}
