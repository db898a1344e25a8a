extension Parser {
  /// `VERSION "1.0"`
  mutating func parseVersion() throws(Failure) {
    let offset = scanner.position
    let text = try scanner.expectString()
    if !content.version.isNone {
      log.add(offset, .warning, .duplicateStatement, "a second VERSION; this one holds")
    }
    content.version = text
    _ = scanner.accept(UInt8(ascii: ";"))
  }

  /// `NS_ :` and the words that follow, which begin nothing here.
  mutating func parseNewSymbols() {
    _ = scanner.accept(UInt8(ascii: ":"))
    while true {
      scanner.skipSpace()
      let before = scanner.position
      let word = scanner.name()
      scanner.skipBlanks()
      let isAlone: Bool
      if scanner.isAtLineEnd {
        isAlone = true
      } else {
        var probe = scanner
        isAlone = Keyword.isNewSymbol(probe.name(), in: scanner)
      }
      let isHeader =
        Keyword(word, in: scanner) != nil && !Keyword.isNewSymbol(word, in: scanner)
      guard word.count > 0, isAlone, !isHeader else {
        scanner.position = before
        return
      }
    }
  }

  /// `BS_:` and, in old files, a baud rate and the registers of a controller.
  mutating func parseBitTiming() {
    _ = scanner.accept(UInt8(ascii: ":"))
    scanner.skipSpace()
    let start = scanner.position
    var end = start
    while true {
      scanner.skipSpace()
      let byte = scanner.byte
      guard
        byte &- 0x30 < 10 || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ",")
          || byte == UInt8(ascii: ".")
      else { break }
      scanner.position += 1
      end = scanner.position
    }
    content.bitTiming =
      end > start ? TextRange(offset: start, count: end - start) : content.bitTiming
    _ = scanner.accept(UInt8(ascii: ";"))
  }

  /// `BU_: Node1 Node2`
  mutating func parseNodes() throws(Failure) {
    try scanner.expect(UInt8(ascii: ":"), "behind BU_")
    while true {
      scanner.skipBlanks()
      if scanner.byte == UInt8(ascii: ",") || scanner.byte == UInt8(ascii: ";") {
        scanner.position += 1
        continue
      }
      if scanner.isAtLineEnd {
        // Long lists go on in indented lines.
        scanner.skipSpace()
        let previous = scanner.byte(at: max(0, scanner.position - 1))
        guard previous == 0x20 || previous == 0x09 else { return }
      }
      guard scanner.isNameByte(scanner.byte), !isAtKeyword() else { return }
      let name = try expectDefinedName("the name of a node")
      content.nodes.append(NodeRecord(name: name, hash: scanner.hash(name)))
    }
  }

  /// A statement that is kept as text, up to its semicolon.
  mutating func parseOpaque(_ keyword: TextRange) throws(Failure) {
    while true {
      let before = scanner.position
      scanner.skipSpace()
      guard scanner.position < scanner.end, !isNewStatement(after: before) else {
        throw scanner.expected("';'", "at the end of the statement")
      }
      if scanner.byte == UInt8(ascii: "\"") {
        _ = try scanner.expectString()
      } else if scanner.byte == UInt8(ascii: ";") {
        break
      } else {
        scanner.position += 1
      }
    }
    scanner.position += 1
    content.opaqueStatements.append(
      TextRange(offset: keyword.start, count: scanner.position - keyword.start))
    log.add(
      keyword.start, .note, .opaqueStatement,
      "'\(text(keyword))' is named by the format and documented nowhere; it is kept as text")
  }

  /// Whether a line end was passed since `before` and a statement begins here.
  private func isNewStatement(after before: Int) -> Bool {
    var index = before
    while index < scanner.position {
      if scanner.byte(at: index) == 0x0A || scanner.byte(at: index) == 0x0D { return isAtKeyword() }
      index += 1
    }
    return false
  }
}
