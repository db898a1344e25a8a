extension Resolver {
  /// Reports each unknown node once, where it is named first.
  mutating func resolveNodes() {
    var reported = IndexTable(capacity: content.nodeReferences.count + content.messages.count)
    var names: [TextRange] = []
    var last = TextRange.none
    func isUnknown(_ name: TextRange, _ resolver: Resolver) -> Bool {
      let scanner = resolver.scanner
      if name.isNone || name.count == 0 || scanner.equal(name, "Vector__XXX")
        || scanner.equal(name, "VECTOR__XXX")
      {
        return false
      }
      let hash = scanner.hash(name)
      if resolver.nodesByName.find(hash, { scanner.equal(resolver.content.nodes[$0].name, name) })
        >= 0
      {
        return false
      }
      if reported.find(hash, { scanner.equal(names[$0], name) }) >= 0 { return false }
      reported.insert(hash, names.count)
      names.append(name)
      return true
    }
    var unknown: [TextRange] = []
    for message in content.messages where isUnknown(message.sender, self) {
      unknown.append(message.sender)
    }
    for name in content.nodeReferences {
      if scanner.equal(name, last) { continue }
      last = name
      if isUnknown(name, self) { unknown.append(name) }
    }
    for name in unknown {
      log.add(
        name.start, .warning, .unknownNode, "node \(text(name)) is not in BU_ (named here first)")
    }
  }

  mutating func resolveValueTypes() {
    for entry in pending.valueTypes {
      let index = resolve(entry.target)
      guard index >= 0, entry.code != 0 else { continue }
      content.signals[index].valueType = .float
      let bitCount = content.signals[index].bitCount
      let name = content.signals[index].name
      if bitCount != 16, bitCount != 32, bitCount != 64 {
        content.signals[index].flags.insert(.numberless)
        log.add(
          Int(entry.target.offset), .warning, .floatLength,
          "signal \(text(name)) is floating-point with \(bitCount) bits; 16, 32 and 64 are "
            + "possible; it is never decoded")
      } else if (entry.code == 1) != (bitCount == 32), bitCount != 16 {
        log.add(
          Int(entry.target.offset), .warning, .floatLength,
          "signal \(text(name)) has \(bitCount) bits and value type \(entry.code); the length holds"
        )
      }
    }
  }

  mutating func resolveValues() {
    for entry in pending.values {
      var choices = entry.choices
      if !entry.table.isNone {
        let tables = content.valueTables
        let table = tablesByName.find(scanner.hash(entry.table)) {
          scanner.equal(tables[$0].name, entry.table)
        }
        if table >= 0 {
          choices = tables[table].choices
        } else {
          log.add(
            entry.table.start, .warning, .unknownValueTable,
            "there is no value table \(text(entry.table))")
        }
      }
      let index = resolve(entry.target)
      guard index >= 0 else { continue }
      if !entry.table.isNone { sharedChoices.insert(choices.first) }
      if entry.target.scope == .signal {
        if !content.signals[index].choices.isEmpty { noteRepeated(entry.target, "VAL_") }
        content.signals[index].choices = choices
      } else {
        if !content.environmentVariables[index].choices.isEmpty {
          noteRepeated(entry.target, "VAL_")
        }
        content.environmentVariables[index].choices = choices
      }
      // Those of a table were looked at where it stands.
      if entry.table.isNone { checkChoices(choices) }
    }
  }

  mutating func noteRepeated(_ target: PendingReferences.Target, _ what: String) {
    log.add(
      Int(target.offset), .warning, .duplicateStatement,
      "a second \(what) for the same object; this one holds")
  }

  /// Finds values with two labels. Lists that only rise or only fall, as nearly all do, cost one pass.
  mutating func checkChoices(_ range: IndexRange) {
    guard range.count > 1 else { return }
    var isRising = true
    var isFalling = true
    content.choices.withUnsafeBufferPointer { choices in
      for index in range.range.dropFirst() {
        let previous = choices[index - 1].value.double
        let value = choices[index].value.double
        if value <= previous { isRising = false }
        if value >= previous { isFalling = false }
      }
    }
    if isRising || isFalling { return }
    var seen: Set<RawValue> = []
    for index in range.range where !seen.insert(content.choices[index].value).inserted {
      log.add(
        content.choices[index].label.start - 1, .warning, .duplicateValue,
        "value \(content.choices[index].value) has a label already; the first holds")
    }
  }

  mutating func resolveComments() {
    for entry in pending.comments {
      let index = resolve(entry.target)
      guard index >= 0 else { continue }
      let previous: TextRange
      switch entry.target.scope {
      case .node:
        previous = content.nodes[index].comment
        content.nodes[index].comment = entry.text
      case .message:
        previous = content.messages[index].comment
        content.messages[index].comment = entry.text
      case .signal:
        previous = content.signals[index].comment
        content.signals[index].comment = entry.text
      case .environmentVariable:
        previous = content.environmentVariables[index].comment
        content.environmentVariables[index].comment = entry.text
      default:
        previous = content.comment
        content.comment = entry.text
      }
      if !previous.isNone { noteRepeated(entry.target, "comment") }
    }
  }

  mutating func resolveVariables() {
    for entry in pending.variableData {
      let index = resolve(entry.target)
      guard index >= 0 else { continue }
      content.environmentVariables[index].isData = true
      content.environmentVariables[index].dataByteCount = entry.byteCount
    }
  }

  mutating func resolveTransmitters() {
    for entry in pending.transmitters {
      let index = resolve(entry.target)
      guard index >= 0 else { continue }
      if !content.messages[index].transmitters.isEmpty { noteRepeated(entry.target, "BO_TX_BU_") }
      content.messages[index].transmitters = entry.nodes
    }
  }

  mutating func resolveGroups() {
    for entry in pending.groups {
      let message = resolve(entry.target)
      guard message >= 0 else { continue }
      let first = content.groupMembers.count
      for nameIndex in entry.members.range {
        let name = pending.groupNames[nameIndex]
        let signal = resolve(
          .init(
            scope: .signal, identifier: entry.target.identifier, name: name, offset: name.offset))
        if signal >= 0 { content.groupMembers.append(Int32(truncatingIfNeeded: signal)) }
      }
      content.signalGroups.append(
        SignalGroupRecord(
          name: entry.target.name, message: Int32(truncatingIfNeeded: message),
          repetitions: entry.repetitions,
          members: IndexRange(
            first: Int32(truncatingIfNeeded: first),
            count: Int32(truncatingIfNeeded: content.groupMembers.count - first))))
    }
  }

  mutating func resolveSignalTypes() {
    for entry in pending.typeReferences {
      let types = content.signalTypes
      let type = typesByName.find(scanner.hash(entry.type)) {
        scanner.equal(types[$0].name, entry.type)
      }
      let index = resolve(entry.target)
      if type < 0 {
        log.add(
          entry.type.start, .warning, .unknownSignalType,
          "there is no signal type \(text(entry.type))")
      } else if index >= 0 {
        content.signals[index].signalType = Int32(truncatingIfNeeded: type)
      }
    }
    for type in content.signalTypes where !type.valueTable.isNone {
      let tables = content.valueTables
      let table = tablesByName.find(scanner.hash(type.valueTable)) {
        scanner.equal(tables[$0].name, type.valueTable)
      }
      if table < 0 {
        log.add(
          type.valueTable.start, .warning, .unknownValueTable,
          "there is no value table \(text(type.valueTable))")
      }
    }
  }
}
