internal import CDecodeKernels

/// Encodes values into frames: the exact inverse of a decoder.
///
/// ```swift
/// let frame = try database.encoder().encode("EngineStatus", ["Engine_RPM": 850, "State": "running"])
/// ```
///
/// Signals that are not given keep their start value (attribute `GenSigStartValue`), else raw 0. A multiplexor that is
/// not given has the lowest value that makes all signals active that are. Unused bits are 0.
public struct FrameEncoder: Sendable {
  /// What is checked, and how the frame is filled.
  public struct Options: Sendable, Hashable {
    /// Refuses physical values outside the range that the database declares. Default true.
    public var checksRange = true

    /// The defaults.
    public init() {}
  }

  private struct SignalKey: Hashable, Sendable {
    var message: Int
    var name: String
  }

  let plan: DecodePlan
  /// What is checked.
  public let options: Options
  private let messages: [String: Int]
  private let signals: [SignalKey: Int]
  /// The raw bits that a signal has when it is not given.
  private let startBits: [UInt64]

  init(_ storage: DatabaseStorage, _ options: Options) {
    plan = DecodePlan(storage)
    self.options = options
    var messages: [String: Int] = [:]
    var signals: [SignalKey: Int] = [:]
    for (index, record) in storage.content.messages.enumerated() {
      for range in [record.longName, record.name] where !range.isNone {
        let name = storage.text(range)
        if messages[name] == nil { messages[name] = index }
      }
    }
    for (index, record) in storage.content.signals.enumerated() {
      for range in [record.longName, record.name] where !range.isNone {
        let key = SignalKey(message: Int(record.message), name: storage.text(range))
        if signals[key] == nil { signals[key] = index }
      }
    }
    self.messages = messages
    self.signals = signals
    startBits = Self.startBits(storage)
  }

  private static func startBits(_ storage: DatabaseStorage) -> [UInt64] {
    var bits = [UInt64](repeating: 0, count: storage.content.signals.count)
    let definition = storage.content.attributeDefinitions.firstIndex {
      $0.scope == .signal && storage.text($0.name) == "GenSigStartValue"
    }
    guard let definition else { return bits }
    let standard = storage.content.attributeDefinitions[definition].defaultValue
    func start(_ value: AttributeValueRecord, _ record: SignalRecord) -> UInt64 {
      guard value.kind == .number else { return 0 }
      return (try? SignalBits(record).bits(RawValue(value.number), "")) ?? 0
    }
    for index in bits.indices { bits[index] = start(standard, storage.content.signals[index]) }
    for record in storage.content.attributes where Int(record.definition) == definition {
      bits[Int(record.object)] = start(record.value, storage.content.signals[Int(record.object)])
    }
    return bits
  }

  /// Encodes a frame of the named message. Its time is 0.
  /// - Throws: `unknownMessage`, `unknownSignal`, `unknownChoice`, `valueOutOfRange`, `inactiveSignal` when a signal is
  ///   given that the multiplexors rule out, `messageTooLong` above what one frame has (use `encodeBytes`): 64 bytes, of a
  ///   J1939 group 8; `unknownIdentifier` when the message has none.
  public func encode(
    _ name: String, _ values: [String: SignalInput]
  ) throws(DBCError) -> CANFrame {
    let index = try messageIndex(name)
    let record = plan.storage.content.messages[index]
    guard record.identifier != MessageRecord.noIdentifier else {
      throw DBCError(.unknownIdentifier, "message \(name) has no identifier that a frame can have")
    }
    // A J1939 group of more than 8 bytes goes as several frames, and its frames are classic ones.
    let isFD = Message(storage: plan.storage, index: index).isFD
    let limit = record.frameFormat == .j1939 ? 8 : CANPayload.maximumCount
    guard record.byteCount <= limit else {
      throw DBCError(
        .messageTooLong,
        "message \(name) has \(record.byteCount) bytes and its frame up to \(limit); encode its bytes "
          + "and give them to a transport protocol")
    }
    let bytes = try encode(index, values)
    return CANFrame(
      identifier: CANIdentifier(truncating: record.identifier), flags: isFD ? .fd : [],
      payload: CANPayload(bytes) ?? CANPayload())
  }

  /// Encodes a frame of the named message from physical values.
  /// - Throws: As `encode` for inputs of all kinds.
  @_disfavoredOverload
  public func encode(
    _ name: String, _ values: [String: Double]
  ) throws(DBCError) -> CANFrame {
    try encode(name, values.mapValues { SignalInput.value($0) })
  }

  /// Encodes a frame of the protected message, and fills in its next count and its checksum.
  ///
  /// ```swift
  /// var protection = try FrameProtection(message, counter: "Counter")
  /// let first = try encoder.encode(["Speed": 12.5], protectedBy: &protection)
  /// let second = try encoder.encode(["Speed": 13], protectedBy: &protection)
  /// ```
  /// - Throws: As `encode`.
  public func encode(
    _ values: [String: SignalInput], protectedBy protection: inout FrameProtection
  ) throws(DBCError) -> CANFrame {
    var frame = try encode(protection.message.name, values)
    protection.protect(&frame)
    return frame
  }

  /// Encodes the payload of the named message, which may be longer than a frame.
  /// - Throws: As `encode`, without its limit; `messageTooLong` above 65 535 bytes.
  public func encodeBytes(
    _ name: String, _ values: [String: SignalInput]
  ) throws(DBCError) -> [UInt8] {
    try encode(try messageIndex(name), values)
  }

  private func messageIndex(_ name: String) throws(DBCError) -> Int {
    guard let index = messages[name] else {
      throw DBCError(.unknownMessage, "the database has no message \(name)")
    }
    return index
  }

  private func encode(
    _ message: Int, _ values: [String: SignalInput]
  ) throws(DBCError) -> [UInt8] {
    let storage = plan.storage
    let record = storage.content.messages[message]
    guard record.byteCount <= 65_535 else {
      throw DBCError(
        .messageTooLong,
        "message \(storage.text(record.name)) declares \(record.byteCount) bytes; up to 65535 can "
          + "be encoded")
    }
    var given: [Int: UInt64] = [:]
    // In the order of names, so that of several errors always the same one is reported.
    for (name, input) in values.sorted(by: { $0.key < $1.key }) {
      guard let signal = signals[SignalKey(message: message, name: name)] else {
        throw DBCError(
          .unknownSignal, "message \(storage.text(record.name)) has no signal \(name)")
      }
      given[signal] = try bits(input, signal, name)
    }
    let selectors = try selectorBits(given)
    var bytes = [UInt8](repeating: 0, count: Int(record.byteCount) + 16)
    bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      write(
        Int(plan.plan.messages[message].section), Int(record.byteCount), given, selectors, base)
    }
    bytes.removeLast(16)
    return bytes
  }

  private func bits(
    _ input: SignalInput, _ index: Int, _ name: String
  ) throws(DBCError) -> UInt64 {
    let storage = plan.storage
    let record = storage.content.signals[index]
    guard plan.slots[index] >= 0 else {
      throw DBCError(
        .inactiveSignal, "signal \(name) can't be encoded; the findings of the database say why")
    }
    let signal = SignalBits(record)
    let message = storage.content.messages[Int(record.message)]
    guard BitPlacement(record).endByte <= Int(message.byteCount) else {
      throw DBCError(
        .inactiveSignal, "signal \(name) lies outside the \(message.byteCount) bytes of its message"
      )
    }
    func isLabelled(_ raw: RawValue) -> Bool {
      storage.content.choices[record.choices.range].contains { $0.value == raw }
    }
    switch input {
    case .raw(let value):
      return try signal.bits(value, name)
    case .value(let value):
      return try signal.bits(
        physical: value, name, checksRange: options.checksRange, isLabelled: isLabelled)
    case .whole(let value):
      return try signal.bits(
        whole: value, name, checksRange: options.checksRange, isLabelled: isLabelled)
    case .choice(let label):
      for choice in storage.content.choices[record.choices.range]
      where storage.text(choice.label) == label {
        return try signal.bits(choice.value, name)
      }
      throw DBCError(
        .unknownChoice,
        "signal \(name) has no label '\(label)'"
          + (record.choices.isEmpty
            ? "; it has no value table"
            : "; it has \(Signal(storage: storage, index: index).choices.prefix(8).map(\.label))"))
    }
  }

  private func write(
    _ index: Int, _ byteCount: Int, _ given: [Int: UInt64], _ selectors: [Int: UInt64],
    _ payload: UnsafeMutableRawPointer
  ) {
    let section = plan.plan.sections[index]
    for position in Int(section.firstSignal)..<Int(section.firstSignal + section.signalCount) {
      let signal = plan.plan.signals[position]
      guard Int(signal.endByte) <= byteCount else { continue }
      let source = Int(signal.source)
      signal.insert(given[source] ?? selectors[source] ?? startBits[source], payload)
    }
    for position in Int(section.firstSwitch)..<Int(section.firstSwitch + section.switchCount) {
      let selection = plan.plan.switches[position]
      let selector = plan.plan.signals[Int(selection.signal)]
      guard Int(selector.endByte) <= byteCount else { continue }
      plan.forEachActiveSection(selection, selector.bits(payload)) {
        write($0, byteCount, given, selectors, payload)
      }
    }
  }
}

extension Database {
  /// Compiles the database for encoding. Do it once and keep the result.
  public func encoder(_ options: FrameEncoder.Options = .init()) -> FrameEncoder {
    FrameEncoder(storage, options)
  }
}
