/// Reads a formula into a ``SyntaxTree`` by operator precedence, with stacks of its own: however deep
/// the text nests, the machine's stack does not grow.
struct Parser {
  private var lexer: Lexer
  private let options: FormulaOptions
  private let limits: FormulaLimits
  private let bytes: UnsafeBufferPointer<UInt8>

  private(set) var tree = SyntaxTree()
  /// Finished operands, by node.
  private var output: [Int32] = []
  private var pending: [Pending] = []
  /// The operators of the comparison chains that are open.
  private var joints: [(function: Function, offset: Int32)] = []
  private var depth = 0
  /// For each input, where it first stood and its hash.
  private var seen: [(hash: UInt32, offset: Int32, length: Int32)] = []

  /// An operator, call or parenthesis whose right end is not reached yet.
  fileprivate struct Pending {
    enum Kind: UInt8 { case group, call, prefix, infix, and, or, chain, condition, otherwise }
    var kind: Kind
    var function: Function = .plus
    var precedence: UInt8
    var offset: Int32
    var length: Int32
    /// Arguments of a call so far, operators of a chain so far.
    var count: Int32 = 0
    /// The index of a called function's specification.
    var callee = 0
  }

  private enum Precedence {
    static let group: UInt8 = 0
    static let conditional: UInt8 = 1
    static let or: UInt8 = 2
    static let and: UInt8 = 3
    static let not: UInt8 = 4
    static let comparison: UInt8 = 5
    static let sign: UInt8 = 12
    static let power: UInt8 = 13
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>, options: FormulaOptions) {
    self.bytes = bytes
    self.options = options
    limits = options.limits.effective
    lexer = Lexer(bytes, limits: limits)
    let estimate = Swift.min(bytes.count / 2 + 2, 64)
    tree.nodes.reserveCapacity(estimate)
    output.reserveCapacity(16)
    pending.reserveCapacity(16)
  }

  /// The whole formula.
  mutating func parse() throws(Complaint) -> SyntaxTree {
    guard bytes.count <= limits.sourceLength else {
      throw Complaint(
        .limit, "a formula may have \(limits.sourceLength) bytes, this one has \(bytes.count)",
        at: limits.sourceLength, length: 0)
    }
    while true {
      try operand()
      guard try continuation() else { break }
    }
    tree.root = output.last ?? Node.none
    return tree
  }

  // MARK: Operands

  /// Reads prefixes and opening parentheses up to and including one operand.
  private mutating func operand() throws(Complaint) {
    while true {
      let token = try lexer.next()
      switch token.kind {
      case .number:
        try append(number(token))
        return
      case .name:
        if try word(token) { return }
      case .tag:
        let aspect = try lexer.tagAspect()
        try append(input(token, isTag: true, aspect: aspect))
        return
      case .leftParenthesis:
        lexer.nesting += 1
        try push(Pending(kind: .group, precedence: Precedence.group, at: token))
      case .operator:
        try prefix(token)
      case .rightParenthesis:
        try closeEmpty(token)
        return
      case .comma:
        throw Complaint(
          .syntax, "a value is missing before the comma", at: token.offset, length: token.length)
      case .end:
        throw missingOperand(at: token)
      }
    }
  }

  private func missingOperand(at token: Token) -> Complaint {
    if tree.nodes.isEmpty, pending.isEmpty {
      return Complaint(.syntax, "the formula is empty", at: token.offset, length: 0)
    }
    if let open = pending.last, open.kind == .group || open.kind == .call {
      return Complaint(
        .syntax, "the parenthesis is not closed", at: Int(open.offset), length: Int(open.length))
    }
    return Complaint(
      .syntax, "a value is missing at the end of the formula", at: token.offset, length: 0)
  }

  private func number(_ token: Token) -> Node {
    Node(
      kind: .number, offset: Int32(token.offset), length: Int32(token.length), value: token.value)
  }

  private mutating func prefix(_ token: Token) throws(Complaint) {
    let function: Function
    switch token.function {
    case .add: function = .plus
    case .subtract: function = .negate
    case .invert: function = .invert
    case .multiply, .power:
      if pending.last?.kind == .call {
        throw Complaint(
          .notAllowed, "arguments can't be unpacked with '*'", at: token.offset,
          length: token.length)
      }
      throw unexpected(token)
    default: throw unexpected(token)
    }
    try push(
      Pending(kind: .prefix, function: function, precedence: Precedence.sign, at: token))
  }

  private func unexpected(_ token: Token) -> Complaint {
    Complaint(
      .syntax, "a value is missing before '\(spelling(token))'", at: token.offset,
      length: token.length)
  }

  /// A closing parenthesis where an operand should be: right only behind a call's parenthesis or last comma.
  private mutating func closeEmpty(_ token: Token) throws(Complaint) {
    guard let open = pending.last, open.kind == .call else {
      let isTuple = pending.last?.kind == .group
      throw Complaint(
        isTuple ? .notAllowed : .syntax,
        isTuple
          ? "empty parentheses (tuples are not allowed)"
          : pending.isEmpty && output.isEmpty
            ? "')' closes no parenthesis" : "a value is missing before ')'",
        at: token.offset, length: token.length)
    }
    lexer.nesting -= 1
    try finishCall(open)
  }

  // MARK: Words

  /// Reads a name; says whether it was an operand.
  private mutating func word(_ token: Token) throws(Complaint) -> Bool {
    let word = lookUp(token)
    switch word {
    case .none:
      try name(token)
      return true
    case .constant(let value, let isBool):
      if !isBool, isDeclared(token), !lexer.isBeforeParenthesis {
        try append(input(token, isTag: false, aspect: .value))
        return true
      }
      var node = number(token)
      node.value = value
      node.isBool = isBool
      try append(node)
      return true
    case .function(let index):
      return try function(index, token)
    case .not:
      try pushNot(token)
      return false
    case .and, .or, .if, .else:
      throw unexpected(token)
    case .reserved(let reason):
      throw Complaint(
        .notAllowed, "'\(spelling(token))': \(reason)", at: token.offset, length: token.length)
    }
  }

  private func lookUp(_ token: Token) -> Word? {
    NameTable.shared.word(
      hash: token.hash,
      spelling: UnsafeBufferPointer(rebasing: bytes[token.offset..<(token.offset + token.length)]))
  }

  private mutating func pushNot(_ token: Token) throws(Complaint) {
    if let last = pending.last, last.precedence > Precedence.not {
      throw Complaint(
        .syntax, "'not' needs parentheses here", at: token.offset, length: token.length)
    }
    try push(Pending(kind: .prefix, function: .not, precedence: Precedence.not, at: token))
  }

  /// A function's name: a call, or an input if it is declared as one.
  private mutating func function(_ index: Int, _ token: Token) throws(Complaint) -> Bool {
    guard lexer.isBeforeParenthesis else {
      if isDeclared(token) {
        try append(input(token, isTag: false, aspect: .value))
        return true
      }
      throw Complaint(
        .notAllowed, "'\(spelling(token))' is a function; call it with parentheses",
        at: token.offset, length: token.length)
    }
    _ = try lexer.next()
    lexer.nesting += 1
    var call = Pending(kind: .call, precedence: Precedence.group, at: token)
    call.callee = index
    call.function = FunctionCatalog.specifications[index].function
    try push(call)
    return false
  }

  /// A name that is no word of the language.
  private mutating func name(_ token: Token) throws(Complaint) {
    if lexer.isBeforeParenthesis {
      throw Complaint(
        .unknownName, "unknown function '\(spelling(token))'", at: token.offset,
        length: token.length,
        suggestion: Spelling.nearest(
          to: spelling(token), among: FunctionCatalog.specifications.map(\.name)))
    }
    if token.length > 4, bytes[token.offset] == 0x5F, bytes[token.offset + 1] == 0x5F,
      bytes[token.offset + token.length - 1] == 0x5F,
      bytes[token.offset + token.length - 2] == 0x5F
    {
      throw Complaint(
        .notAllowed, "names between double underscores are not allowed", at: token.offset,
        length: token.length)
    }
    try append(input(token, isTag: false, aspect: .value))
  }

  private func spelling(_ token: Token) -> String {
    String(decoding: bytes[token.offset..<(token.offset + token.length)], as: UTF8.self)
  }

  private func isDeclared(_ token: Token) -> Bool {
    guard let names = options.names else { return false }
    return names.contains(spelling(token))
  }

  // MARK: Inputs

  private mutating func input(_ token: Token, isTag: Bool, aspect: InputAspect) throws(Complaint)
    -> Node
  {
    var node = Node(
      kind: .input, aspect: aspect, offset: Int32(token.offset), length: Int32(token.length))
    for (slot, known) in seen.enumerated() where known.hash == token.hash {
      let first = Int(known.offset)
      let spelling = bytes[first..<(first + Int(known.length))]
      if spelling.elementsEqual(bytes[token.offset..<(token.offset + token.length)]),
        Int(known.length) == token.length
      {
        node.slot = Int32(slot)
        return node
      }
    }
    node.slot = Int32(try declare(token, isTag: isTag))
    return node
  }

  private mutating func declare(_ token: Token, isTag: Bool) throws(Complaint) -> Int {
    var dependency = FormulaDependency(name: spelling(token), isTag: isTag)
    if let subject = options.subject, !isTag, Self.subjectAliases.contains(dependency.name) {
      dependency = FormulaDependency(name: subject, isTag: true)
    } else if let names = options.names, !names.contains(dependency.name) {
      let known = isTag ? Array(names) : Array(names) + NameTable.suggestions
      throw Complaint(
        .unknownName, isTag ? "unknown tag '\(dependency)'" : "unknown name '\(dependency)'",
        at: token.offset, length: token.length,
        suggestion: Spelling.nearest(to: dependency.name, among: known.sorted()))
    }
    if let slot = tree.inputs.firstIndex(of: dependency) {
      // Another alias of the same input: a slot of its own would be read twice.
      return slot
    }
    guard tree.inputs.count < limits.inputs else {
      throw Complaint(
        .limit, "a formula may use \(limits.inputs) different inputs", at: token.offset,
        length: token.length)
    }
    tree.inputs.append(dependency)
    seen.append((token.hash, Int32(token.offset), Int32(token.length)))
    return tree.inputs.count - 1
  }

  private static let subjectAliases = ["val", "value", "x"]

  // MARK: Between operands

  /// Reads what follows an operand; says whether another operand must come.
  private mutating func continuation() throws(Complaint) -> Bool {
    while true {
      let token = try lexer.next()
      switch token.kind {
      case .operator:
        try infix(token)
        return true
      case .name:
        try connective(token)
        return true
      case .rightParenthesis:
        try close(token)
      case .comma:
        if try separate(token) { return true }
      case .end:
        try finish(token)
        return false
      case .leftParenthesis:
        throw Complaint(
          .notAllowed, "only a named function can be called", at: token.offset,
          length: token.length)
      case .number, .tag:
        throw Complaint(
          .syntax, "an operator is missing before '\(spelling(token))'", at: token.offset,
          length: token.length)
      }
    }
  }

  private mutating func infix(_ token: Token) throws(Complaint) {
    let precedence: UInt8
    switch token.function {
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual:
      try compare(token)
      return
    case .bitOr: precedence = 6
    case .bitXor: precedence = 7
    case .bitAnd: precedence = 8
    case .shiftLeft, .shiftRight: precedence = 9
    case .add, .subtract: precedence = 10
    case .multiply, .divide, .floorDivide, .modulo: precedence = 11
    case .power: precedence = Precedence.power
    default: throw unexpectedOperator(token)
    }
    // `**` binds to the right: an open one to its left waits.
    try reduce(downTo: token.function == .power ? precedence + 1 : precedence)
    try push(
      Pending(kind: .infix, function: token.function, precedence: precedence, at: token))
  }

  private func unexpectedOperator(_ token: Token) -> Complaint {
    Complaint(
      .syntax, "'\(spelling(token))' stands between no two values", at: token.offset,
      length: token.length)
  }

  private mutating func compare(_ token: Token) throws(Complaint) {
    try reduce(downTo: Precedence.comparison + 1)
    joints.append((token.function, Int32(token.offset)))
    if let last = pending.indices.last, pending[last].kind == .chain {
      pending[last].count += 1
    } else {
      var chain = Pending(kind: .chain, precedence: Precedence.comparison, at: token)
      chain.count = 1
      try push(chain)
    }
  }

  /// `and`, `or`, `if` and `else`.
  private mutating func connective(_ token: Token) throws(Complaint) {
    switch lookUp(token) {
    case .and:
      try reduce(downTo: Precedence.and)
      try push(Pending(kind: .and, precedence: Precedence.and, at: token))
    case .or:
      try reduce(downTo: Precedence.or)
      try push(Pending(kind: .or, precedence: Precedence.or, at: token))
    case .if:
      try reduce(downTo: Precedence.or)
      if pending.last?.kind == .condition {
        throw Complaint(
          .syntax, "'else' is missing before another 'if'", at: token.offset,
          length: token.length)
      }
      try push(Pending(kind: .condition, precedence: Precedence.conditional, at: token))
    case .else:
      try reduce(downTo: Precedence.or)
      guard let last = pending.last, last.kind == .condition else {
        throw Complaint(
          .syntax, "'else' without 'if'", at: token.offset, length: token.length)
      }
      pending.removeLast()
      depth -= 1
      var otherwise = last
      otherwise.kind = .otherwise
      try push(otherwise)
    case .reserved(let reason):
      throw Complaint(
        .notAllowed, "'\(spelling(token))': \(reason)", at: token.offset, length: token.length)
    case .not:
      throw Complaint(
        .syntax, "'not' stands before a value, not between two", at: token.offset,
        length: token.length)
    case .none, .constant, .function:
      throw Complaint(
        .syntax, "an operator is missing before '\(spelling(token))'", at: token.offset,
        length: token.length)
    }
  }

  /// A closing parenthesis.
  private mutating func close(_ token: Token) throws(Complaint) {
    try reduce(downTo: Precedence.conditional)
    guard let open = pending.last else {
      throw Complaint(
        .syntax, "')' closes no parenthesis", at: token.offset, length: token.length)
    }
    if open.kind == .condition { throw missingElse(open) }
    lexer.nesting -= 1
    if open.kind == .call {
      pending[pending.count - 1].count += 1
      try finishCall(pending[pending.count - 1])
    } else {
      pending.removeLast()
      depth -= 1
    }
  }

  /// A comma; says whether an operand must follow.
  private mutating func separate(_ token: Token) throws(Complaint) -> Bool {
    try reduce(downTo: Precedence.conditional)
    guard let open = pending.last, open.kind == .call else {
      if let open = pending.last, open.kind == .condition { throw missingElse(open) }
      throw Complaint(
        .notAllowed, "a list of values is not allowed; a formula gives one number",
        at: token.offset, length: token.length)
    }
    pending[pending.count - 1].count += 1
    guard Int(pending[pending.count - 1].count) <= limits.arguments else {
      throw Complaint(
        .limit, "a call may have \(limits.arguments) arguments", at: token.offset,
        length: token.length)
    }
    return true
  }

  private func missingElse(_ open: Pending) -> Complaint {
    Complaint(.syntax, "'if' without 'else'", at: Int(open.offset), length: Int(open.length))
  }

  private mutating func finish(_ token: Token) throws(Complaint) {
    try reduce(downTo: Precedence.conditional)
    guard let open = pending.last else { return }
    switch open.kind {
    case .condition: throw missingElse(open)
    default:
      throw Complaint(
        .syntax, "the parenthesis is not closed", at: Int(open.offset), length: Int(open.length))
    }
  }

  // MARK: Reducing

  private mutating func push(_ entry: Pending) throws(Complaint) {
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
  private mutating func append(_ node: Node) throws(Complaint) -> Int32 {
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
  private mutating func reduce(downTo precedence: UInt8) throws(Complaint) {
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
  private mutating func build(_ kind: Node.Kind, _ entry: Pending, children: Int) throws(Complaint)
  {
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

  private mutating func buildChain(_ entry: Pending) throws(Complaint) {
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

  private mutating func finishCall(_ call: Pending) throws(Complaint) {
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

extension Parser.Pending {
  fileprivate init(
    kind: Kind, function: Function = .plus, precedence: UInt8, at token: Token
  ) {
    self.init(
      kind: kind, function: function, precedence: precedence, offset: Int32(token.offset),
      length: Int32(token.length))
  }
}
