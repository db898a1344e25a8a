/// A signal: some bits of a message, and how they stand for a value.
public struct Signal: Sendable {
  let storage: DatabaseStorage
  /// Its place among all signals of the database.
  public let index: Int

  var record: SignalRecord { storage.content.signals[index] }

  /// The order of a signal's bytes.
  public enum ByteOrder: Sendable, Hashable {
    /// Least significant byte first (Intel).
    case littleEndian
    /// Most significant byte first (Motorola).
    case bigEndian
  }

  /// The name: the long one of its attribute `SystemSignalLongSymbol` if it has one.
  public var name: String {
    let record = record
    return storage.text(record.longName.isNone ? record.name : record.longName)
  }

  /// The name as it stands in `SG_`.
  public var shortName: String { storage.text(record.name) }

  /// The message that it belongs to.
  public var message: Message { Message(storage: storage, index: Int(record.message)) }

  /// The start bit as declared: the least significant bit in Intel order, the most significant one in Motorola order;
  /// bit 0 is the least significant bit of byte 0 and bit 8 that of byte 1.
  public var startBit: Int { Int(record.startBit) }

  /// The bits that it has, least significant first, numbered as `startBit` is.
  public var bits: [Int] {
    let place = BitPlacement(record)
    return (0..<place.bitCount).map { index in
      if !place.isBigEndian { return place.firstBit + index }
      let linear = place.firstBit + place.bitCount - 1 - index
      return linear & ~7 | (7 - linear & 7)
    }
  }

  /// The number of bits.
  public var bitCount: Int { Int(record.bitCount) }

  /// The order of its bytes.
  public var byteOrder: ByteOrder { record.flags.contains(.bigEndian) ? .bigEndian : .littleEndian }

  /// Whether it is a whole number with sign.
  public var isSigned: Bool { record.flags.contains(.signed) }

  /// Whole number or floating-point.
  public var valueType: SignalValueType { record.valueType }

  /// What the raw value is multiplied by.
  public var factor: Double { record.factor }

  /// What is then added.
  public var offset: Double { record.offset }

  /// The least physical value, as declared. Without meaning unless below `maximum`.
  public var minimum: Double { record.minimum }

  /// The greatest physical value, as declared.
  public var maximum: Double { record.maximum }

  /// The declared range of physical values; nil when the file gives none (`[0|0]`) or an inverted one.
  public var range: ClosedRange<Double>? {
    let record = record
    return record.minimum < record.maximum ? record.minimum...record.maximum : nil
  }

  /// The unit, often empty.
  public var unit: String { storage.text(record.unit) }

  /// The nodes that receive it.
  public var receivers: [String] {
    record.receivers.range.compactMap { storage.nodeName(storage.content.nodeReferences[$0]) }
  }

  /// The comment on it.
  public var comment: String? { storage.optionalText(record.comment) }

  /// The labels of its raw values, in the order of the file.
  public var choices: [Choice] { storage.choices(record.choices) }

  /// The label of a raw value.
  public func choice(_ value: RawValue) -> String? {
    for index in record.choices.range {
      let choice = storage.content.choices[index]
      if choice.value == value || (choice.value.double == value.double && value.isFloat) {
        return storage.text(choice.label)
      }
    }
    return nil
  }

  /// Whether it selects others (`M`).
  public var isMultiplexor: Bool { record.flags.contains(.multiplexor) }

  /// Whether it is active only under some values of a multiplexor (`m0`).
  public var isMultiplexed: Bool { record.flags.contains(.multiplexed) }

  /// Whether any payload makes it active and gives it a number. Findings say why not.
  public var isDecodable: Bool { record.flags.isDisjoint(with: [.unreachable, .numberless]) }

  /// The signal that selects it.
  public var multiplexor: Signal? {
    let index = record.multiplexor
    return index < 0 ? nil : Signal(storage: storage, index: Int(index))
  }

  /// The values of its multiplexor that make it active; empty for a signal that is always active.
  public var selectorRanges: [ClosedRange<UInt64>] {
    let record = record
    guard record.flags.contains(.multiplexed) else { return [] }
    return storage.content.activeRanges(of: record).map { $0.lower...$0.upper }
  }

  /// The signal type that it refers to (`SIG_TYPE_REF_`).
  public var signalType: SignalType? {
    let index = record.signalType
    return index < 0 ? nil : SignalType(storage: storage, index: Int(index))
  }

  /// Its attribute values.
  public var attributes: [Attribute] { storage.attributes(.signal, index) }

  /// The value of one of its attributes: its own, else the definition's default.
  public func attribute(_ name: String) -> AttributeValue? {
    storage.attribute(name, .signal, index)
  }
}

extension RawValue {
  var isFloat: Bool {
    if case .float = self { return true }
    return false
  }
}

/// The signals of a message.
public struct SignalList: Sendable, RandomAccessCollection {
  let storage: DatabaseStorage
  let range: Range<Int>

  /// Always 0.
  public var startIndex: Int { 0 }

  /// The number of signals.
  public var endIndex: Int { range.count }

  /// The signal at `position`, counted within the message.
  public subscript(position: Int) -> Signal {
    precondition(indices.contains(position), "signal index out of range")
    return Signal(storage: storage, index: range.lowerBound + position)
  }
}
