public import CANCore
public import CANTransport
internal import CSocketCAN
internal import Glibc
internal import IOThreads
internal import Synchronization

/// How an ISO-TP channel behaves (ISO 15765-2).
public struct ISOTPOptions: Sendable, Hashable {
  /// How many frames the other side sends before it waits for us; 0 for all.
  public var blockSize: UInt8 = 0
  /// The least time between frames that we ask of the other side, as the standard codes it: 0 to 0x7F milliseconds, 0xF1 to
  /// 0xF9 for 100 to 900 microseconds.
  public var separationTime: UInt8 = 0
  /// Fills frames up to their length with this byte; nil sends them short.
  public var padding: UInt8?
  /// Extended addressing: the byte in front of each frame that we send, and of each that we take.
  public var address: (sending: UInt8, receiving: UInt8)? {
    get { addresses.map { ($0[0], $0[1]) } }
    set { addresses = newValue.map { [$0.sending, $0.receiving] } }
  }
  private var addresses: [UInt8]?
  /// Sends CAN FD frames with up to so many bytes (8, 12, 16, 20, 24, 32, 48, 64); nil for classic ones.
  public var fdLength: UInt8?
  /// CAN FD frames switch to the bit rate of the data phase.
  public var bitRateSwitch = false

  /// The defaults of the kernel.
  public init() {}
}

/// A connection to one other node for messages of up to 4 GiB, of which the kernel makes frames and back (ISO-TP, ISO 15765-2;
/// Linux 5.10 and later).
///
/// ```swift
/// let diagnosis = try ISOTPChannel("can0", sending: request, receiving: response)
/// try await diagnosis.send([0x22, 0xF1, 0x90])
/// for try await message in diagnosis.messages() { ... }
/// ```
public final class ISOTPChannel: Sendable {
  /// The interface, such as `can0`.
  public let interface: String
  /// Messages that began to come and did not end as they should; they are not among the messages.
  public var failedReceptions: Int { failures.load(ordering: .relaxed) }

  /// Two sockets, as the kernel keeps one error for both ways of a socket: what goes wrong on the way in must not look as
  /// if sending had failed. The one that sends leaves the flow control of what comes to the other.
  private let receiver: Int32
  private let sender: Sender
  private let identifier: CANIdentifier
  private let address: UInt8?
  private let failures = Atomic(0)

  /// The longest message that is received.
  public static let longestMessage = 1 << 20

  /// Opens the channel.
  ///
  /// - Parameters:
  ///   - interface: its name, such as `can0`.
  ///   - sending: the identifier of the frames that this side sends.
  ///   - receiving: the identifier of the frames of the other side.
  ///   - options: how the frames look.
  /// - Throws: ``CANBusError``; ``CANBusError/Code/unsupported`` where the kernel has no ISO-TP (`modprobe can_isotp`).
  public init(
    _ interface: String, sending: CANIdentifier, receiving: CANIdentifier,
    options: ISOTPOptions = ISOTPOptions()
  ) throws(CANBusError) {
    self.interface = interface
    identifier = receiving
    address = options.address?.receiving
    let index = try CANInterface.index(of: interface)
    func open(_ flags: Int32) throws(CANBusError) -> Int32 {
      var details = can_isotp_options()
      details.flags = UInt32(flags)
      details.frame_txtime = UInt32(CAN_ISOTP_DEFAULT_FRAME_TXTIME)
      details.txpad_content = options.padding ?? UInt8(CAN_ISOTP_DEFAULT_PAD_CONTENT)
      details.rxpad_content = UInt8(CAN_ISOTP_DEFAULT_PAD_CONTENT)
      if options.padding != nil { details.flags |= UInt32(CAN_ISOTP_TX_PADDING) }
      if let address = options.address {
        details.flags |= UInt32(CAN_ISOTP_EXTEND_ADDR | CAN_ISOTP_RX_EXT_ADDR)
        details.ext_address = address.sending
        details.rx_ext_address = address.receiving
      }
      var flow = can_isotp_fc_options(
        bs: options.blockSize, stmin: options.separationTime, wftmax: 0)
      var link = can_isotp_ll_options(mtu: 16, tx_dl: 8, tx_flags: 0)
      if let length = options.fdLength {
        link.mtu = 72
        link.tx_dl = length
        link.tx_flags = options.bitRateSwitch ? UInt8(CANFD_BRS) : 0
      }
      let opened = iiot_isotp_open(
        index, sending.rawValue, receiving.rawValue, &details, &flow, &link)
      guard opened != -EINVAL else {
        throw CANBusError(
          code: .notPossible, message: "the kernel does not take these options",
          advice: "two different identifiers; an FD length of 8, 12, 16, 20, 24, 32, 48 or 64",
          interface: interface, errno: EINVAL)
      }
      try CANBusError.check(opened, "opening an ISO-TP socket", interface)
      return opened
    }
    let receiver = try open(0)
    self.receiver = receiver
    do throws(CANBusError) {
      sender = Sender(
        try open(CAN_ISOTP_WAIT_TX_DONE | CAN_ISOTP_LISTEN_MODE), interface)
    } catch {
      _ = close(receiver)
      throw error
    }
  }

  deinit { _ = close(receiver) }

  /// Sends a message; returns when its last frame is on the bus. One at a time; others wait for their turn.
  ///
  /// A message that has begun is not cancelled. The kernel gives up when the other side does not answer for a second.
  /// - Throws: ``CANBusError`` with ``CANBusError/Code/noAnswer`` when the other side did not let us go on; `CancellationError`
  ///   before it begins.
  public func send(_ bytes: some Collection<UInt8> & Sendable) async throws {
    try Task.checkCancellation()
    try await sender.send(Array(bytes))
  }

  /// The messages that come, on a thread of its own.
  ///
  /// - Parameter buffered: how many messages wait for the consumer before they wait in the kernel.
  public func messages(buffered: Int = 64) -> CANSocketSequence<TransportMessage> {
    CANSocketSequence(
      interface: interface, descriptor: receiver, longest: Self.longestMessage, capacity: buffered
    ) { [self] (buffer) throws(CANBusError) in
      try next(buffer)
    }
  }

  private func next(_ buffer: UnsafeMutableRawBufferPointer) throws(CANBusError)
    -> TransportMessage?
  {
    while true {
      let flags = Int32(MSG_DONTWAIT | MSG_TRUNC)
      let count = recv(receiver, buffer.baseAddress, buffer.count, flags)
      if count >= 0 {
        guard count <= buffer.count else {
          failures.add(1, ordering: .relaxed)
          continue
        }
        let time = CANReceiver.now
        return TransportMessage(
          firstTime: time, time: time, channel: 0, identifier: identifier, address: address,
          bytes: Array(buffer[..<count]))
      }
      switch errno {
      case EAGAIN: return nil
      case EINTR: continue
      // A frame was missing, came too late or was malformed.
      case ETIMEDOUT, EILSEQ, EBADMSG, EMSGSIZE, ECOMM: failures.add(1, ordering: .relaxed)
      case let number:
        throw CANBusError(errno: number, doing: "receiving", interface: interface)
      }
    }
  }

  /// Sends on a thread of its own, as the call waits for the end of the message.
  private actor Sender {
    private let descriptor: Int32
    private let interface: String
    private let thread: BlockingThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ descriptor: Int32, _ interface: String) {
      self.descriptor = descriptor
      self.interface = interface
      thread = BlockingThread(name: "isotp-\(interface)")
    }

    deinit { _ = close(descriptor) }

    func send(_ bytes: [UInt8]) throws(CANBusError) {
      // What went wrong on the way in since the last message is not ours.
      var pending: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &pending, &length)
      while true {
        let sent = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if sent == bytes.count { return }
        let number = sent < 0 ? errno : EIO
        switch number {
        case EINTR: continue
        // The kernel puts together on this socket too what comes meanwhile, and looks for an error when the message has been sent
        // to its end: a wrong number or a missing frame on the way in, which the other socket counts. Sending itself fails with
        // other numbers (ECOMM, EMSGSIZE, EBADMSG, ENETDOWN).
        case EILSEQ, ETIMEDOUT: return
        default: throw CANBusError(errno: number, doing: "sending", interface: interface)
        }
      }
    }
  }
}
