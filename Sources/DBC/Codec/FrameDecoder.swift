internal import CDecodeKernels

/// Decodes frames by a database: compiled once, used from any thread.
///
/// ```swift
/// let decoder = database.decoder()
/// for signal in try decoder.decode(frame.identifier, frame.payload).signals {
///   print(signal.name, signal.value, signal.unit)
/// }
/// ```
public struct FrameDecoder: Sendable {
  let plan: DecodePlan

  init(_ storage: DatabaseStorage, _ matching: J1939Matching) {
    plan = DecodePlan(storage, matching)
  }

  /// The messages of the database.
  public var messages: MessageList { MessageList(storage: plan.storage) }

  /// The message that frames with this identifier are.
  public func message(_ identifier: CANIdentifier) -> Message? {
    let index = plan.message(identifier.rawValue)
    return index < 0 ? nil : Message(storage: plan.storage, index: index)
  }

  /// Decodes one frame: every signal that is active and whose bits are all in the payload.
  ///
  /// A payload shorter than the message gives the signals that fit; bytes behind the message are ignored.
  /// - Throws: `unknownIdentifier` when no message of the database has it.
  public func decode(
    _ identifier: CANIdentifier, _ payload: CANPayload
  ) throws(DBCError) -> DecodedMessage {
    guard let message = message(identifier) else {
      throw DBCError(
        .unknownIdentifier,
        "no message of the database has the \(identifier.isExtended ? "extended" : "standard") "
          + "identifier 0x\(identifier)")
    }
    return decode(message, payload)
  }

  /// Decodes the payload of a message of this decoder's database, whatever its identifier.
  public func decode(_ message: Message, _ payload: CANPayload) -> DecodedMessage {
    // Ten words: the window of the last signal of 64 bytes may reach past them.
    var words = InlineArray<10, UInt64>(repeating: 0)
    for index in 0..<8 { words[index] = payload.word(index).littleEndian }
    return withUnsafeBytes(of: &words) { decode(message, $0, payload.count) }
  }

  /// Decodes the payload of a message of this decoder's database, of any length: what a transport protocol put
  /// together from many frames.
  public func decode(_ message: Message, bytes: some Collection<UInt8>) -> DecodedMessage {
    withPadded(bytes) { decode(message, $0, $1) }
  }

  /// `payload` has at least 9 zero bytes behind its `count` ones.
  private func decode(
    _ message: Message, _ payload: UnsafeRawBufferPointer, _ count: Int
  ) -> DecodedMessage {
    precondition(
      message.storage === plan.storage, "the message belongs to another database")
    var signals: [DecodedSignal] = []
    guard let base = payload.baseAddress else {
      return DecodedMessage(message: message, signals: signals)
    }
    let record = plan.plan.messages[message.index]
    signals.reserveCapacity(Int(record.signalCount))
    collect(Int(record.section), base, count, &signals)
    signals.sort { $0.signal.index < $1.signal.index }
    return DecodedMessage(message: message, signals: signals)
  }

  /// Hands each signal that is active and present in a payload to `body`: its slot, raw value, physical value and status.
  ///
  /// The way for those who decode frame by frame and keep nothing: no memory is allocated. The order is that of the slots.
  public func forEachSignal(
    of message: Message, in payload: CANPayload,
    _ body: (_ slot: Int, _ raw: RawValue, _ value: Double, _ status: SignalStatus) -> Void
  ) {
    precondition(
      message.storage === plan.storage, "the message belongs to another database")
    var words = InlineArray<10, UInt64>(repeating: 0)
    for index in 0..<8 { words[index] = payload.word(index).littleEndian }
    withUnsafeBytes(of: &words) { buffer in
      guard let base = buffer.baseAddress else { return }
      visit(Int(plan.plan.messages[message.index].section), base, payload.count, body)
    }
  }

  /// The same for a payload of any length: what a transport protocol put together from many frames. The bytes are copied once.
  public func forEachSignal(
    of message: Message, bytes: some Collection<UInt8>,
    _ body: (_ slot: Int, _ raw: RawValue, _ value: Double, _ status: SignalStatus) -> Void
  ) {
    withPadded(bytes) { payload, count in
      precondition(
        message.storage === plan.storage, "the message belongs to another database")
      guard let base = payload.baseAddress else { return }
      visit(Int(plan.plan.messages[message.index].section), base, count, body)
    }
  }

  /// The bytes with zeros behind them, over which a window of eight or nine bytes may reach.
  private func withPadded<Result>(
    _ bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer, Int) -> Result
  ) -> Result {
    var padded: [UInt8] = []
    padded.reserveCapacity(bytes.count + 16)
    padded.append(contentsOf: bytes)
    let count = padded.count
    padded.append(contentsOf: repeatElement(0, count: 16))
    return padded.withUnsafeBytes { body($0, count) }
  }

  private func visit(
    _ index: Int, _ payload: UnsafeRawPointer, _ count: Int,
    _ body: (Int, RawValue, Double, SignalStatus) -> Void
  ) {
    let section = plan.plan.sections[index]
    for slot in Int(section.firstSignal)..<Int(section.firstSignal + section.signalCount) {
      let signal = plan.plan.signals[slot]
      guard Int(signal.endByte) <= count else { continue }
      body(
        slot, signal.raw(payload), signal.value(payload),
        signal.status(signal.aligned(payload)))
    }
    for position in Int(section.firstSwitch)..<Int(section.firstSwitch + section.switchCount) {
      let selection = plan.plan.switches[position]
      let selector = plan.plan.signals[Int(selection.signal)]
      guard Int(selector.endByte) <= count else { continue }
      plan.forEachActiveSection(selection, selector.bits(payload)) {
        visit($0, payload, count, body)
      }
    }
  }

  private func collect(
    _ index: Int, _ payload: UnsafeRawPointer, _ count: Int, _ signals: inout [DecodedSignal]
  ) {
    let section = plan.plan.sections[index]
    for position in Int(section.firstSignal)..<Int(section.firstSignal + section.signalCount) {
      let signal = plan.plan.signals[position]
      guard Int(signal.endByte) <= count else { continue }
      signals.append(
        DecodedSignal(
          signal: Signal(storage: plan.storage, index: Int(signal.source)),
          raw: signal.raw(payload), value: signal.value(payload),
          status: signal.status(signal.aligned(payload))))
    }
    for position in Int(section.firstSwitch)..<Int(section.firstSwitch + section.switchCount) {
      let selection = plan.plan.switches[position]
      let selector = plan.plan.signals[Int(selection.signal)]
      guard Int(selector.endByte) <= count else { continue }
      plan.forEachActiveSection(selection, selector.bits(payload)) {
        collect($0, payload, count, &signals)
      }
    }
  }
}

extension DecodePlan {
  /// The sections that a selector value makes active: one at most, unless ranges overlap.
  @inline(__always)
  func forEachActiveSection(_ selection: dk_switch, _ value: UInt64, _ body: (Int) -> Void) {
    if selection.entryCount > 0 {
      let section = plan.entries[Int(selection.firstEntry) &+ Int(truncatingIfNeeded: value)]
      if section >= 0 { body(Int(section)) }
      return
    }
    let first = Int(selection.firstRange)
    let end = first &+ Int(selection.rangeCount)
    if selection.isOverlapping != 0 {
      var index = first
      while index < end {
        let range = plan.ranges[index]
        if range.lower > value { return }
        if range.upper >= value { body(Int(range.section)) }
        index &+= 1
      }
      return
    }
    var low = first
    var high = end
    while low < high {
      let middle = (low &+ high) / 2
      if plan.ranges[middle].upper < value { low = middle &+ 1 } else { high = middle }
    }
    if low < end, plan.ranges[low].lower <= value { body(Int(plan.ranges[low].section)) }
  }
}

extension Database {
  /// Compiles the database for decoding. Do it once and keep the result.
  ///
  /// - Parameter j1939: Which messages are J1939 parameter groups: found by their number whoever sends them, with
  ///   reserved raw values for "not available" and "error".
  public func decoder(j1939: J1939Matching = .declared) -> FrameDecoder {
    FrameDecoder(storage, j1939)
  }
}
