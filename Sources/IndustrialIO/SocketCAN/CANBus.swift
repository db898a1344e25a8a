public import CANCore
internal import CSocketCAN
internal import Glibc
internal import IOThreads
internal import Synchronization

/// How a CAN socket behaves.
public struct CANBusOptions: Sendable, Hashable {
  /// Takes and sends CAN FD frames too.
  public var allowsFD = true
  /// Error frames come along with the others (`CANFlags.error`).
  public var receivesErrorFrames = false
  /// What this socket sends comes back to it once it has been on the bus.
  public var receivesOwnFrames = false
  /// Other sockets on this machine see what this one sends, as on a real bus.
  public var loopsBack = true
  /// Times by the interface's own clock, where it has one. It may count from any moment.
  public var usesHardwareTimestamps = false
  /// The kernel's buffer for frames that have not been taken, in bytes; nil for the system's choice.
  /// The system's limit is in `/proc/sys/net/core/rmem_max`.
  public var receiveBufferBytes: Int32?
  /// The most frames in one batch.
  public var batchCapacity = 1024

  /// The defaults.
  public init() {}
}

/// A CAN interface of this machine, through a raw SocketCAN socket (Linux).
///
/// ```swift
/// let bus = try CANBus("can0", filters: [CANFilter(identifier: 0x100, mask: 0x700)])
/// for try await batch in bus.frames() {
///   for frame in batch { print(frame.time, frame.identifier, frame.payload) }
/// }
/// try await bus.send(CANFrame(identifier: id, payload: [0xDE, 0xAD]))
/// ```
public final class CANBus: Sendable {
  /// The interface, such as `can0`; `any` for all of them.
  public let interface: String

  let descriptor: Int32
  let options: CANBusOptions
  private let drops = Atomic<UInt64>(0)

  /// Opens the interface.
  ///
  /// - Parameters:
  ///   - interface: its name; `any` for all CAN interfaces.
  ///   - filters: frames that pass one of them are received; all frames when there are none.
  ///   - options: how the socket behaves.
  /// - Throws: ``CANBusError``; ``CANBusError/Code/unsupported`` where the kernel has no CAN.
  public init(
    _ interface: String, filters: [CANFilter] = [], options: CANBusOptions = CANBusOptions()
  ) throws(CANBusError) {
    self.interface = interface
    self.options = options
    let opened = iiot_can_open_raw()
    descriptor = opened
    try check(opened, "opening a CAN socket")
    let index = interface == "any" ? 0 : try CANInterface.index(of: interface)
    try configure(filters)
    try check(iiot_can_bind(descriptor, index), "binding to the interface")
  }

  /// A socket that somebody else has opened: a raw CAN socket handed over by a process with more rights, or any datagram socket
  /// whose datagrams are the kernel's frames (`struct can_frame` and `canfd_frame` of linux/can.h), as in a test.
  ///
  /// Filters, time stamps and the like are as they were set. The socket is closed with the bus.
  /// - Parameters:
  ///   - descriptor: the socket; it must not block (`O_NONBLOCK`).
  ///   - interface: the name of the channel that its frames bear.
  ///   - options: only ``CANBusOptions/batchCapacity`` counts.
  public init(descriptor: Int32, interface: String, options: CANBusOptions = CANBusOptions()) {
    self.interface = interface
    self.descriptor = descriptor
    self.options = options
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  /// How many frames the kernel had to drop since the socket was opened, because they were not taken in time.
  public var dropped: UInt64 { drops.load(ordering: .relaxed) }

  private func configure(_ filters: [CANFilter]) throws(CANBusError) {
    if !filters.isEmpty {
      let list = filters.map { filter in
        can_filter(
          can_id: filter.identifier | (filter.isInverted ? UInt32(CAN_INV_FILTER) : 0),
          can_mask: filter.mask & ~UInt32(CAN_ERR_FLAG))
      }
      let bytes = UInt32(list.count * MemoryLayout<can_filter>.stride)
      try check(
        iiot_can_set(descriptor, SOL_CAN_RAW, Int32(CAN_RAW_FILTER), list, bytes),
        "setting the filters")
    }
    if options.allowsFD {
      try check(
        iiot_can_set_flag(descriptor, SOL_CAN_RAW, Int32(CAN_RAW_FD_FRAMES), 1),
        "switching CAN FD on")
    }
    if options.receivesErrorFrames {
      var mask = UInt32(CAN_ERR_MASK)
      try check(
        iiot_can_set(descriptor, SOL_CAN_RAW, Int32(CAN_RAW_ERR_FILTER), &mask, 4),
        "switching error frames on")
    }
    if !options.loopsBack {
      try check(
        iiot_can_set_flag(descriptor, SOL_CAN_RAW, Int32(CAN_RAW_LOOPBACK), 0),
        "switching the loopback off")
    }
    if options.receivesOwnFrames {
      try check(
        iiot_can_set_flag(descriptor, SOL_CAN_RAW, Int32(CAN_RAW_RECV_OWN_MSGS), 1),
        "switching own frames on")
    }
    if let size = options.receiveBufferBytes {
      try check(
        iiot_can_set_flag(descriptor, SOL_SOCKET, SO_RCVBUF, size), "setting the buffer size")
    }
    try check(
      iiot_can_set_timestamps(descriptor, options.usesHardwareTimestamps ? 1 : 0),
      "switching time stamps on")
    try check(iiot_can_count_drops(descriptor), "counting dropped frames")
  }

  func check(_ status: Int32, _ what: String) throws(CANBusError) {
    try CANBusError.check(status, what, interface)
  }

  func noteDrops(_ count: UInt32) {
    // The kernel counts in 32 bits, always upwards: the difference carries it on.
    let before = drops.load(ordering: .relaxed)
    let more = count &- UInt32(truncatingIfNeeded: before)
    drops.store(before &+ UInt64(more), ordering: .relaxed)
  }

  // MARK: Receiving

  /// The frames as an asynchronous sequence of batches, received on a thread of its own.
  ///
  /// - Parameter bufferedBatches: how many batches wait for the consumer. When they are full, frames wait in the
  ///   kernel, and when its buffer is full too, it drops them and counts: ``dropped``.
  public func frames(bufferedBatches: Int = 16) -> CANBusFrames {
    CANBusFrames(bus: self, capacity: bufferedBatches)
  }

  /// Sends a frame; returns when the interface's queue has it.
  ///
  /// A full queue is waited for, up to `timeout`.
  /// - Throws: ``CANBusError``, of code ``CANBusError/Code/invalidFrame`` for more than 8 bytes without
  ///   the flag `fd`; `CancellationError`.
  public func send(_ frame: CANFrame, timeout: Duration = .seconds(1)) async throws {
    guard KernelFrame.holds(frame) else {
      throw CANBusError(
        code: .invalidFrame,
        message: "a classic frame holds 8 bytes, and \(frame.identifier) has "
          + "\(frame.payload.count)",
        advice: "give it the flag fd, or send the data as several frames", interface: interface,
        errno: nil)
    }
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: timeout)
    var mayBeOld = true
    while true {
      let status = sendNow(frame)
      // The kernel tells the socket once that the interface went down, at the first call after it: it may be up again since. Of
      // one that is down every call is told.
      if status == -ENETDOWN, mayBeOld {
        mayBeOld = false
        continue
      }
      guard status == -ENOBUFS || status == -EAGAIN, clock.now < deadline else {
        try check(status, "sending")
        return
      }
      // The kernel has no way to say that an interface's queue has room again.
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  /// Sends a frame without waiting: 0, or -errno.
  func sendNow(_ frame: CANFrame) -> Int32 {
    withUnsafeTemporaryAllocation(byteCount: KernelFrame.longest, alignment: 8) { slot in
      slot.initializeMemory(as: UInt8.self, repeating: 0)
      guard let base = slot.baseAddress else { return -ENOMEM }
      let length = KernelFrame.write(frame, to: base)
      return iiot_can_send(
        descriptor, base.assumingMemoryBound(to: canfd_frame.self), Int32(length))
    }
  }
}
