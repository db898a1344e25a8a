/// Joins what statements say with the objects they speak of, once all objects are known.
struct Resolver {
  let scanner: Scanner
  var content: DatabaseContent
  let pending: PendingReferences
  var log: FindingLog
  /// Where the labels of value tables begin that signals or variables refer to by name.
  var sharedChoices: Set<Int32> = []

  var messagesByIdentifier: IndexTable
  var signalsByName: IndexTable
  var nodesByName: IndexTable
  var variablesByName: IndexTable
  var tablesByName: IndexTable
  var typesByName: IndexTable
  var definitionsByName: IndexTable

  init(_ parser: Parser) {
    scanner = parser.scanner
    content = parser.content
    pending = parser.pending
    log = parser.log
    messagesByIdentifier = IndexTable(capacity: content.messages.count)
    signalsByName = IndexTable(capacity: content.signals.count)
    nodesByName = IndexTable(capacity: content.nodes.count)
    variablesByName = IndexTable(capacity: content.environmentVariables.count)
    tablesByName = IndexTable(capacity: content.valueTables.count)
    typesByName = IndexTable(capacity: content.signalTypes.count)
    definitionsByName = IndexTable(capacity: content.attributeDefinitions.count)
  }

  mutating func resolve() {
    indexMessages()
    indexSignals()
    indexDefinitions()
    resolveNodes()
    resolveValueTypes()
    resolveValues()
    resolveComments()
    resolveVariables()
    resolveTransmitters()
    resolveGroups()
    resolveSignalTypes()
    resolveAttributes()
    resolveMultiplexing()
    checkSignals()
    checkLayout()
  }

  // MARK: Indices

  private mutating func indexMessages() {
    var names = IndexTable(capacity: content.messages.count)
    for index in content.messages.indices {
      let record = content.messages[index]
      let hash = scanner.hash.hash(UInt64(record.declaredIdentifier))
      let other = findMessage(record.declaredIdentifier)
      if other >= 0 {
        log.add(
          record.name.start, .error, .duplicateIdentifier,
          "message \(text(record.name)) has the identifier of message "
            + "\(text(content.messages[other].name)); frames decode as the first of them")
      } else {
        messagesByIdentifier.insert(hash, index)
      }
      let messages = content.messages
      let namesake = names.find(record.hash) { scanner.equal(messages[$0].name, record.name) }
      if namesake >= 0 {
        log.add(
          record.name.start, .warning, .duplicateMessage,
          "a second message named \(text(record.name))")
      } else {
        names.insert(record.hash, index)
      }
    }
  }

  private mutating func indexSignals() {
    for index in content.signals.indices {
      let record = content.signals[index]
      let identifier = content.messages[Int(record.message)].declaredIdentifier
      let other = findSignal(identifier, record.name, record.hash)
      if other >= 0, content.signals[other].message == record.message {
        log.add(
          record.name.start, .error, .duplicateSignal,
          "a second signal named \(text(record.name)) in message "
            + "\(text(content.messages[Int(record.message)].name))")
      } else if other < 0 {
        signalsByName.insert(signalHash(identifier, record.hash), index)
      }
    }
  }

  private mutating func indexDefinitions() {
    let content = self.content
    let scanner = self.scanner
    for (index, record) in content.nodes.enumerated() {
      if nodesByName.find(record.hash, { scanner.equal(content.nodes[$0].name, record.name) }) >= 0
      {
        log.add(
          record.name.start, .warning, .duplicateNode, "node \(text(record.name)) is listed twice")
      } else {
        nodesByName.insert(record.hash, index)
      }
    }
    for (index, record) in content.environmentVariables.enumerated() {
      let matches = { scanner.equal(content.environmentVariables[$0].name, record.name) }
      if variablesByName.find(record.hash, matches) >= 0 {
        noteDuplicate(record.name, "environment variable")
      } else {
        variablesByName.insert(record.hash, index)
      }
    }
    for (index, record) in content.valueTables.enumerated() {
      let matches = { scanner.equal(content.valueTables[$0].name, record.name) }
      if tablesByName.find(record.hash, matches) >= 0 {
        noteDuplicate(record.name, "value table")
      } else {
        tablesByName.insert(record.hash, index)
      }
      checkChoices(record.choices)
    }
    for (index, record) in content.signalTypes.enumerated() {
      let matches = { scanner.equal(content.signalTypes[$0].name, record.name) }
      if typesByName.find(record.hash, matches) >= 0 {
        noteDuplicate(record.name, "signal type")
      } else {
        typesByName.insert(record.hash, index)
      }
    }
    for (index, record) in content.attributeDefinitions.enumerated() {
      let matches = { (candidate: Int) -> Bool in
        let other = content.attributeDefinitions[candidate]
        return other.scope == record.scope && scanner.equal(other.name, record.name)
      }
      if definitionsByName.find(record.hash, matches) >= 0 {
        noteDuplicate(record.name, "attribute")
      } else {
        definitionsByName.insert(record.hash, index)
      }
    }
  }

  private mutating func noteDuplicate(_ name: TextRange, _ what: String) {
    log.add(
      name.start, .warning, .duplicateDefinition,
      "\(what) \(text(name)) is defined twice; the first holds")
  }

  // MARK: Lookup

  func text(_ range: TextRange) -> String { scanner.text(range) }

  @inline(__always)
  func findMessage(_ declared: UInt32) -> Int {
    content.messages.withUnsafeBufferPointer { messages in
      messagesByIdentifier.find(scanner.hash.hash(UInt64(declared))) {
        messages[$0].declaredIdentifier == declared
      }
    }
  }

  @inline(__always)
  private func signalHash(_ identifier: UInt32, _ nameHash: UInt32) -> UInt32 {
    scanner.hash.hash(UInt64(identifier) << 32 | UInt64(nameHash))
  }

  @inline(__always)
  func findSignal(_ identifier: UInt32, _ name: TextRange, _ nameHash: UInt32) -> Int {
    content.signals.withUnsafeBufferPointer { signals in
      content.messages.withUnsafeBufferPointer { messages in
        signalsByName.find(signalHash(identifier, nameHash)) {
          signals[$0].hash == nameHash && scanner.equal(signals[$0].name, name)
            && messages[Int(signals[$0].message)].declaredIdentifier == identifier
        }
      }
    }
  }

  func findNode(_ name: TextRange) -> Int {
    let nodes = content.nodes
    return nodesByName.find(scanner.hash(name)) { scanner.equal(nodes[$0].name, name) }
  }

  func findVariable(_ name: TextRange) -> Int {
    let variables = content.environmentVariables
    return variablesByName.find(scanner.hash(name)) { scanner.equal(variables[$0].name, name) }
  }

  /// The index of the object a statement speaks of, or -1 with a finding.
  @inline(__always)
  mutating func resolve(_ target: PendingReferences.Target) -> Int {
    switch target.scope {
    case .database: return 0
    case .signal, .nodeSignal:
      let index = findSignal(target.identifier, target.name, scanner.hash(target.name))
      if index < 0 { noteUnknownSignal(target) }
      return index
    case .message, .nodeMessage:
      let index = findMessage(target.identifier)
      if index < 0 { noteUnknownMessage(target) }
      return index
    case .node:
      let index = findNode(target.name)
      if index < 0 {
        log.add(
          Int(target.offset), .warning, .unknownNode,
          "node \(text(target.name)) is not in BU_; the statement is left out")
      }
      return index
    case .environmentVariable, .nodeEnvironmentVariable:
      let index = findVariable(target.name)
      if index < 0 {
        log.add(
          Int(target.offset), .warning, .unknownEnvironmentVariable,
          "there is no environment variable \(text(target.name)); the statement is left out")
      }
      return index
    }
  }

  private mutating func noteUnknownSignal(_ target: PendingReferences.Target) {
    let message = findMessage(target.identifier)
    if message < 0 {
      noteUnknownMessage(target)
    } else {
      log.add(
        Int(target.offset), .warning, .unknownSignal,
        "message \(text(content.messages[message].name)) has no signal \(text(target.name)); "
          + "the statement is left out")
    }
  }

  private mutating func noteUnknownMessage(_ target: PendingReferences.Target) {
    log.add(
      Int(target.offset), .warning, .unknownMessage,
      "there is no message \(target.identifier); the statement is left out")
  }
}
