public import CANCore
internal import CSocketCAN
internal import Glibc

/// What the broadcast manager tells.
public enum CANBroadcastEvent: Sendable, Hashable {
  /// A watched frame came with other content than the last time, or for the first time.
  case changed(CANFrame)
  /// A watched frame has not come for its longest time.
  case missing(CANIdentifier)
  /// A cycle that was to end has ended.
  case finished(CANIdentifier)
}

/// Frames that the kernel sends in cycles, and frames that it watches for changes (Linux's broadcast manager).
///
/// The kernel keeps the time, so that a busy process does not disturb the cycles, and a process that only wants changes is
/// not woken for each frame. Everything ends with the manager.
///
/// ```swift
/// let manager = try CANBroadcastManager("can0")
/// try manager.send([heartbeat], every: .milliseconds(100))
/// try manager.watch(id, mask: [0xFF, 0x0F], missingAfter: .seconds(1))
/// for try await event in manager.events() { ... }
/// ```
public final class CANBroadcastManager: Sendable {
  /// The interface, such as `can0`.
  public let interface: String

  /// The most frames of one cycle.
  public static let mostFrames = Int(IIOT_BCM_MOST_FRAMES)

  private let descriptor: Int32

  /// Opens the broadcast manager of an interface.
  ///
  /// - Throws: ``CANBusError``.
  public init(_ interface: String) throws(CANBusError) {
    self.interface = interface
    let index = try CANInterface.index(of: interface)
    let opened = iiot_bcm_open(index)
    descriptor = opened
    try CANBusError.check(opened, "opening the broadcast manager", interface)
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  // MARK: Sending

  /// Sends frames in turn, one each interval, until ``stop(_:isFD:)`` or for so many times.
  ///
  /// The cycle bears the identifier of the first frame; a cycle of the same identifier is replaced.
  /// - Parameters:
  ///   - frames: up to ``mostFrames``, all classic or all CAN FD.
  ///   - interval: at least a microsecond.
  ///   - count: how many frames to send; nil for no end. An end is told as ``CANBroadcastEvent/finished(_:)``.
  /// - Throws: ``CANBusError``.
  public func send(
    _ frames: [CANFrame], every interval: Duration, count: UInt32? = nil
  ) throws(CANBusError) {
    let micros = try microseconds(interval)
    guard micros > 0 else { throw invalid("an interval of less than a microsecond") }
    var flags = UInt32(SETTIMER | STARTTIMER)
    if count != nil { flags |= UInt32(TX_COUNTEVT) }
    // With a count, the first interval holds that often, and there is no second one.
    try order(
      UInt32(TX_SETUP), flags: flags, count: count ?? 0,
      intervals: count == nil ? (0, micros) : (micros, 0), frames: frames)
  }

  /// Gives a cycle new content without disturbing its time.
  ///
  /// - Parameter frames: at most as many as the cycle began with.
  /// - Throws: ``CANBusError``.
  public func update(_ frames: [CANFrame]) throws(CANBusError) {
    try order(UInt32(TX_SETUP), frames: frames)
  }

  /// Ends a cycle.
  ///
  /// - Throws: ``CANBusError`` when there is none of this identifier.
  public func stop(_ identifier: CANIdentifier, isFD: Bool = false) throws(CANBusError) {
    try order(UInt32(TX_DELETE), identifier: identifier, isFD: isFD)
  }

  // MARK: Watching

  /// Tells when a frame changes, and when it does not come.
  ///
  /// - Parameters:
  ///   - identifier: of the frame.
  ///   - mask: the bits of the data whose change counts; nil for every frame of this identifier, changed or not.
  ///   - missing: tell when none has come for this long; nil for never.
  ///   - pause: changes are told no more often than this; what changes meanwhile is told at its end.
  ///   - isFD: a CAN FD frame.
  /// - Throws: ``CANBusError``.
  public func watch(
    _ identifier: CANIdentifier, mask: CANPayload? = nil, missingAfter missing: Duration? = nil,
    atMostEvery pause: Duration? = nil, isFD: Bool = false
  ) throws(CANBusError) {
    var flags: UInt32 = 0
    var intervals: (Int64, Int64) = (0, 0)
    if missing != nil || pause != nil {
      flags |= UInt32(SETTIMER)
      if missing != nil { flags |= UInt32(STARTTIMER) }
      intervals = (try microseconds(missing ?? .zero), try microseconds(pause ?? .zero))
    }
    var frames: [CANFrame] = []
    if let mask {
      frames = [CANFrame(identifier: identifier, flags: isFD ? .fd : [], payload: mask)]
      flags |= UInt32(RX_CHECK_DLC)
    } else {
      flags |= UInt32(RX_FILTER_ID)
    }
    try order(
      UInt32(RX_SETUP), identifier: identifier, flags: flags, intervals: intervals,
      frames: frames, isFD: isFD)
  }

  /// Watches a frame no more.
  ///
  /// - Throws: ``CANBusError`` when it was not watched.
  public func stopWatching(
    _ identifier: CANIdentifier, isFD: Bool = false
  ) throws(CANBusError) {
    try order(UInt32(RX_DELETE), identifier: identifier, isFD: isFD)
  }

  /// What the manager tells, received on a thread of its own.
  ///
  /// - Parameter buffered: how many events wait for the consumer before they wait in the kernel.
  public func events(buffered: Int = 256) -> CANSocketSequence<CANBroadcastEvent> {
    CANSocketSequence(
      source: CANSocketSequence.Source(interface: interface, capacity: buffered) {
        [self] (queue) throws(CANBusError) in
        try CANSocketSequence.receive(from: descriptor, into: queue) {
          () throws(CANBusError) in
          try nextEvent()
        }
      })
  }

  private func nextEvent() throws(CANBusError) -> CANBroadcastEvent? {
    while true {
      var head = bcm_msg_head()
      var frame = canfd_frame()
      var length: Int32 = 0
      var time: Int64 = 0
      let status = iiot_bcm_receive(descriptor, &head, &frame, &length, &time)
      if status == -EAGAIN { return nil }
      if status == -EINTR || status == -EBADMSG { continue }
      try CANBusError.check(status, "receiving", interface)
      let identifier = CANIdentifier(truncating: head.can_id & ~0x6000_0000)
      switch head.opcode {
      case UInt32(RX_CHANGED):
        var batch = CANFrameBatch()
        let isFrame = withUnsafePointer(to: &frame) {
          KernelFrame.append(
            UnsafeRawPointer($0), length: Int(length), time: time, channel: 0, transmitted: false,
            to: &batch)
        }
        guard isFrame, let frame = batch.first else { continue }
        return .changed(frame)
      case UInt32(RX_TIMEOUT): return .missing(identifier)
      case UInt32(TX_EXPIRED): return .finished(identifier)
      default: continue
      }
    }
  }

  // MARK: Orders

  private func order(
    _ opcode: UInt32, identifier: CANIdentifier? = nil, flags: UInt32 = 0, count: UInt32 = 0,
    intervals: (Int64, Int64) = (0, 0), frames: [CANFrame] = [], isFD: Bool = false
  ) throws(CANBusError) {
    guard let identifier = identifier ?? frames.first?.identifier else {
      throw invalid("no frame")
    }
    guard frames.count <= Self.mostFrames else { throw invalid("\(frames.count) frames") }
    let isFD = isFD || frames.first?.flags.contains(.fd) ?? false
    guard frames.allSatisfy({ $0.flags.contains(.fd) == isFD }) else {
      throw invalid("classic and CAN FD frames in one cycle")
    }
    guard frames.allSatisfy({ KernelFrame.holds($0) }) else {
      throw invalid("more than 8 bytes in a classic frame")
    }
    var slots = [UInt8](repeating: 0, count: frames.count * KernelFrame.longest)
    let status = slots.withUnsafeMutableBytes { raw -> Int32 in
      for (number, frame) in frames.enumerated() {
        guard let base = raw.baseAddress else { break }
        _ = KernelFrame.write(frame, to: base + number * KernelFrame.longest)
      }
      return iiot_bcm_order(
        descriptor, opcode, flags | (isFD ? UInt32(CAN_FD_FRAME) : 0), count, intervals.0,
        intervals.1, identifier.rawValue, raw.baseAddress, UInt32(frames.count),
        UInt32(isFD ? KernelFrame.fdLength : KernelFrame.classicLength))
    }
    guard status != -EINVAL, status != -E2BIG else {
      throw invalid("the kernel does not take this order for \(identifier)")
    }
    try CANBusError.check(status, "giving the broadcast manager an order", interface)
  }

  private func microseconds(_ duration: Duration) throws(CANBusError) -> Int64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0, seconds <= 86_400 * 365 else {
      throw invalid("an interval of \(duration)")
    }
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }

  private func invalid(_ what: String) -> CANBusError {
    CANBusError(
      code: .invalidFrame, message: "the broadcast manager can't do this: \(what)",
      advice:
        "a cycle has 1 to \(Self.mostFrames) frames of one format; what is updated or stopped must exist",
      interface: interface, errno: EINVAL)
  }
}
