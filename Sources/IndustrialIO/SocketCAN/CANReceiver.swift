internal import CANCore
internal import CSocketCAN
internal import Glibc

/// Takes frames out of a socket, many with one system call. Confined to the thread that uses it.
struct CANReceiver: ~Copyable {
  enum Outcome { case frames, stopped }

  private let bus: CANBus
  private let slots: UnsafeMutablePointer<canfd_frame>
  private let infos: UnsafeMutablePointer<iiot_can_info>
  private var channels: [String]
  private var channelOfInterface: [Int32: UInt16] = [:]
  private static let slotCount = Int(IIOT_CAN_BATCH)

  init(_ bus: CANBus) {
    self.bus = bus
    slots = .allocate(capacity: Self.slotCount)
    slots.initialize(repeating: canfd_frame(), count: Self.slotCount)
    infos = .allocate(capacity: Self.slotCount)
    infos.initialize(repeating: iiot_can_info(), count: Self.slotCount)
    channels = bus.interface == "any" ? [] : [bus.interface]
  }

  deinit {
    slots.deallocate()
    infos.deallocate()
  }

  /// Waits for frames and replaces what is in `batch` with those that are there.
  ///
  /// - Parameters:
  ///   - stop: a descriptor that ends the wait when it becomes readable.
  ///   - milliseconds: what else ends it; -1 for as long as it takes.
  mutating func next(
    into batch: inout CANFrameBatch, stop: Int32, milliseconds: Int32 = -1
  ) throws(CANBusError) -> Outcome {
    batch.removeAll()
    while true {
      let count = iiot_can_receive(bus.descriptor, slots, infos, Int32(Self.slotCount))
      if count > 0 {
        take(Int(count), into: &batch)
        // Fewer than there was room for: the socket is empty.
        let isDone =
          count < Self.slotCount || batch.headers.count + Self.slotCount > bus.options.batchCapacity
        if isDone && !batch.headers.isEmpty { break }
      } else if count == -EAGAIN || count == 0 {
        if !batch.headers.isEmpty { break }
        guard wait(stop: stop, milliseconds) else { return .stopped }
      } else if count != -EINTR {
        // What was taken before the failure goes first; the failure comes again.
        if !batch.headers.isEmpty { break }
        try bus.check(count, "receiving")
      }
    }
    batch.channels = channels
    return .frames
  }

  private mutating func take(_ count: Int, into batch: inout CANFrameBatch) {
    var now: Int64 = 0
    for index in 0..<count {
      let info = infos[index]
      if info.has_drops != 0 { bus.noteDrops(info.drops) }
      var time = info.time
      if time == 0 {
        if now == 0 { now = Self.now }
        time = now
      }
      let channel = channel(of: info.interface)
      // A datagram of another size is no frame; the kernel sends none.
      _ = KernelFrame.append(
        UnsafeRawPointer(slots + index), length: Int(info.length), time: time, channel: channel,
        transmitted: info.transmitted != 0, to: &batch)
    }
  }

  /// The number of an interface among the channels. Only a socket bound to all has more than one.
  private mutating func channel(of interface: Int32) -> UInt16 {
    guard bus.interface == "any" else { return 0 }
    if let known = channelOfInterface[interface] { return known }
    var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    let isNamed = if_indextoname(UInt32(bitPattern: interface), &name) != nil
    let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    let channel = UInt16(truncatingIfNeeded: channels.count)
    channels.append(isNamed ? String(decoding: bytes, as: UTF8.self) : "if\(interface)")
    channelOfInterface[interface] = channel
    return channel
  }

  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private func wait(stop: Int32, _ milliseconds: Int32) -> Bool {
    var entries = [
      pollfd(fd: bus.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
    ]
    var count: Int32 = -1
    repeat { count = poll(&entries, 2, milliseconds) } while count < 0 && errno == EINTR
    return count != 0 && entries[1].revents == 0
  }
}
