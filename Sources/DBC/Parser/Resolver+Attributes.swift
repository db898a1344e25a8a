extension Resolver {
  mutating func resolveAttributes() {
    resolveDefaults()
    content.attributes.reserveCapacity(pending.attributes.count)
    for entry in pending.attributes {
      let definition = findDefinition(entry.name, entry.target.scope)
      guard definition >= 0 else {
        log.add(
          entry.name.start, .warning, .unknownAttribute,
          "there is no definition of an attribute \(text(entry.name)) for this kind of object; "
            + "the value is left out")
        continue
      }
      let object = resolve(entry.target)
      guard object >= 0 else { continue }
      var node = -1
      if entry.target.scope.isRelation {
        node = findNode(entry.target.node)
        if node < 0 {
          log.add(
            Int(entry.target.offset), .warning, .unknownNode,
            "node \(text(entry.target.node)) is not in BU_; the value is left out")
          continue
        }
      }
      checkAttribute(entry.value, content.attributeDefinitions[definition], entry.name)
      content.attributes.append(
        AttributeRecord(
          definition: Int32(truncatingIfNeeded: definition), scope: entry.target.scope,
          object: Int32(truncatingIfNeeded: object), node: Int32(truncatingIfNeeded: node),
          value: entry.value))
    }
    sortAttributes()
    applyKnownAttributes()
  }

  private func findDefinition(_ name: TextRange, _ scope: AttributeScope) -> Int {
    let hash = scanner.hash(name)
    let definitions = content.attributeDefinitions
    return definitionsByName.find(hash) {
      definitions[$0].scope == scope && scanner.equal(definitions[$0].name, name)
    }
  }

  private mutating func resolveDefaults() {
    for entry in pending.defaults {
      var isKnown = false
      // A default names no kind of object: it belongs to each definition of the name.
      for scope in AttributeScope.allCases {
        let index = findDefinition(entry.name, scope)
        guard index >= 0 else { continue }
        if content.attributeDefinitions[index].defaultValue.kind != .none, !isKnown {
          log.add(
            entry.name.start, .warning, .duplicateStatement,
            "a second default of attribute \(text(entry.name)); this one holds")
        }
        content.attributeDefinitions[index].defaultValue = entry.value
        checkAttribute(entry.value, content.attributeDefinitions[index], entry.name)
        isKnown = true
      }
      if !isKnown {
        log.add(
          entry.name.start, .warning, .unknownAttribute,
          "there is no definition of an attribute \(text(entry.name)); the default is left out")
      }
    }
  }

  private mutating func checkAttribute(
    _ value: AttributeValueRecord, _ definition: AttributeDefinitionRecord, _ name: TextRange
  ) {
    guard value.kind != .none else { return }
    switch definition.type {
    case .integer, .hexadecimal, .float:
      guard value.kind == .number else {
        if definition.type == .float || value.text.count > 0 {
          log.add(
            name.start, .warning, .attributeType,
            "attribute \(text(name)) is a number, and its value here is a text")
        }
        return
      }
      if definition.type != .float, value.number.rounded() != value.number {
        log.add(
          name.start, .warning, .attributeType,
          "attribute \(text(name)) is a whole number, and its value here is not")
      }
      if definition.minimum < definition.maximum,
        value.number < definition.minimum || value.number > definition.maximum
      {
        log.add(
          name.start, .warning, .attributeRange,
          "the value of attribute \(text(name)) is outside its range")
      }
    case .string:
      if value.kind == .number {
        log.add(
          name.start, .warning, .attributeType,
          "attribute \(text(name)) is a text, and its value here is a number")
      }
    case .enumeration:
      if value.kind == .number {
        if !(value.number >= 0 && value.number < Double(definition.labels.count)) {
          log.add(
            name.start, .warning, .attributeRange,
            "attribute \(text(name)) has no label number \(text(value.text))")
        }
      } else if value.text.count > 0,
        !definition.labels.range.contains(where: {
          scanner.equal(content.attributeLabels[$0], value.text)
        })
      {
        log.add(
          name.start, .warning, .attributeRange,
          "attribute \(text(name)) has no label '\(text(value.text))'")
      }
    }
  }

  /// By kind of object and object, so that those of one object stand together.
  private mutating func sortAttributes() {
    func key(_ record: AttributeRecord) -> UInt64 {
      UInt64(record.scope.rawValue) << 32 | UInt64(UInt32(bitPattern: record.object))
    }
    let records = content.attributes
    let isSorted = zip(records, records.dropFirst()).allSatisfy { key($0) <= key($1) }
    if isSorted { return }
    let order = records.indices.sorted { (key(records[$0]), $0) < (key(records[$1]), $1) }
    content.attributes = order.map { records[$0] }
  }

  /// The attributes that change how the database itself is read.
  private mutating func applyKnownAttributes() {
    var longNames: [Bool] = []
    var formats: [Bool] = []
    for definition in content.attributeDefinitions {
      longNames.append(
        scanner.equal(definition.name, "SystemSignalLongSymbol")
          || scanner.equal(definition.name, "SystemMessageLongSymbol")
          || scanner.equal(definition.name, "SystemNodeLongSymbol")
          || scanner.equal(definition.name, "SystemEnvVarLongSymbol"))
      formats.append(
        definition.scope == .message && scanner.equal(definition.name, "VFrameFormat"))
    }
    if let index = formats.firstIndex(of: true) {
      let definition = content.attributeDefinitions[index]
      let format = frameFormat(definition.defaultValue, definition)
      for message in content.messages.indices { content.messages[message].frameFormat = format }
    }
    for record in content.attributes {
      let definition = Int(record.definition)
      let object = Int(record.object)
      if formats[definition] {
        content.messages[object].frameFormat = frameFormat(
          record.value, content.attributeDefinitions[definition])
      }
      guard longNames[definition], record.value.kind == .string, record.value.text.count > 0 else {
        continue
      }
      switch record.scope {
      case .node: content.nodes[object].longName = record.value.text
      case .message: content.messages[object].longName = record.value.text
      case .signal: content.signals[object].longName = record.value.text
      case .environmentVariable: content.environmentVariables[object].longName = record.value.text
      default: break
      }
    }
  }

  private func frameFormat(
    _ value: AttributeValueRecord, _ definition: AttributeDefinitionRecord
  ) -> FrameFormat {
    var label = value.text
    if value.kind == .number, definition.type == .enumeration {
      guard value.number >= 0, value.number < Double(definition.labels.count) else {
        return .unspecified
      }
      label = content.attributeLabels[Int(definition.labels.first) + Int(value.number)]
    }
    if value.kind == .number, definition.type != .enumeration {
      // The places of the labels in the enumeration that tools write.
      switch value.number {
      case 0, 1: return .classic
      case 3: return .j1939
      case 14, 15: return .fd
      default: return .unspecified
      }
    }
    if label.isNone { return .unspecified }
    if scanner.equal(label, "J1939PG") { return .j1939 }
    if scanner.equal(label, "StandardCAN_FD") || scanner.equal(label, "ExtendedCAN_FD") {
      return .fd
    }
    if scanner.equal(label, "StandardCAN") || scanner.equal(label, "ExtendedCAN") {
      return .classic
    }
    return .unspecified
  }
}
