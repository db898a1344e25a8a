/// The exact code of a formula and what it needs to run.
struct ExactCode: Sendable {
  var instructions: [ExactInstruction] = []
  var constants: [Double] = []
  var inputs: [FormulaDependency] = []
  /// The most values that are on the stack at once.
  var stackDepth = 0
  /// The most branches that are open at once.
  var branchDepth = 0

  init(_ tree: SyntaxTree) {
    var builder = ExactCodeBuilder(tree)
    builder.build()
    instructions = builder.instructions
    constants = builder.constants
    inputs = tree.inputs
    stackDepth = builder.deepestStack
    branchDepth = builder.deepestBranch
  }
}

/// Walks a syntax tree in the order of evaluation with a list of work of its own.
private struct ExactCodeBuilder {
  private enum Work {
    case visit(Int32)
    case call(Int32)
    case conditionRead(Int32)
    case firstArmDone(Int32)
    case leftRead(Int32)
    case joined(Int32)
    /// A comparison within the chain, by its right operand.
    case compared(Int32, opens: Bool)
    case chainEnd(Int32, last: Int32)
  }

  let tree: SyntaxTree
  var instructions: [ExactInstruction] = []
  var constants: [Double] = []
  var deepestStack = 0
  var deepestBranch = 0
  private var work: [Work] = []
  /// Jumps whose target is not known yet.
  private var patches: [Int] = []
  private var depth = 0
  private var openBranches = 0

  init(_ tree: SyntaxTree) {
    self.tree = tree
    instructions.reserveCapacity(tree.nodes.count + tree.nodes.count / 2 + 1)
    work.reserveCapacity(32)
  }

  mutating func build() {
    if tree.root != Node.none { work.append(.visit(tree.root)) }
    while let item = work.popLast() {
      switch item {
      case .visit(let index): visit(index)
      case .call(let index): emitCall(tree.nodes[Int(index)])
      case .conditionRead(let index):
        branch(.branchIfFalse, tree.nodes[Int(index)])
        depth -= 1
      case .firstArmDone(let index):
        let jump = instructions.count
        emit(.jump, tree.nodes[Int(index)])
        patchLast(to: instructions.count)
        patches.append(jump)
        depth -= 1
      case .leftRead(let index):
        let node = tree.nodes[Int(index)]
        branch(node.kind == .and ? .keepIfFalse : .keepIfTrue, node)
        depth -= 1
      case .joined(let index):
        patchLast(to: instructions.count)
        join(tree.nodes[Int(index)])
      case .compared(let operand, let opens): emitChainStep(tree.nodes[Int(operand)], opens)
      case .chainEnd(let index, let last): endChain(tree.nodes[Int(index)], tree.nodes[Int(last)])
      }
    }
    instructions.append(ExactInstruction(operation: .end))
  }

  private mutating func visit(_ index: Int32) {
    let node = tree.nodes[Int(index)]
    switch node.kind {
    case .number:
      constants.append(node.value)
      push(.constant, node, operand: UInt32(constants.count - 1))
    case .input:
      let operation: ExactInstruction.Operation =
        switch node.aspect {
        case .value: .input
        case .quality: .quality
        case .time: .time
        }
      push(operation, node, operand: UInt32(node.slot))
    case .call:
      work.append(.call(index))
      visitChildren(of: node)
    case .and, .or:
      let left = node.first
      work.append(.joined(index))
      work.append(.visit(tree.nodes[Int(left)].next))
      work.append(.leftRead(index))
      work.append(.visit(left))
    case .conditional:
      let value = node.first
      let condition = tree.nodes[Int(value)].next
      let other = tree.nodes[Int(condition)].next
      work.append(.joined(index))
      work.append(.visit(other))
      work.append(.firstArmDone(index))
      work.append(.visit(value))
      work.append(.conditionRead(index))
      work.append(.visit(condition))
    case .chain: visitChain(index, node)
    }
  }

  private mutating func visitChildren(of node: Node) {
    let start = work.count
    var child = node.first
    while child != Node.none {
      work.append(.visit(child))
      child = tree.nodes[Int(child)].next
    }
    work[start...].reverse()
  }

  private mutating func visitChain(_ index: Int32, _ node: Node) {
    let start = work.count
    var child = node.first
    work.append(.visit(child))
    child = tree.nodes[Int(child)].next
    var isFirst = true
    while child != Node.none {
      let following = tree.nodes[Int(child)].next
      work.append(.visit(child))
      work.append(
        following == Node.none
          ? .chainEnd(index, last: child) : .compared(child, opens: isFirst))
      isFirst = false
      child = following
    }
    work[start...].reverse()
  }

  // MARK: Emitting

  private mutating func emit(
    _ operation: ExactInstruction.Operation, _ node: Node, operand: UInt32 = 0
  ) {
    instructions.append(
      ExactInstruction(
        operation: operation, function: node.function,
        count: UInt16(truncatingIfNeeded: node.count),
        operand: operand, offset: UInt32(truncatingIfNeeded: node.offset),
        length: UInt16(truncatingIfNeeded: node.length)))
  }

  private mutating func push(
    _ operation: ExactInstruction.Operation, _ node: Node, operand: UInt32
  ) {
    emit(operation, node, operand: operand)
    depth += 1
    deepestStack = Swift.max(deepestStack, depth)
  }

  private mutating func emitCall(_ node: Node) {
    emit(.call, node)
    depth -= Int(node.count) - 1
    // One without arguments is deeper than before.
    deepestStack = Swift.max(deepestStack, depth)
  }

  private mutating func branch(_ operation: ExactInstruction.Operation, _ node: Node) {
    patches.append(instructions.count)
    emit(operation, node)
    openBranches += 1
    deepestBranch = Swift.max(deepestBranch, openBranches)
  }

  private mutating func patchLast(to target: Int) {
    guard let patch = patches.popLast() else { return }
    instructions[patch].operand = UInt32(truncatingIfNeeded: target)
  }

  private mutating func join(_ node: Node) {
    emit(.join, node)
    openBranches -= 1
  }

  private mutating func emitChainStep(_ operand: Node, _ opens: Bool) {
    var step = comparison(operand)
    step.operation = .chain
    // Only the first comparison opens a branch; the later ones are within it.
    step.count = opens ? 1 : 0
    patches.append(instructions.count)
    instructions.append(step)
    if opens {
      openBranches += 1
      deepestBranch = Swift.max(deepestBranch, openBranches)
    }
    depth -= 1
  }

  /// The comparison of a chain's operand with the one before it.
  private func comparison(_ operand: Node) -> ExactInstruction {
    ExactInstruction(
      operation: .call, function: operand.joint, count: 2,
      offset: UInt32(truncatingIfNeeded: operand.jointOffset),
      length: UInt16(truncatingIfNeeded: operand.joint.name.utf8.count))
  }

  private mutating func endChain(_ node: Node, _ last: Node) {
    instructions.append(comparison(last))
    depth -= 1
    // All earlier comparisons of the chain meet behind the last.
    for _ in 0..<(Int(node.count) - 2) { patchLast(to: instructions.count) }
    join(node)
  }
}
