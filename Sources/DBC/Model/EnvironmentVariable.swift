/// An environment variable: a value of a simulation that nodes share.
public struct EnvironmentVariable: Sendable {
  let storage: DatabaseStorage
  /// Its place in the list of environment variables.
  public let index: Int

  var record: EnvironmentVariableRecord { storage.content.environmentVariables[index] }

  /// What kind of value it holds.
  public enum ValueKind: Sendable, Hashable {
    /// A whole number (type 0).
    case integer
    /// A floating-point number (type 1).
    case float
    /// A text (access type 0x8000 and above).
    case string
    /// A block of bytes (`ENVVAR_DATA_`).
    case data(byteCount: Int)
  }

  /// The name: the long one of its attribute `SystemEnvVarLongSymbol` if it has one.
  public var name: String {
    let record = record
    return storage.text(record.longName.isNone ? record.name : record.longName)
  }

  /// The name as it stands in `EV_`.
  public var shortName: String { storage.text(record.name) }

  /// What kind of value it holds.
  public var valueKind: ValueKind {
    let record = record
    if record.isData { return .data(byteCount: Int(record.dataByteCount)) }
    let access = accessCode
    if access & 0x8000 != 0 { return .string }
    return record.type == 1 ? .float : .integer
  }

  /// The least value, as declared.
  public var minimum: Double { record.minimum }

  /// The greatest value, as declared.
  public var maximum: Double { record.maximum }

  /// The unit, often empty.
  public var unit: String { storage.text(record.unit) }

  /// The value at the start.
  public var initialValue: Double { record.initialValue }

  /// Its number in the file.
  public var number: Int { Int(record.number) }

  /// Whether nodes may read it.
  public var isReadable: Bool { accessCode & 1 != 0 }

  /// Whether nodes may write it.
  public var isWritable: Bool { accessCode & 2 != 0 }

  /// The nodes that use it.
  public var nodes: [String] {
    record.accessNodes.range.compactMap { storage.nodeName(storage.content.nodeReferences[$0]) }
  }

  /// The labels of its values.
  public var choices: [Choice] { storage.choices(record.choices) }

  /// The comment on it.
  public var comment: String? { storage.optionalText(record.comment) }

  /// Its attribute values.
  public var attributes: [Attribute] { storage.attributes(.environmentVariable, index) }

  /// The value of one of its attributes: its own, else the definition's default.
  public func attribute(_ name: String) -> AttributeValue? {
    storage.attribute(name, .environmentVariable, index)
  }

  /// The hexadecimal digits at the end of `DUMMY_NODE_VECTOR8001`.
  private var accessCode: Int {
    let word = storage.text(record.access)
    guard let start = word.lastIndex(of: "R") else { return 0 }
    return Int(word[word.index(after: start)...], radix: 16) ?? 0
  }
}
