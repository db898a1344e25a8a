extension Parser {
  /// `BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;` and, for relations, `BA_DEF_REL_ BU_SG_REL_ ...`.
  mutating func parseAttributeDefinition(isRelation: Bool) throws(Failure) {
    let scope = try parseScope()
    if isRelation != scope.isRelation {
      log.add(
        scanner.position, .warning, .syntax,
        isRelation
          ? "BA_DEF_REL_ wants BU_SG_REL_, BU_BO_REL_ or BU_EV_REL_"
          : "BA_DEF_ defines an attribute of a relation; BA_DEF_REL_ is meant")
    }
    let name = try scanner.expectString()
    let typeName = try scanner.expectName("the type of the attribute")
    var definition = AttributeDefinitionRecord(
      name: name, hash: scanner.hash(name), scope: scope, type: .string, minimum: 0, maximum: 0)
    if scanner.equal(typeName, "INT") {
      definition.type = .integer
    } else if scanner.equal(typeName, "HEX") {
      definition.type = .hexadecimal
    } else if scanner.equal(typeName, "FLOAT") {
      definition.type = .float
    } else if scanner.equal(typeName, "ENUM") || scanner.equal(typeName, "BOOL") {
      definition.type = .enumeration
    } else if !scanner.equal(typeName, "STRING") {
      throw Failure(
        offset: typeName.start, rule: .syntax,
        message: "'\(text(typeName))' is no attribute type (INT, HEX, FLOAT, STRING or ENUM)")
    }
    switch definition.type {
    case .integer, .hexadecimal, .float:
      scanner.skipSpace()
      if scanner.byte != UInt8(ascii: ";") {
        definition.minimum = try scanner.expectNumber("the minimum of the attribute")
        definition.maximum = try scanner.expectNumber("the maximum of the attribute")
      }
    case .enumeration: definition.labels = try parseLabels()
    case .string: break
    }
    if scanner.equal(typeName, "BOOL") {
      log.add(
        typeName.start, .warning, .attributeTypeUnknown,
        "attribute type BOOL is no part of the format; it is taken as ENUM")
    }
    try endStatement()
    content.attributeDefinitions.append(definition)
  }

  private mutating func parseScope() throws(Failure) -> AttributeScope {
    scanner.skipSpace()
    if scanner.byte == UInt8(ascii: "\"") { return .database }
    let word = try scanner.expectName("the kind of object or the name of the attribute")
    for (text, scope) in AttributeScope.keywords where scanner.equal(word, text) { return scope }
    throw Failure(
      offset: word.start, rule: .syntax,
      message: "'\(text(word))' is no kind of object that has attributes")
  }

  /// Labels in quotes, or bare (`False True`), with or without commas.
  private mutating func parseLabels() throws(Failure) -> IndexRange {
    let first = content.attributeLabels.count
    while true {
      scanner.skipSpace()
      if scanner.byte == UInt8(ascii: ",") {
        scanner.position += 1
      } else if scanner.byte == UInt8(ascii: "\"") {
        content.attributeLabels.append(try scanner.expectString())
      } else if scanner.isNameByte(scanner.byte), !isAtKeyword() {
        content.attributeLabels.append(scanner.name())
      } else {
        return indexRange(first, content.attributeLabels.count)
      }
    }
  }

  /// `BA_DEF_DEF_ "GenMsgCycleTime" 100;`
  mutating func parseAttributeDefault() throws(Failure) {
    scanner.skipSpace()
    // Some tools repeat the kind of object.
    if scanner.byte != UInt8(ascii: "\"") { _ = try parseScope() }
    let name = try scanner.expectString()
    let value = try parseAttributeValue()
    try endStatement()
    pending.defaults.append(.init(name: name, value: value))
  }

  /// `BA_ "GenMsgCycleTime" BO_ 291 100;`
  mutating func parseAttribute() throws(Failure) {
    isRecognised = true
    let name = try scanner.expectString()
    let target = try parseTarget()
    let value = try parseAttributeValue()
    try endStatement()
    pending.attributes.append(.init(name: name, target: target, value: value))
  }

  /// `BA_REL_ "Timeout" BU_SG_REL_ Node SG_ 291 Signal 100;`
  mutating func parseRelation() throws(Failure) {
    let name = try scanner.expectString()
    scanner.skipSpace()
    let offset = UInt32(truncatingIfNeeded: scanner.position)
    let scope = try parseScope()
    guard scope.isRelation else {
      throw Failure(
        offset: Int(offset), rule: .syntax,
        message: "BA_REL_ wants BU_SG_REL_, BU_BO_REL_ or BU_EV_REL_")
    }
    let node = try scanner.expectName("the name of a node")
    var target = PendingReferences.Target(scope: scope, node: node, offset: offset)
    switch scope {
    case .nodeSignal:
      acceptWord("SG_")
      target.identifier = try expectMessageIdentifier()
      target.name = try scanner.expectName("the name of a signal")
    case .nodeMessage:
      acceptWord("BO_")
      target.identifier = try expectMessageIdentifier()
    default:
      acceptWord("EV_")
      target.name = try scanner.expectName("the name of an environment variable")
    }
    let value = try parseAttributeValue()
    try endStatement()
    pending.attributes.append(.init(name: name, target: target, value: value))
  }

  private mutating func acceptWord(_ word: StaticString) {
    var probe = scanner
    if probe.equal(probe.name(), word) { scanner.position = probe.position }
  }

  /// A number, a quoted text, a bare word, or nothing.
  private mutating func parseAttributeValue() throws(Failure) -> AttributeValueRecord {
    scanner.skipSpace()
    let start = scanner.position
    if scanner.byte == UInt8(ascii: "\"") {
      return AttributeValueRecord(text: try scanner.expectString(), kind: .string)
    }
    if scanner.byte == UInt8(ascii: ";") {
      log.add(start, .warning, .attributeType, "the attribute has no value here")
      return AttributeValueRecord()
    }
    let first = scanner.byte | 0x20
    if first &- 0x61 < 26, !isAtKeyword() {
      return AttributeValueRecord(text: scanner.name(), kind: .string)
    }
    let number = try scanner.expectNumber("the value of the attribute")
    return AttributeValueRecord(
      text: TextRange(offset: start, count: scanner.position - start), number: number,
      kind: .number)
  }
}
