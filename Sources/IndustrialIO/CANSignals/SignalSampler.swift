public import CANTransport
public import DBC
public import IndustrialModel

/// Turns CAN frames into samples by a DBC database: the tag of a signal is `device/Message.Signal`.
///
/// ```swift
/// let tags = TagRegistry()
/// var sampler = SignalSampler(database, device: "motor-7", tags: tags)
/// sampler.append(frames, to: &samples)
/// ```
///
/// The frame's time becomes the source time, whoever's clock that is: frames that this machine receives are stamped by its own,
/// which may be set. Signals whose factor is 1 and offset 0 stay whole numbers, the others are
/// binary64. A value that J1939 reserves for "not available" or "error" gives bad quality and no value. A signal that a frame is
/// too short for gives a sample of bad quality; a multiplexed signal that the frame does not carry gives none.
///
/// J1939 messages of several frames are put together where the database has such; their time is that of the last frame.
/// ``append(_:to:)-(TransportMessage,_)`` takes messages that came otherwise: ISO-TP, or from the kernel.
public struct SignalSampler: Sendable {
  /// Frames whose identifier is in no message of the database.
  public private(set) var unknownFrames: UInt64 = 0
  /// Frames that were too short for a signal that they should carry.
  public private(set) var shortFrames: UInt64 = 0

  /// Messages of several frames that did not come whole.
  public var brokenMessages: UInt64 { UInt64(j1939?.findings.total ?? 0) }

  private let decoder: FrameDecoder
  private var j1939: J1939Reassembler?
  /// What is fixed about each signal, by its slot in the decoder.
  private let signals: [SignalPlan]
  /// The signals that every frame of a message must carry, by `Message.index`.
  private let required: [[Int]]
  /// In which frame a slot was filled last; so that nothing has to be cleared for each frame.
  private var seenIn: [UInt64]
  private var frameNumber: UInt64 = 0

  private struct SignalPlan: Sendable {
    var tag: TagID
    var isWhole: Bool
  }

  /// A sampler whose tags begin with the name of a device.
  ///
  /// - Parameters:
  ///   - database: What the frames mean.
  ///   - device: The first part of the tags.
  ///   - tags: Where the tags are named.
  public init(_ database: Database, device: String, tags: TagRegistry) {
    let decoder = database.decoder()
    self.decoder = decoder
    signals = (0..<decoder.slotCount).map { slot in
      let signal = decoder.signal(inSlot: slot)
      return SignalPlan(
        tag: tags.intern("\(device)/\(signal.message.name).\(signal.name)"),
        isWhole: signal.valueType == .integer && signal.factor == 1 && signal.offset == 0)
    }
    required = database.messages.map { message in
      message.signals.filter { $0.isDecodable && !$0.isMultiplexed }.compactMap(decoder.slot(of:))
    }
    if database.messages.contains(where: { $0.frameFormat == .j1939 && $0.byteCount > 8 }) {
      j1939 = J1939Reassembler()
    }
    seenIn = Array(repeating: 0, count: decoder.slotCount)
  }

  /// Appends the samples of all frames, in the order of the frames. Remote and error frames carry no signals.
  public mutating func append(_ frames: CANFrameBatch, to samples: inout SampleBatch) {
    append(frames, at: .now(), monotonic: MonotonicClock.now(), to: &samples)
  }

  /// Appends the samples of all frames that came at a time, by both clocks of this machine.
  package mutating func append(
    _ frames: CANFrameBatch, at now: Timestamp, monotonic: Int64, to samples: inout SampleBatch
  ) {
    for frame in frames where frame.flags.isDisjoint(with: [.remote, .error]) {
      let times = Times(
        source: Timestamp(nanoseconds: frame.time), gateway: now, monotonic: monotonic)
      append(frame, times, to: &samples)
    }
  }

  /// Appends the samples of frames that this machine stamped itself: the stamps are when it had them, and no source times.
  ///
  /// - Parameter arrivals: When each frame came, by the monotonic clock. The timeouts of messages of several frames go by it: setting
  ///   the clock of the stamps is no pause on the bus.
  package mutating func append(
    _ frames: CANFrameBatch, cameAt arrivals: [Int64], to samples: inout SampleBatch
  ) {
    for (frame, arrival) in zip(frames, arrivals)
    where frame.flags.isDisjoint(with: [.remote, .error]) {
      let times = Times(
        source: nil, gateway: Timestamp(nanoseconds: frame.time), monotonic: arrival)
      var placed = frame
      placed.time = arrival
      append(placed, times, to: &samples)
    }
  }

  /// Appends the samples of a message that was longer than a frame.
  public mutating func append(_ message: TransportMessage, to samples: inout SampleBatch) {
    let times = Times(
      source: Timestamp(nanoseconds: message.time), gateway: .now(),
      monotonic: MonotonicClock.now())
    append(message, times, to: &samples)
  }

  /// The times that samples bear.
  private struct Times {
    var source: Timestamp?
    var gateway: Timestamp
    var monotonic: Int64
  }

  /// A frame's own time is for the timeouts of messages alone.
  private mutating func append(_ frame: CANFrame, _ times: Times, to samples: inout SampleBatch) {
    let long = j1939?.append(frame)
    if let message = decoder.message(frame.identifier) {
      append(frame.payload, of: message, like: template(times), to: &samples)
    } else if j1939 == nil || !J1939Reassembler.takes(frame.identifier) {
      unknownFrames &+= 1
    }
    if let long { append(long, times, to: &samples) }
  }

  private mutating func append(
    _ long: TransportMessage, _ times: Times, to samples: inout SampleBatch
  ) {
    guard let message = decoder.message(long.identifier) else {
      unknownFrames &+= 1
      return
    }
    let template = template(times)
    frameNumber &+= 1
    decoder.forEachSignal(of: message, bytes: long.bytes) {
      append(slot: $0, raw: $1, value: $2, status: $3, like: template, to: &samples)
    }
    appendMissing(of: message, like: template, to: &samples)
  }

  private func template(_ times: Times) -> SampleBatch.Record {
    SampleBatch.Record(
      like: Sample(
        tag: TagID(rawValue: 0), value: .none, sourceTime: times.source,
        gatewayTime: times.gateway, monotonicTime: times.monotonic))
  }

  private mutating func append(
    _ payload: CANPayload, of message: Message, like template: SampleBatch.Record,
    to samples: inout SampleBatch
  ) {
    frameNumber &+= 1
    decoder.forEachSignal(of: message, in: payload) {
      append(slot: $0, raw: $1, value: $2, status: $3, like: template, to: &samples)
    }
    appendMissing(of: message, like: template, to: &samples)
  }

  private mutating func append(
    slot: Int, raw: RawValue, value: Double, status: SignalStatus,
    like template: SampleBatch.Record, to samples: inout SampleBatch
  ) {
    seenIn[slot] = frameNumber
    var record = template
    record.tag = signals[slot].tag
    switch status {
    case .valid:
      record.kind = .double
      record.bits = value.bitPattern
      if signals[slot].isWhole { (record.kind, record.bits) = raw.whole }
    case .notAvailable: record.quality = .badNoData
    case .error: record.quality = .badSensorFailure
    }
    samples.records.append(record)
  }

  /// The signals that the payload was too short for.
  private mutating func appendMissing(
    of message: Message, like template: SampleBatch.Record, to samples: inout SampleBatch
  ) {
    var isShort = false
    for slot in required[message.index] where seenIn[slot] != frameNumber {
      isShort = true
      var record = template
      record.tag = signals[slot].tag
      record.quality = .badDecodingError
      samples.records.append(record)
    }
    if isShort { shortFrames &+= 1 }
  }
}

extension RawValue {
  /// The bits as a whole number, or the number of a floating-point signal.
  fileprivate var whole: (SampleBatch.Kind, UInt64) {
    switch self {
    case .integer(let number): (.int64, UInt64(bitPattern: number))
    case .unsigned(let number): (.uint64, number)
    case .float(let number): (.double, number.bitPattern)
    }
  }
}
