/// Making nodes of the operators whose operands are complete.
extension Parser {
  mutating func push(_ entry: Pending) throws(Complaint) {
    switch entry.kind {
    case .group, .call, .prefix, .otherwise, .condition: depth += 1
    case .infix: if entry.function == .power { depth += 1 }
    case .and, .or, .chain: break
    }
    guard depth <= limits.depth else {
      throw Complaint(
        .limit, "a formula may nest \(limits.depth) deep", at: Int(entry.offset),
        length: Int(entry.length))
    }
    pending.append(entry)
  }

  @discardableResult
  mutating func append(_ node: Node) throws(Complaint) -> Int32 {
    guard tree.nodes.count < limits.nodes else {
      throw Complaint(
        .limit, "a formula may have \(limits.nodes) operands and operators",
        at: Int(node.offset), length: Int(node.length))
    }
    tree.nodes.append(node)
    let index = Int32(tree.nodes.count - 1)
    output.append(index)
    return index
  }

  /// Builds all waiting operators that bind at least as tightly as `precedence`.
  mutating func reduce(downTo precedence: UInt8) throws(Complaint) {
    while let top = pending.last, top.precedence >= precedence, top.kind != .condition {
      pending.removeLast()
      switch top.kind {
      case .prefix:
        depth -= 1
        try build(.call, top, children: 1)
      case .infix:
        if top.function == .power { depth -= 1 }
        try build(.call, top, children: 2)
      case .and: try build(.and, top, children: 2)
      case .or: try build(.or, top, children: 2)
      case .otherwise:
        depth -= 1
        try build(.conditional, top, children: 3)
      case .chain: try buildChain(top)
      case .group, .call, .condition: return
      }
    }
  }

  /// Makes the last `children` operands the children of a new node, which takes their place.
  mutating func build(_ kind: Node.Kind, _ entry: Pending, children: Int) throws(Complaint) {
    var node = Node(
      kind: kind, function: entry.function, offset: entry.offset, length: entry.length)
    let start = output.count - children
    guard start >= 0 else {
      throw Complaint(
        .syntax, "a value is missing", at: Int(entry.offset), length: Int(entry.length))
    }
    node.count = Int32(children)
    node.first = children > 0 ? output[start] : Node.none
    if children > 1 {
      for index in start..<(output.count - 1) {
        tree.nodes[Int(output[index])].next = output[index + 1]
      }
    }
    output.removeLast(children)
    try append(node)
  }

  mutating func buildChain(_ entry: Pending) throws(Complaint) {
    let operators = Int(entry.count)
    if operators == 1, let joint = joints.popLast() {
      var comparison = entry
      comparison.function = joint.function
      try build(.call, comparison, children: 2)
      return
    }
    let firstOperand = output.count - operators - 1
    for index in 0..<operators where firstOperand >= 0 {
      let joint = joints[joints.count - operators + index]
      let operand = Int(output[firstOperand + 1 + index])
      tree.nodes[operand].joint = joint.function
      tree.nodes[operand].jointOffset = joint.offset
    }
    joints.removeLast(operators)
    try build(.chain, entry, children: operators + 1)
  }

  mutating func finishCall(_ call: Pending) throws(Complaint) {
    pending.removeLast()
    depth -= 1
    let specification = FunctionCatalog.specifications[call.callee]
    let count = Int(call.count)
    guard count >= specification.minimumArguments, count <= specification.maximumArguments ?? count
    else {
      throw Complaint(
        .arity,
        "\(specification.signature) takes \(specification.argumentCount), not \(count)",
        at: Int(call.offset), length: Int(call.length))
    }
    guard count <= limits.arguments else {
      throw Complaint(
        .limit, "a call may have \(limits.arguments) arguments", at: Int(call.offset),
        length: Int(call.length))
    }
    guard specification.function != .interp || count % 2 == 1 else {
      throw Complaint(
        .arity,
        "\(specification.signature) takes points of two numbers each, not \(count - 1) numbers",
        at: Int(call.offset), length: Int(call.length))
    }
    var entry = call
    entry.function = specification.function(for: count)
    try build(.call, entry, children: count)
  }
}
