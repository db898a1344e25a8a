/// A layout that signals can refer to (`SGTYPE_`).
public struct SignalType: Sendable {
  let storage: DatabaseStorage
  /// Its place in the list of signal types.
  public let index: Int

  var record: SignalTypeRecord { storage.content.signalTypes[index] }

  /// Its name.
  public var name: String { storage.text(record.name) }

  /// The number of bits.
  public var bitCount: Int { Int(record.bitCount) }

  /// The order of the bytes.
  public var byteOrder: Signal.ByteOrder {
    record.flags.contains(.bigEndian) ? .bigEndian : .littleEndian
  }

  /// Whether it is a whole number with sign.
  public var isSigned: Bool { record.flags.contains(.signed) }

  /// What the raw value is multiplied by.
  public var factor: Double { record.factor }

  /// What is then added.
  public var offset: Double { record.offset }

  /// The least physical value, as declared.
  public var minimum: Double { record.minimum }

  /// The greatest physical value, as declared.
  public var maximum: Double { record.maximum }

  /// The unit, often empty.
  public var unit: String { storage.text(record.unit) }

  /// The value at the start.
  public var defaultValue: Double { record.defaultValue }

  /// The name of its value table, if it has one.
  public var valueTableName: String? {
    record.valueTable.isNone ? nil : storage.text(record.valueTable)
  }
}
