/// Writes a database as DBC text.
struct DatabaseWriter {
  let storage: DatabaseStorage
  private(set) var output = ""

  private var content: DatabaseContent { storage.content }

  init(_ storage: DatabaseStorage) {
    self.storage = storage
    output.reserveCapacity(storage.bytes.count + 1024)
    writeHeader()
    writeMessages()
    writeVariables()
    writeComments()
    writeDefinitions()
    writeAttributes()
    writeValues()
    writeRest()
  }

  private mutating func line(_ text: String) {
    output += text
    output += "\n"
  }

  private func name(_ range: TextRange) -> String { storage.text(range) }

  private func quoted(_ range: TextRange) -> String {
    let text = storage.text(range)
    guard text.utf8.contains(UInt8(ascii: "\"")) else { return "\"\(text)\"" }
    var escaped = "\""
    for character in text.unicodeScalars {
      if character == "\"" { escaped += "\\" }
      escaped.unicodeScalars.append(character)
    }
    return escaped + "\""
  }

  /// The shortest form that reads back the same.
  private func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private func node(_ range: TextRange) -> String {
    range.isNone || range.count == 0 ? "Vector__XXX" : name(range)
  }

  private func nodes(_ range: IndexRange) -> String {
    range.range.map { name(content.nodeReferences[$0]) }.joined(separator: ",")
  }

  // MARK: Sections

  private mutating func writeHeader() {
    line("VERSION \(content.version.isNone ? "\"\"" : quoted(content.version))")
    line("\n\nNS_ :")
    for symbol in Self.newSymbols { line("\t\(symbol)") }
    line("\nBS_:\(content.bitTiming.isNone ? "" : " " + name(content.bitTiming))\n")
    line("BU_:" + content.nodes.map { " " + name($0.name) }.joined())
    for table in content.valueTables {
      line("VAL_TABLE_ \(name(table.name)) \(choices(table.choices));")
    }
    line("")
  }

  private static let newSymbols = [
    "NS_DESC_", "CM_", "BA_DEF_", "BA_", "VAL_", "CAT_DEF_", "CAT_", "FILTER", "BA_DEF_DEF_",
    "EV_DATA_", "ENVVAR_DATA_", "SGTYPE_", "SGTYPE_VAL_", "BA_DEF_SGTYPE_", "BA_SGTYPE_",
    "SIG_TYPE_REF_", "VAL_TABLE_", "SIG_GROUP_", "SIG_VALTYPE_", "SIGTYPE_VALTYPE_", "BO_TX_BU_",
    "BA_DEF_REL_", "BA_REL_", "BA_DEF_DEF_REL_", "BU_SG_REL_", "BU_EV_REL_", "BU_BO_REL_",
    "SG_MUL_VAL_",
  ]

  private func choices(_ range: IndexRange) -> String {
    content.choices[range.range].map { "\($0.value) \(quoted($0.label)) " }.joined()
  }

  private mutating func writeMessages() {
    for message in content.messages {
      line(
        "BO_ \(message.declaredIdentifier) \(name(message.name)): \(message.byteCount) "
          + node(message.sender))
      for index in message.signals.range { writeSignal(content.signals[index]) }
      line("")
    }
    for message in content.messages where !message.transmitters.isEmpty {
      line("BO_TX_BU_ \(message.declaredIdentifier) : \(nodes(message.transmitters));")
    }
  }

  private mutating func writeSignal(_ signal: SignalRecord) {
    var text = " SG_ \(name(signal.name)) "
    if signal.flags.contains(.multiplexed) { text += "m\(signal.selector)" }
    if signal.flags.contains(.multiplexor) { text += "M" }
    if !signal.flags.isDisjoint(with: [.multiplexed, .multiplexor]) { text += " " }
    let order = signal.flags.contains(.bigEndian) ? "0" : "1"
    let sign = signal.flags.contains(.signed) ? "-" : "+"
    text += ": \(signal.startBit)|\(signal.bitCount)@\(order)\(sign) "
    text += "(\(number(signal.factor)),\(number(signal.offset))) "
    text += "[\(number(signal.minimum))|\(number(signal.maximum))] \(quoted(signal.unit))  "
    text += signal.receivers.isEmpty ? "Vector__XXX" : nodes(signal.receivers)
    line(text)
  }

  private mutating func writeVariables() {
    for variable in content.environmentVariables {
      var text = "EV_ \(name(variable.name)): \(variable.type) "
      text += "[\(number(variable.minimum))|\(number(variable.maximum))] "
      text += "\(quoted(variable.unit)) \(number(variable.initialValue)) \(variable.number) "
      text += "\(name(variable.access)) \(nodes(variable.accessNodes));"
      line(text)
    }
    for variable in content.environmentVariables where variable.isData {
      line("ENVVAR_DATA_ \(name(variable.name)): \(variable.dataByteCount);")
    }
    for type in content.signalTypes {
      let order = type.flags.contains(.bigEndian) ? "0" : "1"
      let sign = type.flags.contains(.signed) ? "-" : "+"
      var text = "SGTYPE_ \(name(type.name)) : \(type.bitCount)@\(order)\(sign) "
      text += "(\(number(type.factor)),\(number(type.offset))) "
      text += "[\(number(type.minimum))|\(number(type.maximum))] \(quoted(type.unit)) "
      text += "\(number(type.defaultValue)), \(name(type.valueTable));"
      line(text)
    }
  }

  private mutating func writeComments() {
    if !content.comment.isNone { line("CM_ \(quoted(content.comment));") }
    for node in content.nodes where !node.comment.isNone {
      line("CM_ BU_ \(name(node.name)) \(quoted(node.comment));")
    }
    for message in content.messages {
      if !message.comment.isNone {
        line("CM_ BO_ \(message.declaredIdentifier) \(quoted(message.comment));")
      }
      for signal in content.signals[message.signals.range] where !signal.comment.isNone {
        line(
          "CM_ SG_ \(message.declaredIdentifier) \(name(signal.name)) \(quoted(signal.comment));")
      }
    }
    for variable in content.environmentVariables where !variable.comment.isNone {
      line("CM_ EV_ \(name(variable.name)) \(quoted(variable.comment));")
    }
  }

  private mutating func writeDefinitions() {
    for definition in content.attributeDefinitions {
      let scope = AttributeScope.keywords.first { $0.1 == definition.scope }.map { "\($0.0) " }
      var text = definition.scope.isRelation ? "BA_DEF_REL_ " : "BA_DEF_ "
      text += "\(scope ?? "") \(quoted(definition.name)) "
      switch definition.type {
      case .integer: text += "INT"
      case .hexadecimal: text += "HEX"
      case .float: text += "FLOAT"
      case .string: text += "STRING "
      case .enumeration:
        text += "ENUM  "
        text += content.attributeLabels[definition.labels.range].map { quoted($0) }
          .joined(separator: ",")
      }
      switch definition.type {
      case .integer, .hexadecimal, .float:
        text += " \(number(definition.minimum)) \(number(definition.maximum))"
      case .string, .enumeration: break
      }
      line(text + ";")
    }
    var written: Set<String> = []
    for definition in content.attributeDefinitions where definition.defaultValue.kind != .none {
      let name = quoted(definition.name)
      guard written.insert(name).inserted else { continue }
      let keyword = definition.scope.isRelation ? "BA_DEF_DEF_REL_" : "BA_DEF_DEF_ "
      line("\(keyword) \(name) \(value(definition.defaultValue));")
    }
  }

  private func value(_ value: AttributeValueRecord) -> String {
    switch value.kind {
    case .none: ""
    case .number: name(value.text)
    case .string: quoted(value.text)
    }
  }

  private mutating func writeAttributes() {
    for attribute in content.attributes {
      let name = quoted(content.attributeDefinitions[Int(attribute.definition)].name)
      let keyword = attribute.scope.isRelation ? "BA_REL_" : "BA_"
      line("\(keyword) \(name) \(object(attribute))\(value(attribute.value));")
    }
  }

  /// The object of an attribute, with a blank behind it.
  private func object(_ attribute: AttributeRecord) -> String {
    let index = Int(attribute.object)
    let node = attribute.node < 0 ? "" : name(content.nodes[Int(attribute.node)].name)
    switch attribute.scope {
    case .database: return ""
    case .node: return "BU_ \(name(content.nodes[index].name)) "
    case .message: return "BO_ \(content.messages[index].declaredIdentifier) "
    case .signal: return "SG_ \(path(index)) "
    case .environmentVariable: return "EV_ \(name(content.environmentVariables[index].name)) "
    case .nodeSignal: return "BU_SG_REL_ \(node) SG_ \(path(index)) "
    case .nodeMessage:
      return "BU_BO_REL_ \(node) \(content.messages[index].declaredIdentifier) "
    case .nodeEnvironmentVariable:
      return "BU_EV_REL_ \(node) \(name(content.environmentVariables[index].name)) "
    }
  }

  /// The identifier of a signal's message and its name.
  private func path(_ signal: Int) -> String {
    let record = content.signals[signal]
    return "\(content.messages[Int(record.message)].declaredIdentifier) \(name(record.name))"
  }

  /// By their values; by the name of their table where so many objects share it that the text would not end.
  private func labels(_ range: IndexRange, _ tables: [Int32: TextRange]) -> String {
    tables[range.first].map { name($0) + " " } ?? choices(range)
  }

  /// The value tables that are written as names, by the place of their first label.
  private func namedTables() -> [Int32: TextRange] {
    var uses: [Int32: Int] = [:]
    for signal in content.signals { uses[signal.choices.first, default: 0] += 1 }
    for variable in content.environmentVariables { uses[variable.choices.first, default: 0] += 1 }
    var named: [Int32: TextRange] = [:]
    for table in content.valueTables
    where Int(table.choices.count) * (uses[table.choices.first] ?? 0) > 1_000_000 {
      named[table.choices.first] = table.name
    }
    return named
  }

  private mutating func writeValues() {
    let tables = namedTables()
    for (index, signal) in content.signals.enumerated() where !signal.choices.isEmpty {
      line("VAL_ \(path(index)) \(labels(signal.choices, tables));")
    }
    for variable in content.environmentVariables where !variable.choices.isEmpty {
      line("VAL_ \(name(variable.name)) \(labels(variable.choices, tables));")
    }
  }

  private mutating func writeRest() {
    for group in content.signalGroups {
      let members = content.groupMembers[group.members.range]
        .map { " " + name(content.signals[Int($0)].name) }.joined()
      let identifier = content.messages[Int(group.message)].declaredIdentifier
      line("SIG_GROUP_ \(identifier) \(name(group.name)) \(group.repetitions) :\(members);")
    }
    for (index, signal) in content.signals.enumerated() where signal.valueType == .float {
      line("SIG_VALTYPE_ \(path(index)) : \(signal.bitCount == 64 ? 2 : 1);")
    }
    for (index, signal) in content.signals.enumerated() where signal.signalType >= 0 {
      let type = content.signalTypes[Int(signal.signalType)]
      line("SIG_TYPE_REF_ \(path(index)) : \(name(type.name));")
    }
    for (index, signal) in content.signals.enumerated()
    where !signal.selectorRanges.isEmpty && signal.multiplexor >= 0 {
      let multiplexor = name(content.signals[Int(signal.multiplexor)].name)
      let ranges = content.selectorRanges[signal.selectorRanges.range]
        .map { "\($0.lower)-\($0.upper)" }.joined(separator: ", ")
      line("SG_MUL_VAL_ \(path(index)) \(multiplexor) \(ranges);")
    }
    for statement in content.opaqueStatements { line(storage.verbatim(statement)) }
  }
}

extension Database: CustomStringConvertible {
  /// The database as DBC text, which parses to an equal database.
  ///
  /// Sections stand in the order that tools expect; what the text said that was unsound is left out. In a file, write it
  /// as UTF-8 or, for old tools, by `text(encodedAs:)`.
  public var description: String { DatabaseWriter(storage).output }

  /// The description as bytes. Characters that the encoding lacks become question marks.
  public func text(encodedAs encoding: TextEncoding) -> [UInt8] {
    let text = description
    switch encoding {
    case .automatic, .utf8: return Array(text.utf8)
    case .windows1252, .latin1: return text.unicodeScalars.map { encoding.byte(of: $0) }
    }
  }
}

extension Database: Equatable {
  /// Whether two databases say the same, wherever their texts differ in blanks, order of statements and the like: their
  /// descriptions are the same.
  public static func == (left: Database, right: Database) -> Bool {
    left.storage === right.storage || left.description == right.description
  }
}
