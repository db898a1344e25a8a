/// What stands between operands: operators, words, commas and closing parentheses.
extension Parser {
  /// Reads what follows an operand; says whether another operand must come.
  mutating func continuation() throws(Complaint) -> Bool {
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

  mutating func infix(_ token: Token) throws(Complaint) {
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

  func unexpectedOperator(_ token: Token) -> Complaint {
    Complaint(
      .syntax, "'\(spelling(token))' stands between no two values", at: token.offset,
      length: token.length)
  }

  mutating func compare(_ token: Token) throws(Complaint) {
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
  mutating func connective(_ token: Token) throws(Complaint) {
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
  mutating func close(_ token: Token) throws(Complaint) {
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
  mutating func separate(_ token: Token) throws(Complaint) -> Bool {
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

  func missingElse(_ open: Pending) -> Complaint {
    Complaint(.syntax, "'if' without 'else'", at: Int(open.offset), length: Int(open.length))
  }

  mutating func finish(_ token: Token) throws(Complaint) {
    try reduce(downTo: Precedence.conditional)
    guard let open = pending.last else { return }
    switch open.kind {
    case .condition: throw missingElse(open)
    default:
      throw Complaint(
        .syntax, "the parenthesis is not closed", at: Int(open.offset), length: Int(open.length))
    }
  }
}
