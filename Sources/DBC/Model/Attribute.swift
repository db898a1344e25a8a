/// The value of an attribute.
public enum AttributeValue: Sendable, Hashable {
  /// A whole number.
  case integer(Int64)
  /// A number.
  case float(Double)
  /// A text.
  case string(String)
  /// A label of an enumeration, and its place in the list if it stands there.
  case enumeration(String, index: Int?)
}

extension AttributeValue {
  /// The number, where it is one; of an enumeration, the place of its label.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .float(let value): value
    case .enumeration(_, let index): index.map(Double.init)
    case .string: nil
    }
  }

  /// The text, where it is one; of an enumeration, the label.
  public var string: String? {
    switch self {
    case .string(let text), .enumeration(let text, _): text
    case .integer, .float: nil
    }
  }
}

/// The definition of an attribute: which objects have it, and what values it takes.
public struct AttributeDefinition: Sendable {
  let storage: DatabaseStorage
  /// Its place in the list of definitions.
  public let index: Int

  var record: AttributeDefinitionRecord { storage.content.attributeDefinitions[index] }

  /// Its name.
  public var name: String { storage.text(record.name) }

  /// The kind of object that has it.
  public var scope: AttributeScope { record.scope }

  /// What values it takes.
  public var type: AttributeType { record.type }

  /// The least value of a number, as declared.
  public var minimum: Double { record.minimum }

  /// The greatest value of a number, as declared.
  public var maximum: Double { record.maximum }

  /// The labels of an enumeration.
  public var labels: [String] {
    storage.content.attributeLabels[record.labels.range].map { storage.text($0) }
  }

  /// The value of objects that have none of their own.
  public var defaultValue: AttributeValue? { storage.value(record.defaultValue, record) }
}

/// The value of an attribute of one object.
public struct Attribute: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its value.
  public let value: AttributeValue
}

/// The value of an attribute of a node's relation to a signal, message or environment variable.
public struct RelationAttribute: Sendable {
  let storage: DatabaseStorage
  let index: Int

  private var record: AttributeRecord { storage.content.attributes[index] }

  /// The name of the attribute.
  public var name: String {
    storage.text(storage.content.attributeDefinitions[Int(record.definition)].name)
  }

  /// The kind of relation.
  public var scope: AttributeScope { record.scope }

  /// The node.
  public var node: Node { Node(storage: storage, index: Int(record.node)) }

  /// The signal, when the relation is to one.
  public var signal: Signal? {
    record.scope == .nodeSignal ? Signal(storage: storage, index: Int(record.object)) : nil
  }

  /// The message, when the relation is to one, or that of the signal.
  public var message: Message? {
    record.scope == .nodeMessage
      ? Message(storage: storage, index: Int(record.object)) : signal?.message
  }

  /// The environment variable, when the relation is to one.
  public var environmentVariable: EnvironmentVariable? {
    record.scope == .nodeEnvironmentVariable
      ? EnvironmentVariable(storage: storage, index: Int(record.object)) : nil
  }

  /// The value.
  public var value: AttributeValue? {
    storage.value(
      record.value, storage.content.attributeDefinitions[Int(record.definition)])
  }
}

extension DatabaseStorage {
  /// A value as its definition wants it.
  func value(
    _ value: AttributeValueRecord, _ definition: AttributeDefinitionRecord
  ) -> AttributeValue? {
    switch value.kind {
    case .none:
      return nil
    case .string:
      let text = text(value.text)
      guard definition.type == .enumeration else { return .string(text) }
      let labels = content.attributeLabels[definition.labels.range]
      let place = labels.firstIndex { self.text($0) == text }
      return .enumeration(text, index: place.map { $0 - labels.startIndex })
    case .number:
      let number = value.number
      if definition.type == .enumeration, number >= 0, number < Double(definition.labels.count) {
        let index = Int(number)
        let label = content.attributeLabels[Int(definition.labels.first) + index]
        return .enumeration(text(label), index: index)
      }
      if definition.type != .float, let whole = Int64(exactly: number) { return .integer(whole) }
      return .float(number)
    }
  }

  /// The run of attributes of one object.
  func attributeRange(_ scope: AttributeScope, _ object: Int) -> Range<Int> {
    let key = UInt64(scope.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: object))
    func lowerBound(_ limit: UInt64) -> Int {
      var low = 0
      var high = content.attributes.count
      while low < high {
        let middle = (low + high) / 2
        let record = content.attributes[middle]
        let other =
          UInt64(record.scope.rawValue) << 32 | UInt64(UInt32(bitPattern: record.object))
        if other < limit { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return lowerBound(key)..<lowerBound(key + 1)
  }

  func attributes(_ scope: AttributeScope, _ object: Int) -> [Attribute] {
    attributeRange(scope, object).compactMap { index in
      let record = content.attributes[index]
      let definition = content.attributeDefinitions[Int(record.definition)]
      return value(record.value, definition).map {
        Attribute(name: text(definition.name), value: $0)
      }
    }
  }

  /// The last value given to the object, else the default of the definition.
  func attribute(_ name: String, _ scope: AttributeScope, _ object: Int) -> AttributeValue? {
    let definition = content.attributeDefinitions.firstIndex {
      $0.scope == scope && text($0.name) == name
    }
    guard let definition else { return nil }
    let range = attributeRange(scope, object)
    let index = range.last { Int(content.attributes[$0].definition) == definition }
    let record = content.attributeDefinitions[definition]
    return value(index.map { content.attributes[$0].value } ?? record.defaultValue, record)
  }
}
