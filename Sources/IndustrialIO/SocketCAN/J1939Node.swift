internal import CANCore
public import CANTransport
internal import CSocketCAN
internal import Glibc
internal import IOThreads
internal import Synchronization

/// A node on a J1939 bus: messages of any length by their parameter group, of which the kernel makes frames and back
/// (SAE J1939-21; Linux 5.4 and later).
///
/// It has a fixed address, or claims one by its name and keeps it (SAE J1939-81).
///
/// ```swift
/// let node = try J1939Node("can0", address: 0x20)
/// let node = try await J1939Node.claiming("can0", name: name, addresses: Array(0x80...0x87))
/// try await node.send(bytes, group: 0xFECA)
/// for try await message in node.messages() { ... }      // message.identifier has group, source and destination
/// ```
public final class J1939Node: Sendable {
  /// The interface, such as `can0`.
  public let interface: String
  /// The name by which it claims its address; nil when the address is fixed.
  public let name: J1939Name?

  /// The address on the bus. One that was claimed may change, when another node with a lower name wants it: to another one of
  /// its addresses, or to ``noAddress``.
  public var address: UInt8 { wire.address }

  /// The address of a node that has none at the moment: it can't send, and receives only what is for all.
  public static let noAddress: UInt8 = 254

  /// The address of all nodes.
  public static let everyone: UInt8 = 0xFF
  /// The longest message that is received (SAE J1939-21 allows 1785 bytes, the extended protocol more).
  public static let longestMessage = 1 << 20

  private let wire: Wire
  private let sender: Sender
  private let keeper: J1939AddressKeeper?

  /// Opens a node with a fixed address.
  ///
  /// - Parameters:
  ///   - interface: its name, such as `can0`.
  ///   - address: 0 to 253.
  ///   - receivesEverything: messages to other nodes come too.
  /// - Throws: ``CANBusError``; ``CANBusError/Code/unsupported`` where the kernel has no J1939 (`modprobe can_j1939`).
  public convenience init(
    _ interface: String, address: UInt8, receivesEverything: Bool = false
  ) throws(CANBusError) {
    try Self.check([address], interface)
    try self.init(
      interface, name: nil, address: address, keeper: nil, receivesEverything: receivesEverything)
  }

  /// Opens a node that claims its address by its name and keeps it: it tells those who ask or want the address whose it is, and
  /// moves to the next one when a lower name takes it.
  ///
  /// Returns when an address is the node's, which nobody may have objected to for 250 ms.
  /// - Parameters:
  ///   - interface: its name, such as `can0`.
  ///   - name: no other node on the bus may have it.
  ///   - addresses: those that the node may have, 0 to 253, the best first. Just one if the node's name says that it
  ///     does not choose.
  ///   - receivesEverything: messages to other nodes come too.
  /// - Throws: ``CANBusError`` with ``CANBusError/Code/noAddress`` when nodes with lower names have all of them;
  ///   `CancellationError`.
  public static func claiming(
    _ interface: String, name: J1939Name, addresses: [UInt8], receivesEverything: Bool = false
  ) async throws -> J1939Node {
    try Task.checkCancellation()
    try check(addresses, interface)
    let keeper = try J1939AddressKeeper(interface)
    let node = try J1939Node(
      interface, name: name, address: noAddress, keeper: keeper,
      receivesEverything: receivesEverything)
    // The thread must not keep the node alive.
    let wire = node.wire
    try keeper.begin(name: name, addresses: addresses) { wire.move(to: $0 ?? noAddress) }
    guard await keeper.firstAddress() != nil else {
      try Task.checkCancellation()
      throw CANBusError(
        code: .noAddress, message: "all addresses are those of nodes with lower names",
        advice: "give the node more addresses, or a name that comes before theirs",
        interface: interface, errno: nil)
    }
    return node
  }

  private static func check(_ addresses: [UInt8], _ interface: String) throws(CANBusError) {
    let highest = UInt8(J1939_MAX_UNICAST_ADDR)
    guard let wrong = addresses.isEmpty ? noAddress : addresses.first(where: { $0 > highest })
    else { return }
    throw CANBusError(
      code: .notPossible,
      message: addresses.isEmpty
        ? "a node needs an address" : "a node's address is 0 to \(highest), not \(wrong)",
      advice: "", interface: interface, errno: nil)
  }

  private init(
    _ interface: String, name: J1939Name?, address: UInt8, keeper: J1939AddressKeeper?,
    receivesEverything: Bool
  ) throws(CANBusError) {
    self.interface = interface
    self.name = name
    self.keeper = keeper
    wire = try Wire(interface, address)
    try CANBusError.check(
      iiot_can_set_timestamps(wire.receiver, 0), "switching time stamps on", interface)
    try CANBusError.check(
      iiot_can_set_flag(
        wire.receiver, SOL_CAN_J1939, Int32(SO_J1939_PROMISC), receivesEverything ? 1 : 0),
      "receiving everything", interface)
    sender = try Sender(wire)
  }

  deinit { keeper?.stop() }

  /// The two sockets of a node, which always have the same address.
  private final class Wire: Sendable {
    let interface: String
    let receiver: Int32
    let sender: Int32
    private let index: UInt32
    private let current: Atomic<UInt8>

    init(_ interface: String, _ address: UInt8) throws(CANBusError) {
      self.interface = interface
      index = try CANInterface.index(of: interface)
      current = Atomic(address)
      receiver = iiot_j1939_open(index, 0, address)
      sender = receiver < 0 ? -1 : iiot_j1939_open(index, 0, address)
      try CANBusError.check(min(receiver, sender), "opening a J1939 socket", interface)
    }

    deinit {
      if receiver >= 0 { _ = close(receiver) }
      if sender >= 0 { _ = close(sender) }
    }

    var address: UInt8 { current.load(ordering: .acquiring) }

    /// Gives both another address; what is on its way under the old one is given up.
    func move(to address: UInt8) {
      _ = iiot_j1939_bind(receiver, index, 0, address)
      _ = iiot_j1939_bind(sender, index, 0, address)
      current.store(address, ordering: .releasing)
    }
  }

  /// Sends a message; returns when it has been sent to its end, which a long one to one node has to be acknowledged for. One
  /// at a time; others wait for their turn.
  ///
  /// A message that has begun is not cancelled; the kernel gives up when the other side does not answer in the time that the
  /// standard allows.
  /// - Parameters:
  ///   - bytes: 1 byte or more; more than 8 go by the transport protocol, to all up to 1785, to one node up to 117 440 505.
  ///   - group: the parameter group number, of 18 bits. The low byte of one that is for one node (below 0xF000) is 0.
  ///   - destination: the other node's address; groups from 0xF000 on go to all.
  ///   - priority: 0 (highest) to 7.
  /// - Throws: ``CANBusError`` with ``CANBusError/Code/noAnswer`` when the other side did not take it and
  ///   ``CANBusError/Code/noAddress`` while the node has none; `CancellationError` before it begins.
  public func send(
    _ bytes: some Collection<UInt8> & Sendable, group: UInt32,
    to destination: UInt8 = J1939Node.everyone, priority: Int = 6
  ) async throws {
    try Task.checkCancellation()
    let isForOne = group >> 8 & 0xFF < 0xF0
    guard group <= UInt32(J1939_PGN_MAX), !bytes.isEmpty, (0...7).contains(priority),
      isForOne ? group & 0xFF == 0 : destination == Self.everyone
    else {
      throw CANBusError(
        code: .invalidFrame, message: "this is no J1939 message",
        advice: "a group has 18 bits; below 0xF000 its low byte is 0, from there it goes to all; "
          + "the priority is 0 to 7; there is a byte at least",
        interface: interface, errno: nil)
    }
    guard address != Self.noAddress else {
      throw CANBusError(
        code: .noAddress,
        message: "the node has no address: nodes with lower names have claimed it",
        advice: "give the node more addresses, or a name that comes before theirs",
        interface: interface, errno: nil)
    }
    try await sender.send(
      Array(bytes), group: group, to: destination, priority: Int32(priority))
  }

  /// The messages that come, on a thread of its own. What this node sends itself is not among them.
  ///
  /// - Parameter buffered: how many messages wait for the consumer before they wait in the kernel.
  public func messages(buffered: Int = 256) -> CANSocketSequence<TransportMessage> {
    CANSocketSequence(
      interface: interface, descriptor: wire.receiver, longest: Self.longestMessage,
      capacity: buffered
    ) { [self] (buffer) throws(CANBusError) in
      try next(buffer)
    }
  }

  private func next(_ buffer: UnsafeMutableRawBufferPointer) throws(CANBusError)
    -> TransportMessage?
  {
    while true {
      var info = iiot_j1939_info()
      let count = iiot_j1939_receive(wire.receiver, buffer.baseAddress, buffer.count, &info)
      if count == Int64(-EAGAIN) { return nil }
      if count == Int64(-EINTR) { continue }
      try CANBusError.check(Int32(clamping: min(count, 0)), "receiving", interface)
      // Sent by our other socket.
      if info.source == address || count > Int64(buffer.count) { continue }
      return TransportMessage(
        firstTime: info.time, time: info.time, channel: 0, identifier: Self.identifier(info),
        address: nil, bytes: Array(buffer[..<Int(count)]))
    }
  }

  /// The identifier that the message would have as a single frame.
  private static func identifier(_ info: iiot_j1939_info) -> CANIdentifier {
    var group = info.group & 0x3FFFF
    if group >> 8 & 0xFF < 0xF0 { group = group & 0x3FF00 | UInt32(info.destination) }
    return CANIdentifier(
      truncating: CANIdentifier.extendedFlag | UInt32(info.priority & 7) << 26 | group << 8
        | UInt32(info.source))
  }

  /// Sends on a thread of its own and waits for the kernel's report of the end.
  private actor Sender {
    // It keeps the descriptor open.
    private let wire: Wire
    private let thread: BlockingThread
    /// The kernel counts the messages of a socket: the number of the next one.
    private var key: UInt32 = 0
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private nonisolated var descriptor: Int32 { wire.sender }
    private nonisolated var interface: String { wire.interface }

    init(_ wire: Wire) throws(CANBusError) {
      self.wire = wire
      thread = BlockingThread(name: "j1939-\(wire.interface)")
      try CANBusError.check(
        iiot_j1939_report_sending(descriptor), "asking for reports of sending", interface)
      // It takes nothing: no message has this source.
      var nothing = j1939_filter()
      nothing.addr = J1939Node.everyone
      nothing.addr_mask = 0xFF
      try CANBusError.check(
        iiot_can_set(
          descriptor, SOL_CAN_J1939, Int32(SO_J1939_FILTER), &nothing,
          UInt32(MemoryLayout<j1939_filter>.stride)), "setting the filter", interface)
    }

    func send(
      _ bytes: [UInt8], group: UInt32, to destination: UInt8, priority: Int32
    ) throws(CANBusError) {
      synchronise()
      try checkInterface()
      var given = 0
      while given < bytes.count {
        let count = bytes[given...].withUnsafeBytes {
          iiot_j1939_send(
            descriptor, $0.baseAddress, $0.count, group, destination, priority)
        }
        if count > 0 {
          given += Int(count)
        } else if count != -EAGAIN, count != -ENOBUFS, count != -EINTR {
          // Of a message that has begun the report says what became of it.
          if given > 0 { break }
          throw CANBusError(errno: Int32(clamping: -count), doing: "sending", interface: interface)
        }
        if given < bytes.count {
          waitFor(POLLOUT, milliseconds: 10)
          // Given up: the rest would be taken for a message of its own.
          if given > 0, let end = nextEnd(), isOurs(end.key) { return try finish(end) }
        }
      }
      while true {
        // The error queue raises POLLERR.
        guard let end = nextEnd() else {
          waitFor(0, milliseconds: -1)
          continue
        }
        if isOurs(end.key) { return try finish(end) }
      }
    }

    private func waitFor(_ events: Int32, milliseconds: Int32) {
      var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      _ = poll(&entry, 1, milliseconds)
    }

    // MARK: Reports

    private typealias End = (key: UInt32, status: Int32)

    /// Follows the kernel's count. It also counts a message that it refused because another socket was sending between the same
    /// two addresses, and reports its end: what is reported before a message begins is of those before it.
    private func synchronise() {
      while let end = nextEnd() {
        if isOurs(end.key) { key = end.key &+ 1 }
      }
      // Also that the interface went down, which has no report: it may be up again since.
      forgetFailure()
    }

    /// Throws when the interface is down. The kernel itself takes a message then as at other times: of a short one it tells after
    /// ten seconds that it failed, of a longer one never, until the interface goes down once more.
    private func checkInterface() throws(CANBusError) {
      guard iiot_can_is_up(descriptor, interface) == 0 else { return }
      throw CANBusError(errno: ENETDOWN, doing: "sending", interface: interface)
    }

    /// Whether it is the next message's key, or a later one: one message is under way at a time.
    private func isOurs(_ reported: UInt32) -> Bool { Int32(bitPattern: reported &- key) >= 0 }

    /// The next report of the end of a message, 1 or -errno; nil when there is none now.
    private func nextEnd() -> End? {
      while true {
        var reported: UInt32 = 0
        let status = iiot_j1939_sending_report(descriptor, &reported)
        if status == -EAGAIN { return nil }
        if status != 0, status != -EINTR { return (reported, status) }
      }
    }

    private func finish(_ end: End) throws(CANBusError) {
      key = end.key &+ 1
      guard end.status < 0 else { return }
      forgetFailure()
      throw givenUp(-end.status)
    }

    /// The socket remembers a failure a second time, and would tell it of the next message.
    private func forgetFailure() {
      var pending: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &pending, &length)
    }

    /// Why a message of several frames came to no end; the kernel makes error numbers of the abort reasons of the standard.
    private func givenUp(_ number: Int32) -> CANBusError {
      switch number {
      case EHOSTUNREACH:
        CANBusError(errno: ETIME, doing: "sending", interface: interface)
      case EALREADY, EMSGSIZE, EBADMSG, ENOTRECOVERABLE, EPROTO, EBADSLT:
        CANBusError(
          code: .noAnswer, message: "sending: one side gave the message up",
          advice: number == EALREADY
            ? "the other node is busy with another message: try again"
            : "the other node can't take a message of this length or kind now",
          interface: interface, errno: number)
      default: CANBusError(errno: number, doing: "sending", interface: interface)
      }
    }
  }
}
