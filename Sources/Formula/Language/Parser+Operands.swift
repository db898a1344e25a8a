/// Prefixes, numbers, names, tags and calls.
extension Parser {
  /// Reads prefixes and opening parentheses up to and including one operand.
  mutating func operand() throws(Complaint) {
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

  func missingOperand(at token: Token) -> Complaint {
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

  func number(_ token: Token) -> Node {
    Node(
      kind: .number, offset: Int32(token.offset), length: Int32(token.length), value: token.value)
  }

  mutating func prefix(_ token: Token) throws(Complaint) {
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

  func unexpected(_ token: Token) -> Complaint {
    Complaint(
      .syntax, "a value is missing before '\(spelling(token))'", at: token.offset,
      length: token.length)
  }

  /// A closing parenthesis where an operand should be: right only behind a call's parenthesis or last comma.
  mutating func closeEmpty(_ token: Token) throws(Complaint) {
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
  mutating func word(_ token: Token) throws(Complaint) -> Bool {
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

  func lookUp(_ token: Token) -> Word? {
    NameTable.shared.word(
      hash: token.hash,
      spelling: UnsafeBufferPointer(rebasing: bytes[token.offset..<(token.offset + token.length)]))
  }

  mutating func pushNot(_ token: Token) throws(Complaint) {
    if let last = pending.last, last.precedence > Precedence.not {
      throw Complaint(
        .syntax, "'not' needs parentheses here", at: token.offset, length: token.length)
    }
    try push(Pending(kind: .prefix, function: .not, precedence: Precedence.not, at: token))
  }

  /// A function's name: a call, or an input if it is declared as one.
  mutating func function(_ index: Int, _ token: Token) throws(Complaint) -> Bool {
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
  mutating func name(_ token: Token) throws(Complaint) {
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

  func spelling(_ token: Token) -> String {
    String(decoding: bytes[token.offset..<(token.offset + token.length)], as: UTF8.self)
  }

  func isDeclared(_ token: Token) -> Bool {
    guard let names = options.names else { return false }
    return names.contains(spelling(token))
  }

  // MARK: Inputs

  mutating func input(_ token: Token, isTag: Bool, aspect: InputAspect) throws(Complaint)
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

  mutating func declare(_ token: Token, isTag: Bool) throws(Complaint) -> Int {
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

  static let subjectAliases = ["val", "value", "x"]
}
