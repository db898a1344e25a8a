internal import CDecodeKernels

/// What protects the frames of one message: a rolling counter, a checksum, a cycle time. Checks what is received, and
/// fills in what is sent.
///
/// ```swift
/// var protection = try FrameProtection(
///   message, counter: "COUNTER", checksum: ("CHECKSUM", CRC8Checksum.saeJ1850))
/// for violation in protection.check(frame) { log(violation) }
/// protection.protect(&frame)
/// ```
public struct FrameProtection: Sendable {
  /// What is wrong with a frame, or with its absence.
  public enum Violation: Sendable, Hashable {
    /// The frame is too short for counter or checksum.
    case short
    /// The checksum is another than it should be.
    case checksum(found: UInt64, expected: UInt64)
    /// The counter has not moved, or stands above its last count: the frame is a repetition, or its sender hangs.
    case counterStuck(UInt64)
    /// The counter has jumped: so many frames are lost.
    case counterJumped(from: UInt64, to: UInt64, lost: UInt64)
    /// No frame for so long, in nanoseconds.
    case timeout(Int64)
  }

  /// The message.
  public let message: Message
  /// The time between frames after which the message counts as lost, in nanoseconds; nil for no watch.
  public var timeout: Int64?

  private let counter: Signal?
  private let checksum: (signal: Signal, scheme: any ChecksumScheme)?
  private let counterBits: dk_signal
  private let checksumBits: dk_signal
  /// The count after which the counter begins again at 0.
  private let lastCount: UInt64
  private var lastCounter: UInt64?
  private var lastTime: Int64?
  private var nextCounter: UInt64 = 0

  /// The protection of a message.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - counter: The name of the signal that counts frames. It begins again at 0 after all its bits are 1, or one before
  ///     that when the database declares so by its maximum (AUTOSAR counts to 14 in 4 bits).
  ///   - checksum: The name of the signal that holds the checksum, and how it is calculated.
  ///   - cycles: How many cycle times may pass between two frames. The cycle time is the attribute `GenMsgCycleTime`;
  ///     without it, or when it is 0, there is no watch.
  /// - Throws: `unknownSignal` when the message has no such signal, or it is none that can be decoded.
  public init(
    _ message: Message, counter: String? = nil,
    checksum: (name: String, scheme: any ChecksumScheme)? = nil, cycles: Double = 3
  ) throws(DBCError) {
    self.message = message
    let plan = DecodePlan(message.storage)
    func find(_ name: String) throws(DBCError) -> (Signal, dk_signal) {
      guard let signal = message.signal(named: name), plan.slots[signal.index] >= 0,
        signal.valueType == .integer
      else {
        throw DBCError(
          .unknownSignal, "message \(message.name) has no whole-number signal \(name)")
      }
      return (signal, plan.plan.signals[Int(plan.slots[signal.index])])
    }
    if let counter {
      let found = try find(counter)
      self.counter = found.0
      counterBits = found.1
      let ones = UInt64.max >> UInt64(found.1.right)
      lastCount = ones > 1 && found.0.maximum == Double(ones - 1) ? ones - 1 : ones
    } else {
      self.counter = nil
      counterBits = dk_signal()
      lastCount = 0
    }
    if let checksum {
      let found = try find(checksum.name)
      self.checksum = (found.0, checksum.scheme)
      checksumBits = found.1
    } else {
      self.checksum = nil
      checksumBits = dk_signal()
    }
    if let cycle = message.attribute("GenMsgCycleTime")?.number, cycle > 0, cycles > 0,
      let limit = Int64(exactly: (cycle * cycles * 1e6).rounded())
    {
      timeout = limit
    }
  }

  /// Checks a frame that was received, and remembers its counter and time.
  ///
  /// Frames of other messages are not looked at. A frame with a wrong checksum moves neither counter nor time.
  public mutating func check(_ frame: CANFrame) -> [Violation] {
    guard frame.identifier == message.identifier,
      frame.flags.isDisjoint(with: [.remote, .error])
    else { return [] }
    let needed = max(counterBits.endByte, checksumBits.endByte)
    guard frame.payload.count >= Int(needed) else { return [.short] }
    var violations: [Violation] = []
    if let checksum {
      let found = bits(frame.payload, checksumBits)
      let expected = checksum.scheme.checksum(
        replacing(frame.payload, checksumBits, by: 0), frame.identifier, field: checksum.signal)
      if found != expected { return [.checksum(found: found, expected: expected)] }
    }
    if counter != nil {
      let value = bits(frame.payload, counterBits)
      if value > lastCount {
        violations.append(.counterStuck(value))
      } else if let last = lastCounter {
        let step = value >= last ? value - last : value &+ (lastCount - last) &+ 1
        if step == 0 {
          violations.append(.counterStuck(value))
        } else if step != 1 {
          violations.append(.counterJumped(from: last, to: value, lost: step - 1))
        }
      }
      // A count above the last one is none: whatever follows is taken as the next.
      lastCounter = value > lastCount ? nil : value
    }
    if let timeout, let lastTime, frame.time &- lastTime > timeout {
      violations.append(.timeout(frame.time &- lastTime))
    }
    lastTime = frame.time
    return violations
  }

  /// Whether the message is overdue at a time, in nanoseconds since 1970; it never is before its first frame.
  public func isOverdue(at time: Int64) -> Bool {
    guard let timeout, let lastTime else { return false }
    return time &- lastTime > timeout
  }

  /// Fills the next count and the checksum into a frame to be sent. Does nothing to frames of other messages or too short.
  public mutating func protect(_ frame: inout CANFrame) {
    guard frame.identifier == message.identifier,
      frame.payload.count >= Int(max(counterBits.endByte, checksumBits.endByte))
    else { return }
    if counter != nil {
      frame.payload = replacing(frame.payload, counterBits, by: nextCounter)
      nextCounter = nextCounter >= lastCount ? 0 : nextCounter + 1
    }
    if let checksum {
      let blank = replacing(frame.payload, checksumBits, by: 0)
      let value = checksum.scheme.checksum(blank, frame.identifier, field: checksum.signal)
      frame.payload = replacing(blank, checksumBits, by: value)
    }
  }

  private func bits(_ payload: CANPayload, _ signal: dk_signal) -> UInt64 {
    var words = InlineArray<10, UInt64>(repeating: 0)
    for index in 0..<8 { words[index] = payload.word(index).littleEndian }
    return withUnsafeBytes(of: &words) { bytes in bytes.baseAddress.map { signal.bits($0) } ?? 0 }
  }

  private func replacing(
    _ payload: CANPayload, _ signal: dk_signal, by bits: UInt64
  ) -> CANPayload {
    var bytes = Array(payload)
    let count = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: 80 - count))
    bytes.withUnsafeMutableBytes { buffer in
      if let base = buffer.baseAddress { signal.insert(bits, base) }
    }
    return CANPayload(bytes[..<count]) ?? payload
  }
}
