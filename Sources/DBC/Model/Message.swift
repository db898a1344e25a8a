/// A message: an identifier and the layout of its payload.
public struct Message: Sendable {
  let storage: DatabaseStorage
  /// Its place in the list of messages.
  public let index: Int

  var record: MessageRecord { storage.content.messages[index] }

  /// The identifier that its frames have on the bus, or nil when none can have it: the pseudo message that holds
  /// signals without a message, or one whose number is above 29 bits.
  public var identifier: CANIdentifier? {
    let value = record.identifier
    return value == MessageRecord.noIdentifier ? nil : CANIdentifier(truncating: value)
  }

  /// The name: the long one of its attribute `SystemMessageLongSymbol` if it has one.
  public var name: String {
    let record = record
    return storage.text(record.longName.isNone ? record.name : record.longName)
  }

  /// The name as it stands in `BO_`.
  public var shortName: String { storage.text(record.name) }

  /// The length of its payload in bytes, as declared. Above 64 only a transport protocol carries it.
  public var byteCount: Int { Int(record.byteCount) }

  /// The node that sends it; nil when the file names none (`Vector__XXX`).
  public var sender: String? { storage.nodeName(record.sender) }

  /// All nodes that send it: the sender, and those of `BO_TX_BU_`.
  public var senders: [String] {
    var names: [String] = []
    if let sender { names.append(sender) }
    for index in record.transmitters.range {
      if let name = storage.nodeName(storage.content.nodeReferences[index]), !names.contains(name) {
        names.append(name)
      }
    }
    return names
  }

  /// Its signals, in the order of the file.
  public var signals: SignalList { SignalList(storage: storage, range: record.signals.range) }

  /// Whether any of its signals is selected by another.
  public var isMultiplexed: Bool { signals.contains { $0.isMultiplexed || $0.isMultiplexor } }

  /// The comment on it.
  public var comment: String? { storage.optionalText(record.comment) }

  /// How its frames look, by its attribute `VFrameFormat` or that attribute's default.
  public var frameFormat: FrameFormat { record.frameFormat }

  /// Whether its frames are CAN FD: by its attribute `VFrameFormat`, or because it has 9 to 64 bytes and is no
  /// J1939 group.
  public var isFD: Bool {
    switch record.frameFormat {
    case .fd: true
    case .j1939: false
    case .classic, .unspecified: byteCount > 8 && byteCount <= 64
    }
  }

  /// Its attribute values.
  public var attributes: [Attribute] { storage.attributes(.message, index) }

  /// The value of one of its attributes: its own, else the definition's default.
  public func attribute(_ name: String) -> AttributeValue? {
    storage.attribute(name, .message, index)
  }

  /// Its signal groups.
  public var signalGroups: [SignalGroup] {
    storage.content.signalGroups.indices.compactMap { group in
      Int(storage.content.signalGroups[group].message) == index
        ? SignalGroup(storage: storage, index: group) : nil
    }
  }

  /// The first signal of this name, long or short. Looks at all of them.
  public func signal(named name: String) -> Signal? {
    signals.first { $0.name == name || $0.shortName == name }
  }
}

/// The messages of a database.
public struct MessageList: Sendable, RandomAccessCollection {
  let storage: DatabaseStorage

  /// Always 0.
  public var startIndex: Int { 0 }

  /// The number of messages.
  public var endIndex: Int { storage.content.messages.count }

  /// The message at `position`.
  public subscript(position: Int) -> Message {
    precondition(indices.contains(position), "message index out of range")
    return Message(storage: storage, index: position)
  }
}
