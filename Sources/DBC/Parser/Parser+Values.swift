extension Parser {
  /// `VAL_ 291 Signal 1 "on" 0 "off" ;`, `VAL_ 291 Signal Table ;`, or the name of an environment variable first.
  mutating func parseValues() throws(Failure) {
    isRecognised = true
    scanner.skipSpace()
    let offset = UInt32(truncatingIfNeeded: scanner.position)
    var target: PendingReferences.Target
    if scanner.byte &- 0x30 < 10 {
      target = try expectSignalTarget()
    } else {
      let name = try scanner.expectName("a message identifier or an environment variable")
      target = .init(scope: .environmentVariable, name: name, offset: offset)
    }
    scanner.skipSpace()
    var table = TextRange.none
    if scanner.isNameByte(scanner.byte), !(scanner.byte &- 0x30 < 10), !isAtKeyword() {
      table = scanner.name()
    }
    let choices = try parseChoices()
    pending.values.append(.init(target: target, choices: choices, table: table))
  }

  /// `VAL_TABLE_ Name 1 "on" 0 "off" ;`
  mutating func parseValueTable() throws(Failure) {
    isRecognised = true
    let name = try expectDefinedName("the name of the value table")
    let choices = try parseChoices()
    content.valueTables.append(
      ValueTableRecord(name: name, hash: scanner.hash(name), choices: choices))
  }

  private mutating func parseChoices() throws(Failure) -> IndexRange {
    let first = content.choices.count
    while true {
      scanner.skipSpace()
      guard let value = try scanner.rawValue() else { break }
      let label = try scanner.expectString()
      content.choices.append(ChoiceRecord(value: value, label: label))
    }
    try endStatement()
    return indexRange(first, content.choices.count)
  }

  /// `CM_ SG_ 291 Signal "text";` and its kin for nodes, messages, variables and the file.
  mutating func parseComment() throws(Failure) {
    isRecognised = true
    let target = try parseTarget()
    let text = try scanner.expectString()
    try endStatement()
    pending.comments.append(.init(target: target, text: text))
  }

  /// An optional object: `BU_ Node`, `BO_ 291`, `SG_ 291 Signal`, `EV_ Variable`.
  mutating func parseTarget() throws(Failure) -> PendingReferences.Target {
    scanner.skipSpace()
    let offset = UInt32(truncatingIfNeeded: scanner.position)
    guard scanner.isNameByte(scanner.byte), !(scanner.byte &- 0x30 < 10) else {
      return .init(scope: .database, offset: offset)
    }
    let before = scanner.position
    let word = scanner.name()
    if scanner.equal(word, "SG_") { return try expectSignalTarget() }
    if scanner.equal(word, "BO_") { return try expectMessageTarget() }
    if scanner.equal(word, "BU_") {
      scanner.skipSpace()
      let place = UInt32(truncatingIfNeeded: scanner.position)
      return .init(
        scope: .node, name: try scanner.expectName("the name of a node"), offset: place)
    }
    if scanner.equal(word, "EV_") {
      scanner.skipSpace()
      let place = UInt32(truncatingIfNeeded: scanner.position)
      return .init(
        scope: .environmentVariable,
        name: try scanner.expectName("the name of an environment variable"), offset: place)
    }
    // A bare word here is a value (`True`), not an object.
    scanner.position = before
    return .init(scope: .database, offset: offset)
  }

  /// `EV_ Name: 0 [0|100] "unit" 0 1 DUMMY_NODE_VECTOR0 Node1,Node2;`
  mutating func parseEnvironmentVariable() throws(Failure) {
    let name = try expectDefinedName("the name of the environment variable")
    try scanner.expect(UInt8(ascii: ":"), "behind the name of the environment variable")
    let type = try scanner.expectUnsigned("the type of the environment variable", upTo: 0xFFFF)
    let limits = try expectLimits()
    let unit = try scanner.expectString()
    let initialValue = try scanner.expectNumber("the initial value")
    let number = try scanner.expectUnsigned(
      "the number of the environment variable", upTo: UInt64(Int64.max))
    let access = try scanner.expectName("the access type")
    let nodes = parseNodeReferences(acrossLines: true)
    try endStatement()
    content.environmentVariables.append(
      EnvironmentVariableRecord(
        name: name, hash: scanner.hash(name), type: Int32(truncatingIfNeeded: type),
        minimum: limits.minimum, maximum: limits.maximum, unit: unit, initialValue: initialValue,
        number: Int64(truncatingIfNeeded: number), access: access, accessNodes: nodes))
  }

  /// `ENVVAR_DATA_ Name: 8;`
  mutating func parseEnvironmentVariableData() throws(Failure) {
    scanner.skipSpace()
    let offset = UInt32(truncatingIfNeeded: scanner.position)
    let name = try scanner.expectName("the name of an environment variable")
    try scanner.expect(UInt8(ascii: ":"), "behind the name of the environment variable")
    let count = try scanner.expectUnsigned("the length in bytes", upTo: 0xFFFF_FFFF)
    try endStatement()
    pending.variableData.append(
      .init(
        target: .init(scope: .environmentVariable, name: name, offset: offset),
        byteCount: UInt32(truncatingIfNeeded: count)))
  }

  /// `SGTYPE_ Name : 8@1+ (1,0) [0|255] "unit" 0, Table;`
  mutating func parseSignalType() throws(Failure) {
    let name = try expectDefinedName("the name of the signal type")
    try scanner.expect(UInt8(ascii: ":"), "behind the name of the signal type")
    let bitCount = try scanner.expectUnsigned("the length in bits", upTo: 0xFFFF)
    try scanner.expect(UInt8(ascii: "@"), "behind the length")
    let flags = try expectByteOrderAndSign()
    let scaling = try expectScaling()
    let limits = try expectLimits()
    let unit = try scanner.expectString()
    let defaultValue = try scanner.expectNumber("the default value")
    _ = scanner.accept(UInt8(ascii: ","))
    scanner.skipSpace()
    var table = TextRange.none
    if scanner.isNameByte(scanner.byte), !isAtKeyword() { table = scanner.name() }
    try endStatement()
    content.signalTypes.append(
      SignalTypeRecord(
        name: name, hash: scanner.hash(name), bitCount: UInt16(truncatingIfNeeded: bitCount),
        flags: flags, factor: scaling.factor, offset: scaling.offset, minimum: limits.minimum,
        maximum: limits.maximum,
        unit: unit, defaultValue: defaultValue, valueTable: table))
  }

  /// `SIG_TYPE_REF_ 291 Signal : Type;`
  mutating func parseSignalTypeReference() throws(Failure) {
    let target = try expectSignalTarget()
    _ = scanner.accept(UInt8(ascii: ":"))
    let type = try scanner.expectName("the name of a signal type")
    try endStatement()
    pending.typeReferences.append(.init(target: target, type: type))
  }
}
