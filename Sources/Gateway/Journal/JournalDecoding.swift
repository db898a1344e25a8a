internal import CANCore
internal import IndustrialModel
internal import MQTT
internal import Modbus

extension JournalEntry {
  /// Reads an entry; nil when the bytes are none.
  init?(_ bytes: [UInt8]) {
    let entry = bytes.withUnsafeBytes { bytes in
      var reader = VarintReader(bytes)
      let entry = reader.entry()
      return reader.remaining == 0 ? entry : nil
    }
    guard let entry else { return nil }
    self = entry
  }
}

extension VarintReader {
  fileprivate mutating func entry() -> JournalEntry? {
    guard let kind = byte().flatMap(JournalCodec.Kind.init(rawValue:)) else { return nil }
    switch kind {
    case .start: return state().map { .start($0) }
    case .mark: return state().map { .mark($0) }
    case .tick: return time().map { .tick($0) }
    case .finish: return .finish
    case .gap: return .gap
    case .change:
      guard let time = time(), let configuration = configuration(), let flags = byte(),
        let opened = texts(), let closed = texts()
      else { return nil }
      return .change(
        JournalChange(
          configuration: configuration, changesStages: flags & 1 != 0,
          changesVersion: flags & 2 != 0, opened: opened, closed: closed), time)
    default:
      guard let time = time(), let bus = text(), let event = event(kind) else { return nil }
      return .wire(bus, event, time)
    }
  }

  private mutating func event(_ kind: JournalCodec.Kind) -> WireEvent? {
    switch kind {
    case .frames: frames(haveChannels: false).map { .frames($0) }
    case .channelFrames: frames(haveChannels: true).map { .frames($0) }
    case .receivedFrames: frames(haveChannels: true).map { .received($0) }
    case .registers: round().map { .registers($0) }
    case .messages: list { $0.message() }.map { .messages($0) }
    case .values: values().map { .values($0) }
    case .lost: .lost
    case .back: .back
    default: nil
    }
  }

  private mutating func byte() -> UInt8? { block(1)?.first }

  private mutating func flag() -> Bool? {
    switch byte() {
    case 0: false
    case 1: true
    default: nil
    }
  }

  private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    next().flatMap { Number(exactly: $0) }
  }

  private mutating func zigzag() -> Int64? {
    next().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  private mutating func signedWord() -> Int64? { word().map { Int64(bitPattern: $0) } }

  private mutating func bytes() -> [UInt8]? {
    guard let count = nextLength(), let block = block(count) else { return nil }
    return Array(block)
  }

  /// A count, and so many parts. Each takes a byte at least, so that no count makes room for what is not there.
  private mutating func list<Part>(_ part: (inout Self) -> Part?) -> [Part]? {
    guard let count = nextLength() else { return nil }
    var parts: [Part] = []
    for _ in 0..<count {
      guard let next = part(&self) else { return nil }
      parts.append(next)
    }
    return parts
  }

  private mutating func texts() -> [String]? { list { $0.text() } }

  private mutating func time() -> WireTime? {
    guard let gateway = signedWord(), let monotonic = signedWord() else { return nil }
    return WireTime(gateway: Timestamp(nanoseconds: gateway), monotonic: monotonic)
  }

  private mutating func configuration() -> JournaledConfiguration? {
    guard let version = number(UInt32.self), let hasText = flag() else { return nil }
    guard hasText else { return JournaledConfiguration(version: version) }
    return text().map { JournaledConfiguration(version: version, text: $0) }
  }

  private mutating func state() -> JournalState? {
    guard let configuration = configuration(), let sequence = next(), let hasMemory = flag()
    else { return nil }
    var state = JournalState(configuration: configuration, nextSequence: sequence)
    if hasMemory {
      guard let memory = bytes() else { return nil }
      state.memory = memory
    }
    return state
  }

  private mutating func frames(haveChannels: Bool) -> CANFrameBatch? {
    guard let count = nextLength() else { return nil }
    var frames = CANFrameBatch()
    var last: Int64 = 0
    for _ in 0..<count {
      guard let channel = haveChannels ? number(UInt16.self) : 0, let step = zigzag(),
        let identifier = number(UInt32.self), let flags = byte(),
        let code = byte(), code <= 15, let length = nextLength(), let data = block(length),
        let payload = CANPayload(data)
      else { return nil }
      last &+= step
      frames.append(
        CANFrame(
          time: last, identifier: CANIdentifier(truncating: identifier), channel: channel,
          flags: CANFlags(rawValue: flags), payload: payload, dataLengthCode: code))
    }
    return frames
  }

  private mutating func round() -> RegisterRound? {
    guard let device = text(), let every = zigzag(), let answers = list({ $0.answer() })
    else { return nil }
    return RegisterRound(device: device, every: every, answers: answers)
  }

  private mutating func answer() -> RegisterRound.Answer? {
    guard let unit = byte(), let table = byte().flatMap(RegisterTable.init(rawValue:)),
      let address = number(UInt16.self), let count = number(UInt16.self), let hasTime = flag()
    else { return nil }
    var answer = RegisterRound.Answer(
      span: .init(unit: unit, table: table, address: address, count: Int(count)))
    if hasTime {
      guard let time = signedWord() else { return nil }
      answer.time = time
    }
    guard let quality = number(UInt32.self), let words = number(UInt16.self),
      let bytes = block(2 * Int(words))
    else { return nil }
    answer.quality = Quality(rawValue: quality)
    answer.words = ArraySlice(
      (0..<Int(words)).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) })
    return answer
  }

  private mutating func message() -> MQTTMessage? {
    guard let flags = byte(), let qos = MQTTQoS(rawValue: flags & 3), let topic = text(),
      let payload = bytes()
    else { return nil }
    return MQTTMessage(topic: topic, payload: payload, qos: qos, retain: flags & 4 != 0)
  }

  private mutating func values() -> NamedValues? {
    var names: [String] = []
    let entries = list { reader -> NamedValues.Entry? in
      guard let name = reader.text(), let quality = reader.number(UInt32.self),
        let value = reader.value()
      else { return nil }
      names.append(name)
      return NamedValues.Entry(
        name: names.count - 1, value: value, quality: Quality(rawValue: quality))
    }
    return entries.map { NamedValues(names: names, entries: $0) }
  }

  private mutating func value() -> Value? {
    switch byte() {
    case 0: Value.none
    case 1: flag().map { .bool($0) }
    case 2: zigzag().map { .int64($0) }
    case 3: next().map { .uint64($0) }
    case 4: word().map { .double(Double(bitPattern: $0)) }
    case 5: text().map { .string($0) }
    case 6: bytes().map { .bytes($0) }
    default: nil
    }
  }
}
