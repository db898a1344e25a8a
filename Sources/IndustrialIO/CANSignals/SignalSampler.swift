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
/// The frame's time becomes the source time. Signals whose factor is 1 and offset 0 stay whole numbers, the others are
/// binary64. A signal that a frame is too short for gives a sample of bad quality; a multiplexed signal that the frame
/// does not carry gives none.
public struct SignalSampler: Sendable {
  /// Frames whose identifier is in no message of the database.
  public private(set) var unknownFrames: UInt64 = 0
  /// Frames that were too short for a signal that they should carry.
  public private(set) var shortFrames: UInt64 = 0

  private let decoder: FrameDecoder
  /// What is fixed about each message, by `Message.index`.
  private let messages: [MessagePlan]

  private struct MessagePlan: Sendable {
    var firstSignal: Int
    var signals: [SignalPlan]
  }

  private struct SignalPlan: Sendable {
    var tag: TagID
    var isWhole: Bool
    var isAlwaysPresent: Bool
  }

  /// A sampler whose tags begin with the name of a device.
  ///
  /// - Parameters:
  ///   - database: What the frames mean.
  ///   - device: The first part of the tags.
  ///   - tags: Where the tags are named.
  public init(_ database: Database, device: String, tags: TagRegistry) {
    decoder = database.decoder()
    messages = database.messages.map { message in
      MessagePlan(
        firstSignal: message.signals.first?.index ?? 0,
        signals: message.signals.map { signal in
          SignalPlan(
            tag: tags.intern("\(device)/\(message.name).\(signal.name)"),
            isWhole: signal.valueType == .integer && signal.factor == 1 && signal.offset == 0,
            isAlwaysPresent: signal.isDecodable && !signal.isMultiplexed)
        })
    }
  }

  /// Appends the samples of all frames, in the order of the frames. Remote and error frames carry no signals.
  public mutating func append(_ frames: CANFrameBatch, to samples: inout SampleBatch) {
    let now = Timestamp.now()
    let monotonic = MonotonicClock.now()
    for frame in frames where frame.flags.isDisjoint(with: [.remote, .error]) {
      guard let message = decoder.message(frame.identifier) else {
        unknownFrames &+= 1
        continue
      }
      append(
        decoder.decode(message, frame.payload), received: now, monotonic: monotonic,
        at: Timestamp(nanoseconds: frame.time), to: &samples)
    }
  }

  private mutating func append(
    _ decoded: DecodedMessage, received: Timestamp, monotonic: Int64, at time: Timestamp,
    to samples: inout SampleBatch
  ) {
    let plan = messages[decoded.message.index]
    var isPresent = Array(repeating: false, count: plan.signals.count)
    for signal in decoded.signals {
      let index = signal.signal.index - plan.firstSignal
      guard plan.signals.indices.contains(index) else { continue }
      isPresent[index] = true
      samples.append(
        Sample(
          tag: plan.signals[index].tag,
          value: plan.signals[index].isWhole ? signal.raw.value : .double(signal.value),
          sourceTime: time, gatewayTime: received, monotonicTime: monotonic))
    }
    var isShort = false
    for (index, signal) in plan.signals.enumerated()
    where signal.isAlwaysPresent && !isPresent[index] {
      isShort = true
      samples.append(
        Sample(
          tag: signal.tag, value: .none, quality: .badDecodingError, sourceTime: time,
          gatewayTime: received, monotonicTime: monotonic))
    }
    if isShort { shortFrames &+= 1 }
  }
}

extension RawValue {
  /// The bits as a whole number, or the number of a floating-point signal.
  fileprivate var value: Value {
    switch self {
    case .integer(let number): .int64(number)
    case .unsigned(let number): .uint64(number)
    case .float(let number): .double(number)
    }
  }
}
