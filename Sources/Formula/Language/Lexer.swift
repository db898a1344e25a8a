/// Cuts a formula into tokens, one at a time.
///
/// The bytes are ASCII outside braces; a newline counts as a space inside parentheses and around the formula.
struct Lexer {
  let bytes: UnsafeBufferPointer<UInt8>
  let limits: FormulaLimits
  private(set) var position = 0
  /// How many parentheses are open; the parser keeps it.
  var nesting = 0
  /// Whether a token was read, so that a newline may end the formula.
  private var hasStarted = false

  init(_ bytes: UnsafeBufferPointer<UInt8>, limits: FormulaLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// The byte at an index, 0 beyond the end (a NUL in the text is refused where it stands).
  @inline(__always)
  func byte(_ index: Int) -> UInt8 {
    index >= 0 && index < bytes.count ? bytes[index] : 0
  }

  mutating func next() throws(Complaint) -> Token {
    try skipSpace()
    hasStarted = true
    let start = position
    guard start < bytes.count else { return Token(kind: .end, offset: bytes.count, length: 0) }
    let first = bytes[start]
    if CharacterClass.isNameStart(first) { return try name(at: start) }
    if CharacterClass.isDigit(first) { return try number(at: start) }
    switch first {
    case UInt8(ascii: "("):
      position += 1
      return Token(kind: .leftParenthesis, offset: start, length: 1)
    case UInt8(ascii: ")"):
      position += 1
      return Token(kind: .rightParenthesis, offset: start, length: 1)
    case UInt8(ascii: ","):
      position += 1
      return Token(kind: .comma, offset: start, length: 1)
    case UInt8(ascii: "{"):
      return try tag(at: start)
    case UInt8(ascii: "."):
      guard CharacterClass.isDigit(byte(start + 1)) else {
        throw Complaint(.notAllowed, "attribute access is not allowed", at: start, length: 1)
      }
      return try number(at: start)
    default:
      return try operatorToken(first, at: start)
    }
  }

  // MARK: Space

  private mutating func skipSpace() throws(Complaint) {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0C:
        position += 1
      case UInt8(ascii: "#"):
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
          guard CharacterClass.isComment(bytes[position]) else { throw strange(at: position) }
          position += 1
        }
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        guard isNewline(at: position) else { throw strange(at: position) }
        if nesting == 0, hasStarted {
          try endAfterNewline()
          return
        }
        position += 1
      default:
        return
      }
    }
  }

  private func isNewline(at index: Int) -> Bool {
    byte(index) == UInt8(ascii: "\n") || byte(index + 1) == UInt8(ascii: "\n")
  }

  /// Outside parentheses only space may follow a newline.
  private mutating func endAfterNewline() throws(Complaint) {
    let newline = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0C:
        position += 1
      case UInt8(ascii: "#"):
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
          guard CharacterClass.isComment(bytes[position]) else { throw strange(at: position) }
          position += 1
        }
      default:
        throw Complaint(
          .syntax, "a formula goes on in a new line only inside parentheses", at: newline,
          length: 1)
      }
    }
  }

  /// Whether an opening parenthesis comes next, which makes the name just read a call's.
  var isBeforeParenthesis: Bool {
    var index = position
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "("): return true
      case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0C: index += 1
      case UInt8(ascii: "\n") where nesting > 0, UInt8(ascii: "\r") where nesting > 0: index += 1
      case UInt8(ascii: "#") where nesting > 0:
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      default: return false
      }
    }
    return false
  }

  // MARK: Names and tags

  private mutating func name(at start: Int) throws(Complaint) -> Token {
    var hash = NameTable.seed
    var index = start
    while index < bytes.count, CharacterClass.isNamePart(bytes[index]) {
      hash = NameTable.step(hash, bytes[index])
      index += 1
    }
    position = index
    let next = byte(index)
    if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
      throw Complaint(
        .notAllowed, "text is not allowed; a formula computes with numbers", at: start,
        length: index - start + 1)
    }
    // `and.5` is a word and a number.
    if next == UInt8(ascii: "."), !CharacterClass.isDigit(byte(index + 1)) {
      throw Complaint(.notAllowed, "attribute access is not allowed", at: index, length: 1)
    }
    return Token(kind: .name, offset: start, length: index - start, hash: hash)
  }

  private mutating func tag(at start: Int) throws(Complaint) -> Token {
    var index = start + 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "}") {
      let byte = bytes[index]
      if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "{") {
        throw Complaint(
          .syntax, "a tag's path may not hold this character; the tag is not closed by '}'",
          at: index, length: 1)
      }
      index += 1
    }
    guard index < bytes.count else {
      throw Complaint(
        .syntax, "the tag is not closed by '}'", at: start, length: bytes.count - start)
    }
    var first = start + 1
    var last = index
    while first < last, bytes[first] == UInt8(ascii: " ") { first += 1 }
    while last > first, bytes[last - 1] == UInt8(ascii: " ") { last -= 1 }
    guard first < last else {
      throw Complaint(
        .syntax, "a tag's path is missing between the braces (sets are not allowed)", at: start,
        length: index + 1 - start)
    }
    var hash = NameTable.step(NameTable.seed, UInt8(ascii: "{"))
    for position in first..<last { hash = NameTable.step(hash, bytes[position]) }
    position = index + 1
    return Token(kind: .tag, offset: first, length: last - first, hash: hash)
  }

  /// Reads `.quality` or `.ts` straight behind a tag's brace.
  mutating func tagAspect() throws(Complaint) -> InputAspect {
    guard byte(position) == UInt8(ascii: ".") else { return .value }
    let start = position
    var index = start + 1
    while index < bytes.count, CharacterClass.isNamePart(bytes[index]) { index += 1 }
    let spelling = String(decoding: bytes[(start + 1)..<index], as: UTF8.self)
    switch spelling {
    case "quality":
      position = index
      return .quality
    case "ts":
      position = index
      return .time
    default:
      throw Complaint(
        .notAllowed, "a tag has only .quality and .ts; other attributes are not allowed",
        at: start, length: index - start)
    }
  }

  // MARK: Numbers

  private mutating func number(at start: Int) throws(Complaint) -> Token {
    var literal = NumberLiteral(bytes: bytes, start: start, lengthLimit: limits.literalLength)
    let value = try literal.read()
    position = literal.end
    let next = byte(position)
    if next == UInt8(ascii: "."), CharacterClass.isNameStart(byte(position + 1)) {
      throw Complaint(.notAllowed, "attribute access is not allowed", at: position, length: 1)
    }
    return Token(kind: .number, offset: start, length: position - start, value: value)
  }

  // MARK: Operators

  private mutating func operatorToken(_ first: UInt8, at start: Int) throws(Complaint) -> Token {
    let second = byte(start + 1)
    func token(_ function: Function, _ length: Int) -> Token {
      Token(kind: .operator, function: function, offset: start, length: length)
    }
    let result: Token
    switch (first, second) {
    case (UInt8(ascii: "*"), UInt8(ascii: "*")): result = token(.power, 2)
    case (UInt8(ascii: "/"), UInt8(ascii: "/")): result = token(.floorDivide, 2)
    case (UInt8(ascii: "<"), UInt8(ascii: "<")): result = token(.shiftLeft, 2)
    case (UInt8(ascii: ">"), UInt8(ascii: ">")): result = token(.shiftRight, 2)
    case (UInt8(ascii: "<"), UInt8(ascii: "=")): result = token(.lessOrEqual, 2)
    case (UInt8(ascii: ">"), UInt8(ascii: "=")): result = token(.greaterOrEqual, 2)
    case (UInt8(ascii: "="), UInt8(ascii: "=")): result = token(.equal, 2)
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): result = token(.notEqual, 2)
    case (UInt8(ascii: "<"), UInt8(ascii: ">")), (UInt8(ascii: "-"), UInt8(ascii: ">")),
      (UInt8(ascii: "="), _), (UInt8(ascii: ":"), _):
      throw foreign(first, second, at: start)
    case (UInt8(ascii: "+"), _): result = token(.add, 1)
    case (UInt8(ascii: "-"), _): result = token(.subtract, 1)
    case (UInt8(ascii: "*"), _): result = token(.multiply, 1)
    case (UInt8(ascii: "/"), _): result = token(.divide, 1)
    case (UInt8(ascii: "%"), _): result = token(.modulo, 1)
    case (UInt8(ascii: "<"), _): result = token(.less, 1)
    case (UInt8(ascii: ">"), _): result = token(.greater, 1)
    case (UInt8(ascii: "&"), UInt8(ascii: "&")), (UInt8(ascii: "|"), UInt8(ascii: "|")):
      throw foreign(first, second, at: start)
    case (UInt8(ascii: "&"), _): result = token(.bitAnd, 1)
    case (UInt8(ascii: "|"), _): result = token(.bitOr, 1)
    case (UInt8(ascii: "^"), _): result = token(.bitXor, 1)
    case (UInt8(ascii: "~"), _): result = token(.invert, 1)
    default: throw foreign(first, second, at: start)
    }
    position = start + result.length
    return result
  }
}
