/// One pass over the bytes: statements become records, references are kept for the resolver.
///
/// A statement that does not follow the grammar gives a finding, and the parser goes on at the next line that
/// begins with a keyword.
struct Parser {
  var scanner: Scanner
  var content = DatabaseContent()
  var pending = PendingReferences()
  var log = FindingLog()
  var message = CurrentMessage.none
  /// Whether any statement was recognised.
  var isRecognised = false
  /// From here on no comment in the manner of C ends.
  private var openCommentFrom = Int.max

  /// The message that signals belong to.
  enum CurrentMessage {
    case none
    /// The last of the messages.
    case last
    /// A message whose line was unsound: its signals are passed over.
    case dropped
  }

  typealias Failure = Scanner.Failure

  init(scanner: Scanner) { self.scanner = scanner }

  mutating func parseText() {
    if scanner.end >= 3, scanner.byte == 0xEF, scanner.byte(at: 1) == 0xBB,
      scanner.byte(at: 2) == 0xBF
    {
      log.add(0, .note, .byteOrderMark, "a UTF-8 byte order mark; it is passed over")
      scanner.position = 3
    }
    noteLineEnds()
    while true {
      scanner.skipSpace()
      guard scanner.position < scanner.end else { break }
      let start = scanner.position
      do {
        try parseStatement()
      } catch {
        log.add(error.offset, .error, error.rule, error.message)
        recover(from: start, failedAt: error.offset)
      }
    }
  }

  /// Looks at the first line end only.
  private mutating func noteLineEnds() {
    var index = scanner.position
    while index < scanner.end, scanner.byte(at: index) != 0x0A, scanner.byte(at: index) != 0x0D {
      index += 1
    }
    if index < scanner.end, scanner.byte(at: index) == 0x0D, scanner.byte(at: index + 1) != 0x0A {
      log.add(index, .note, .bareCarriageReturn, "lines end with a bare carriage return")
    }
  }

  private mutating func parseStatement() throws(Failure) {
    let start = scanner.position
    let keyword = scanner.name()
    switch keyword.count {
    case 0: try parsePunctuation()
    case 3 where scanner.equal(keyword, "SG_"): try parseSignal(start)
    case 4 where scanner.equal(keyword, "VAL_"): try parseValues()
    case 3 where scanner.equal(keyword, "BA_"): try parseAttribute()
    case 3 where scanner.equal(keyword, "CM_"): try parseComment()
    case 3 where scanner.equal(keyword, "BO_"): try parseMessage()
    case 10 where scanner.equal(keyword, "VAL_TABLE_"): try parseValueTable()
    case 11 where scanner.equal(keyword, "SG_MUL_VAL_"): try parseSelectorRanges()
    default: try parseRareStatement(keyword)
    }
  }

  private mutating func parseRareStatement(_ keyword: TextRange) throws(Failure) {
    switch Keyword(keyword, in: scanner) {
    case .version: try parseVersion()
    case .newSymbols: parseNewSymbols()
    case .bitTiming: parseBitTiming()
    case .nodes: try parseNodes()
    case .transmitters: try parseTransmitters()
    case .signalValueType: try parseSignalValueType()
    case .signalGroup: try parseSignalGroup()
    case .environmentVariable: try parseEnvironmentVariable()
    case .environmentVariableData: try parseEnvironmentVariableData()
    case .signalType: try parseSignalType()
    case .signalTypeReference: try parseSignalTypeReference()
    case .attributeDefinition: try parseAttributeDefinition(isRelation: false)
    case .relationDefinition: try parseAttributeDefinition(isRelation: true)
    case .attributeDefault, .relationDefault: try parseAttributeDefault()
    case .relation: try parseRelation()
    case .opaque: try parseOpaque(keyword)
    case .frequent, nil:
      throw Failure(
        offset: keyword.start, rule: .unknownStatement,
        message: "'\(text(keyword))' begins no statement of a DBC file; it is left out")
    }
    isRecognised = true
  }

  /// Stray semicolons are harmless; comments in the manner of C are passed over.
  private mutating func parsePunctuation() throws(Failure) {
    let start = scanner.position
    if scanner.accept(UInt8(ascii: ";")) { return }
    guard scanner.byte == UInt8(ascii: "/") else {
      if scanner.byte == 0 {
        throw Failure(
          offset: start, rule: .zeroByte, message: "a zero byte: the text is damaged")
      }
      throw scanner.expected("a statement", "")
    }
    let next = scanner.byte(at: start + 1)
    if next == UInt8(ascii: "/") {
      scanner.skipLine()
    } else if next == UInt8(ascii: "*") {
      scanner.position += 2
      while scanner.position < min(scanner.end, openCommentFrom) {
        if scanner.byte == UInt8(ascii: "*"),
          scanner.byte(at: scanner.position + 1) == UInt8(ascii: "/")
        {
          break
        }
        scanner.position += 1
      }
      guard scanner.position < min(scanner.end, openCommentFrom) else {
        openCommentFrom = min(openCommentFrom, start)
        throw Failure(
          offset: start, rule: .unterminatedString,
          message: "the comment that begins here has no end")
      }
      scanner.position += 2
    } else {
      throw scanner.expected("a statement", "")
    }
    log.add(start, .warning, .foreignComment, "a comment that the format does not know")
  }

  /// Ends a statement. Without a semicolon, but before a line that begins a statement, nothing is lost.
  mutating func endStatement() throws(Failure) {
    let stop = scanner.position
    if scanner.accept(UInt8(ascii: ";")) { return }
    var hasLineEnd = scanner.position >= scanner.end
    var index = stop
    while index < scanner.position, !hasLineEnd {
      hasLineEnd = scanner.byte(at: index) == 0x0A || scanner.byte(at: index) == 0x0D
      index += 1
    }
    guard hasLineEnd, scanner.position >= scanner.end || isAtKeyword() else {
      throw scanner.expected("';'", "")
    }
    log.add(
      scanner.position, .error, .missingSemicolon,
      "the statement before this has no ';'; it is taken as complete")
  }

  /// Whether a keyword that can begin a statement is here.
  func isAtKeyword() -> Bool {
    guard scanner.isNameByte(scanner.byte) else { return false }
    var probe = scanner
    return Keyword(probe.name(), in: scanner) != nil
  }

  /// Goes to the next place where a statement can begin: behind a semicolon of the same line, or at the beginning of
  /// a later line. A statement that failed in a later line than its first, as one with an open text does, is left at
  /// the end of that first line.
  private mutating func recover(from start: Int, failedAt offset: Int) {
    var index = start
    while index < offset, !isLineEnd(index) { index += 1 }
    while index < scanner.end, !isLineEnd(index) {
      if scanner.byte(at: index) == UInt8(ascii: ";") {
        scanner.position = index + 1
        scanner.skipBlanks()
        if isAtKeyword() { return }
      }
      index += 1
    }
    scanner.position = index
    while scanner.position < scanner.end {
      scanner.skipLine()
      scanner.skipBlanks()
      if isAtKeyword() { return }
    }
  }

  private func isLineEnd(_ index: Int) -> Bool {
    scanner.byte(at: index) == 0x0A || scanner.byte(at: index) == 0x0D
  }

  // MARK: Helpers for statements

  func text(_ range: TextRange) -> String { scanner.text(range) }

  /// A name that is defined here, with a finding when it is not formed as the format says.
  @inline(__always)
  mutating func expectDefinedName(_ what: StaticString) throws(Failure) -> TextRange {
    let range = try scanner.expectName(what)
    if scanner.byte(at: range.start) &- 0x30 < 10 || hasForeignBytes(range) {
      log.add(
        range.start, .warning, .identifierFormat,
        "'\(text(range))' is no identifier: letters, digits and '_' are, not beginning with a digit"
      )
    }
    return range
  }

  @inline(__always)
  private func hasForeignBytes(_ range: TextRange) -> Bool {
    var index = range.start
    while index < range.end {
      if scanner.byte(at: index) >= 0x80 { return true }
      index &+= 1
    }
    return false
  }

  /// The identifier of a message in a reference; bit 31 marks an extended one.
  @inline(__always)
  mutating func expectMessageIdentifier() throws(Failure) -> UInt32 {
    UInt32(
      truncatingIfNeeded: try scanner.expectUnsigned("a message identifier", upTo: 0xFFFF_FFFF))
  }

  /// Names separated by commas or blanks up to the end of the line, `;`, or a keyword.
  mutating func parseNodeReferences(acrossLines: Bool) -> IndexRange {
    let first = content.nodeReferences.count
    while true {
      if acrossLines { scanner.skipSpace() } else { scanner.skipBlanks() }
      if scanner.byte == UInt8(ascii: ",") {
        scanner.position += 1
        scanner.skipSpace()
      }
      guard scanner.isNameByte(scanner.byte) else { break }
      let before = scanner.position
      let range = scanner.name()
      if acrossLines, Keyword(range, in: scanner) != nil {
        scanner.position = before
        break
      }
      content.nodeReferences.append(range)
    }
    return IndexRange(
      first: Int32(truncatingIfNeeded: first),
      count: Int32(truncatingIfNeeded: content.nodeReferences.count - first))
  }
}
