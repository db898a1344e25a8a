internal import CANCore
internal import IndustrialModel
internal import MQTT
internal import Modbus

/// The stored form of journal entries: docs/journal.md has it byte by byte.
enum JournalCodec {
  /// What records of a journal begin with. Records of samples begin with other bytes.
  static let mark = UInt8(ascii: "J")
  /// The newest version that this code reads, and the one it writes.
  static let version: UInt8 = 1
  /// Flags of a record: its entry goes on in the next one; it goes on from the one before.
  static let goesOn: UInt8 = 1
  static let continues: UInt8 = 2
  static let headSize = 3

  /// The first bytes of entries. They never change.
  enum Kind: UInt8 {
    case start = 1
    case mark = 2
    case change = 3
    case tick = 4
    case finish = 5
    case gap = 6
    case frames = 16
    case registers = 17
    case messages = 18
    case values = 19
    case lost = 20
    case back = 21
    /// Frames that do not all have channel 0. Who does not know this kind passes over it and tells so: without the channels
    /// it would join parts of different buses.
    case channelFrames = 22
    /// Frames that this machine stamped itself, with their channels. Frames of a live bus of before are of the kinds above, and their
    /// stamps were taken for a device's times: so they are replayed.
    case receivedFrames = 23
  }
}

extension JournalEntry {
  /// The bytes, without the head of a record.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .start(let state):
      bytes.append(kind: .start)
      bytes.append(state)
    case .mark(let state):
      bytes.append(kind: .mark)
      bytes.append(state)
    case .change(let change, let time):
      bytes.append(kind: .change)
      bytes.append(time)
      bytes.append(change.configuration)
      bytes.append((change.changesStages ? 1 : 0) | (change.changesVersion ? 2 : 0))
      bytes.append(texts: change.opened)
      bytes.append(texts: change.closed)
    case .tick(let time):
      bytes.append(kind: .tick)
      bytes.append(time)
    case .finish: bytes.append(kind: .finish)
    case .gap: bytes.append(kind: .gap)
    case .wire(let bus, let event, let time):
      bytes.append(kind: event.kind)
      bytes.append(time)
      bytes.append(text: bus)
      event.append(to: &bytes)
    }
    return bytes
  }
}

extension WireEvent {
  var kind: JournalCodec.Kind {
    switch self {
    case .frames(let frames): frames.hasOtherChannels ? .channelFrames : .frames
    case .received: .receivedFrames
    case .registers: .registers
    case .messages: .messages
    case .values: .values
    case .lost: .lost
    case .back: .back
    }
  }

  fileprivate func append(to bytes: inout [UInt8]) {
    switch self {
    case .lost, .back: break
    case .frames(let frames): bytes.append(frames, withChannels: frames.hasOtherChannels)
    case .received(let frames): bytes.append(frames, withChannels: true)
    case .registers(let round):
      bytes.append(text: round.device)
      bytes.append(zigzag: round.every)
      bytes.appendVarint(UInt64(round.answers.count))
      for answer in round.answers {
        bytes.append(answer.span.unit)
        bytes.append(answer.span.table.rawValue)
        bytes.appendVarint(UInt64(answer.span.address))
        bytes.appendVarint(UInt64(answer.span.count))
        bytes.append(answer.time == nil ? 0 : 1)
        if let time = answer.time { bytes.append(word: UInt64(bitPattern: time)) }
        bytes.appendVarint(UInt64(answer.quality.rawValue))
        bytes.appendVarint(UInt64(answer.words.count))
        for word in answer.words {
          bytes.append(UInt8(word >> 8))
          bytes.append(UInt8(truncatingIfNeeded: word))
        }
      }
    case .messages(let messages):
      bytes.appendVarint(UInt64(messages.count))
      for message in messages {
        bytes.append(message.qos.rawValue | (message.retain ? 4 : 0))
        bytes.append(text: message.topic)
        bytes.append(block: message.payload)
      }
    case .values(let values):
      bytes.appendVarint(UInt64(values.entries.count))
      for entry in values.entries where values.names.indices.contains(entry.name) {
        bytes.append(text: values.names[entry.name])
        bytes.appendVarint(UInt64(entry.quality.rawValue))
        bytes.append(entry.value)
      }
    }
  }
}

extension CANFrameBatch {
  /// Whether a frame is of another channel than 0.
  fileprivate var hasOtherChannels: Bool { headers.contains { $0.channel != 0 } }
}

extension [UInt8] {
  fileprivate mutating func append(kind: JournalCodec.Kind) { append(kind.rawValue) }

  /// A signed number whose sign stands in the lowest bit.
  fileprivate mutating func append(zigzag value: Int64) {
    appendVarint(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  fileprivate mutating func append(block: some Collection<UInt8>) {
    appendVarint(UInt64(block.count))
    self += block
  }

  fileprivate mutating func append(_ frames: CANFrameBatch, withChannels: Bool) {
    reserveCapacity(count + frames.count * 20)
    appendVarint(UInt64(frames.count))
    var time: Int64 = 0
    for (index, header) in frames.headers.enumerated() {
      if withChannels { appendVarint(UInt64(header.channel)) }
      append(zigzag: header.time &- time)
      time = header.time
      appendVarint(UInt64(header.identifier.rawValue))
      append(header.flags.rawValue)
      append(header.dataLengthCode)
      append(block: frames[index].payload)
    }
  }

  fileprivate mutating func append(texts: [String]) {
    appendVarint(UInt64(texts.count))
    for text in texts { append(text: text) }
  }

  fileprivate mutating func append(_ time: WireTime) {
    append(word: UInt64(bitPattern: time.gateway.nanoseconds))
    append(word: UInt64(bitPattern: time.monotonic))
  }

  fileprivate mutating func append(_ configuration: JournaledConfiguration) {
    appendVarint(UInt64(configuration.version))
    append(configuration.text == nil ? 0 : 1)
    if let text = configuration.text { append(text: text) }
  }

  fileprivate mutating func append(_ state: JournalState) {
    append(state.configuration)
    appendVarint(state.nextSequence)
    append(state.memory == nil ? 0 : 1)
    if let memory = state.memory { append(block: memory) }
  }

  fileprivate mutating func append(_ value: Value) {
    switch value {
    case .none: append(0)
    case .bool(let value): self += [1, value ? 1 : 0]
    case .int64(let value):
      append(2)
      append(zigzag: value)
    case .uint64(let value):
      append(3)
      appendVarint(value)
    case .double(let value):
      append(4)
      append(word: value.bitPattern)
    case .string(let value):
      append(5)
      append(text: value)
    case .bytes(let value):
      append(6)
      append(block: value)
    }
  }
}
