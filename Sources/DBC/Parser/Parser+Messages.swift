extension Parser {
  /// `BO_ 291 EngineStatus: 8 ECU`
  mutating func parseMessage() throws(Failure) {
    isRecognised = true
    message = .dropped
    let start = scanner.position
    let declared = try expectMessageIdentifier()
    let name = try expectDefinedName("the name of the message")
    try scanner.expect(UInt8(ascii: ":"), "behind the name of the message")
    let byteCount = try scanner.expectUnsigned(
      "the length of the message in bytes", upTo: 0xFFFF_FFFF)
    scanner.skipBlanks()
    let sender = scanner.isAtLineEnd ? TextRange.none : scanner.name()
    if sender.isNone || sender.count == 0 {
      log.add(
        scanner.position, .warning, .syntax,
        "the message has no sender; 'Vector__XXX' stands for none")
    }
    let isPseudo = scanner.equal(name, "VECTOR__INDEPENDENT_SIG_MSG")
    let identifier = isPseudo ? MessageRecord.noIdentifier : identifier(declared, name, start)
    if !isPseudo, byteCount > 1785 {
      log.add(
        name.start, .warning, .messageLength,
        "message \(text(name)) has \(byteCount) bytes: neither a frame (64) nor a J1939 transport "
          + "(1785) carries so many")
    }
    content.messages.append(
      MessageRecord(
        declaredIdentifier: declared, identifier: identifier, name: name, hash: scanner.hash(name),
        byteCount: UInt32(truncatingIfNeeded: byteCount),
        sender: sender.count == 0 ? .none : sender,
        signals: IndexRange(first: Int32(truncatingIfNeeded: content.signals.count), count: 0)))
    message = .last
    try endLine()
  }

  /// The identifier on the bus, with bit 31 for an extended one. Many files lack that mark: a number that needs
  /// 29 bits can only be meant so.
  private mutating func identifier(_ declared: UInt32, _ name: TextRange, _ offset: Int) -> UInt32 {
    let value = declared & 0x7FFF_FFFF
    if declared >> 31 == 1 ? value <= 0x1FFF_FFFF : value <= 0x7FF { return declared }
    var place = offset
    while scanner.byte(at: place) == 0x20 || scanner.byte(at: place) == 0x09 { place += 1 }
    let hex = String(value, radix: 16, uppercase: true)
    if value <= 0x1FFF_FFFF {
      log.add(
        place, .error, .identifierRange,
        "identifier 0x\(hex) of message \(text(name)) needs 29 bits and lacks the mark of an "
          + "extended one (bit 31); it is taken as extended")
      return declared | CANIdentifier.extendedFlag
    }
    log.add(
      place, .error, .identifierRange,
      "identifier 0x\(hex) of message \(text(name)) has more than 29 bits; no frame can match it")
    return MessageRecord.noIdentifier
  }

  /// Nothing but blanks may follow on the line; a semicolon is harmless.
  mutating func endLine() throws(Failure) {
    scanner.skipBlanks()
    if scanner.byte == UInt8(ascii: ";") {
      scanner.position += 1
      scanner.skipBlanks()
    }
    if scanner.isAtLineEnd { return }
    let isComment =
      scanner.byte == UInt8(ascii: "/")
      && (scanner.byte(at: scanner.position + 1) == UInt8(ascii: "/")
        || scanner.byte(at: scanner.position + 1) == UInt8(ascii: "*"))
    if isComment || isAtKeyword() { return }
    throw scanner.expected("the end of the line", "")
  }

  /// `SG_ Name m0M : 0|16@1+ (0.25,0) [0|16383.75] "1/min" Gateway,Logger`
  mutating func parseSignal(_ start: Int) throws(Failure) {
    isRecognised = true
    switch message {
    case .last: break
    case .dropped:
      scanner.skipLine()
      return
    case .none:
      scanner.skipLine()
      log.add(
        start, .error, .signalWithoutMessage, "a signal before the first message; it is left out")
      return
    }
    let name = try expectDefinedName("the name of the signal")
    var signal = SignalRecord(
      name: name, hash: scanner.hash(name),
      message: Int32(truncatingIfNeeded: content.messages.count &- 1), startBit: 0, bitCount: 0,
      flags: [], factor: 1, offset: 0, minimum: 0, maximum: 0, unit: .none)
    scanner.skipSpace()
    if scanner.byte != UInt8(ascii: ":") { try parseMultiplexing(&signal) }
    try scanner.expect(UInt8(ascii: ":"), "behind the name of the signal")
    let startBit = try scanner.expectUnsigned("the start bit", upTo: 0xFFFF)
    try scanner.expect(UInt8(ascii: "|"), "behind the start bit")
    scanner.skipSpace()
    let lengthOffset = scanner.position
    let bitCount = try scanner.expectUnsigned("the length of the signal in bits", upTo: 0xFFFF)
    try scanner.expect(UInt8(ascii: "@"), "behind the length of the signal")
    signal.flags.formUnion(try expectByteOrderAndSign())
    (signal.factor, signal.offset) = try expectScaling()
    (signal.minimum, signal.maximum) = try expectLimits()
    signal.unit = try scanner.expectString()
    signal.receivers = parseNodeReferences(acrossLines: false)
    try endLine()
    if bitCount == 0 {
      log.add(
        lengthOffset, .error, .signalLength,
        "signal \(text(name)) has a length of 0 bits; it is left out")
      return
    }
    signal.startBit = UInt16(truncatingIfNeeded: startBit)
    signal.bitCount = UInt16(truncatingIfNeeded: bitCount)
    content.signals.append(signal)
    content.messages[content.messages.count &- 1].signals.count &+= 1
  }

  /// `M`, `m3` or `m3M`.
  private mutating func parseMultiplexing(_ signal: inout SignalRecord) throws(Failure) {
    let start = scanner.position
    let indicator = scanner.name()
    guard indicator.count > 0 else {
      throw scanner.expected("':'", "behind the name of the signal")
    }
    var index = indicator.start
    if scanner.byte(at: index) == UInt8(ascii: "m") {
      index += 1
      scanner.position = index
      if let selector = try scanner.unsignedInteger(), index < scanner.position {
        signal.selector = selector
        signal.flags.insert(.multiplexed)
        index = scanner.position
      } else {
        index = start
      }
    }
    if index < indicator.end, scanner.byte(at: index) == UInt8(ascii: "M") {
      signal.flags.insert(.multiplexor)
      index += 1
    }
    scanner.position = indicator.end
    guard index == indicator.end else {
      throw Failure(
        offset: start, rule: .syntax,
        message: "expected a multiplex indicator (M, m0 or m0M) or ':', found '\(text(indicator))'")
    }
  }

  /// `SG_MUL_VAL_ 291 Signal Multiplexor 0-3, 7-7;`
  mutating func parseSelectorRanges() throws(Failure) {
    let target = try expectSignalTarget()
    let multiplexor = try scanner.expectName("the name of the multiplexor")
    let first = content.selectorRanges.count
    repeat {
      scanner.skipSpace()
      let offset = scanner.position
      let lower = try scanner.expectUnsigned("a selector value")
      var upper = lower
      if scanner.accept(UInt8(ascii: "-")) {
        upper = try scanner.expectUnsigned("the last selector value of the range")
      }
      if upper < lower {
        log.add(
          offset, .error, .multiplexorRange,
          "the range \(lower)-\(upper) of selector values ends before it begins; it is left out")
      } else {
        content.selectorRanges.append(SelectorRange(lower: lower, upper: upper))
      }
    } while scanner.accept(UInt8(ascii: ","))
    try endStatement()
    pending.selectorRanges.append(
      .init(
        target: target, multiplexor: multiplexor,
        ranges: indexRange(first, content.selectorRanges.count)))
  }

  func indexRange(_ first: Int, _ end: Int) -> IndexRange {
    IndexRange(
      first: Int32(truncatingIfNeeded: first), count: Int32(truncatingIfNeeded: end - first))
  }

  /// The identifier of a message and the name of one of its signals.
  @inline(__always)
  mutating func expectSignalTarget() throws(Failure) -> PendingReferences.Target {
    scanner.skipSpace()
    let offset = UInt32(truncatingIfNeeded: scanner.position)
    let identifier = try expectMessageIdentifier()
    let name = try scanner.expectName("the name of a signal")
    return .init(scope: .signal, identifier: identifier, name: name, offset: offset)
  }

  /// `SIG_VALTYPE_ 291 Signal : 1;` (1 float, 2 double)
  mutating func parseSignalValueType() throws(Failure) {
    let target = try expectSignalTarget()
    _ = scanner.accept(UInt8(ascii: ":"))
    scanner.skipSpace()
    let offset = scanner.position
    let code = try scanner.expectUnsigned("a value type (0 to 3)")
    try endStatement()
    guard code <= 3 else {
      log.add(offset, .error, .numberOutOfRange, "value type \(code) is none of 0 to 3")
      return
    }
    pending.valueTypes.append(.init(target: target, code: code))
  }

  /// `BO_TX_BU_ 291 : Node1,Node2;`
  mutating func parseTransmitters() throws(Failure) {
    let target = try expectMessageTarget()
    _ = scanner.accept(UInt8(ascii: ":"))
    let nodes = parseNodeReferences(acrossLines: true)
    try endStatement()
    pending.transmitters.append(.init(target: target, nodes: nodes))
  }

  mutating func expectMessageTarget() throws(Failure) -> PendingReferences.Target {
    scanner.skipSpace()
    let offset = UInt32(truncatingIfNeeded: scanner.position)
    return .init(scope: .message, identifier: try expectMessageIdentifier(), offset: offset)
  }

  /// `SIG_GROUP_ 291 Group 1 : Signal1 Signal2;`
  mutating func parseSignalGroup() throws(Failure) {
    let offset = UInt32(truncatingIfNeeded: scanner.position)
    let identifier = try expectMessageIdentifier()
    let name = try scanner.expectName("the name of the signal group")
    let repetitions = try scanner.expectUnsigned("the repetitions", upTo: 0xFFFF_FFFF)
    _ = scanner.accept(UInt8(ascii: ":"))
    let first = pending.groupNames.count
    while true {
      scanner.skipSpace()
      if scanner.accept(UInt8(ascii: ",")) { continue }
      guard scanner.isNameByte(scanner.byte), !isAtKeyword() else { break }
      pending.groupNames.append(scanner.name())
    }
    try endStatement()
    pending.groups.append(
      .init(
        target: .init(scope: .message, identifier: identifier, name: name, offset: offset),
        repetitions: UInt32(truncatingIfNeeded: repetitions),
        members: indexRange(first, pending.groupNames.count)))
  }
}
