public import CANCore

/// Puts J1939 messages of 9 to 1785 bytes together again from the frames of a recording (SAE J1939-21, transport
/// protocol): broadcasts (BAM) and transfers from node to node (RTS/CTS), with what was sent again.
///
/// Other frames are passed over: single frames need no reassembly. The extended transport protocol is not taken.
///
/// ```swift
/// var reassembler = J1939Reassembler()
/// var messages: [TransportMessage] = []
/// reassembler.append(batch, to: &messages)
/// for message in messages {
///   if let known = decoder.message(message.identifier) {
///     print(decoder.decode(known, bytes: message.bytes))
///   }
/// }
/// ```
public struct J1939Reassembler: Sendable {
  /// The longest time from one frame of a message to the next, in nanoseconds: 1.25 seconds (T2, T3).
  public var timeout: Int64 = 1_250_000_000
  /// What could not be put together so far.
  public private(set) var findings = TransportFindings()

  /// So many messages may be under way at a time.
  public static let mostTransfers = 4096

  private var transfers: [Key: Transfer] = [:]
  private var sweep = StaleSweep()

  private struct Key: Hashable {
    var channel: UInt16
    var source: UInt8
    /// 0xFF for a broadcast.
    var destination: UInt8
  }

  private struct Transfer: WaitingTransfer {
    var group: UInt32
    var priority: UInt32
    var length: Int
    var packets: Int
    var bytes: [UInt8]
    var hasPacket: [Bool]
    var left: Int
    var firstTime: Int64
    var time: Int64
  }

  private enum Control {
    static let requestToSend: UInt8 = 16
    static let clearToSend: UInt8 = 17
    static let endOfMessage: UInt8 = 19
    static let broadcast: UInt8 = 32
    static let abort: UInt8 = 255
  }

  /// Nothing under way.
  public init() {}

  /// Takes frames in the order of the bus and appends the messages that they complete.
  public mutating func append(_ batch: CANFrameBatch, to messages: inout [TransportMessage]) {
    for (index, header) in batch.headers.enumerated() where Self.takes(header.identifier) {
      if let message = append(batch[index]) { messages.append(message) }
    }
  }

  /// Takes one frame; gives the message that it completes.
  public mutating func append(_ frame: CANFrame) -> TransportMessage? {
    guard Self.takes(frame.identifier), frame.flags.isDisjoint(with: [.remote, .error]) else {
      return nil
    }
    guard frame.payload.count == 8 else {
      report(.malformed, frame, "a frame of the transport protocol has 8 bytes")
      return nil
    }
    let raw = frame.identifier.value
    let source = UInt8(truncatingIfNeeded: raw)
    let destination = UInt8(truncatingIfNeeded: raw >> 8)
    let key = Key(channel: frame.channel, source: source, destination: destination)
    if UInt8(truncatingIfNeeded: raw >> 16) == 0xEB { return takeData(frame, key) }
    takeControl(frame, key)
    return nil
  }

  /// The recording has ended: messages that are not complete become findings.
  public mutating func finish() {
    for (key, transfer) in transfers.sorted(by: { $0.value.firstTime < $1.value.firstTime }) {
      findings.add(
        TransportFinding(
          code: .incomplete, time: transfer.time, channel: key.channel,
          identifier: Self.identifier(of: transfer, key),
          reason: "the recording ends with \(transfer.left) of \(transfer.packets) packets missing")
      )
    }
    transfers.removeAll()
  }

  /// Whether frames of this identifier are the transport protocol's: TP.CM or TP.DT, on data page 0.
  public static func takes(_ identifier: CANIdentifier) -> Bool {
    guard identifier.isExtended, identifier.value >> 24 & 3 == 0 else { return false }
    let format = identifier.value >> 16 & 0xFF
    return format == 0xEC || format == 0xEB
  }

  /// What the message would have as a single frame.
  private static func identifier(of transfer: Transfer, _ key: Key) -> CANIdentifier {
    var raw = transfer.priority << 26 | transfer.group << 8 | UInt32(key.source)
    // Parameter groups below F000 hold the destination.
    if transfer.group >> 8 & 0xFF < 0xF0 { raw |= UInt32(key.destination) << 8 }
    return CANIdentifier(truncating: raw | CANIdentifier.extendedFlag)
  }

  // MARK: Control

  private mutating func takeControl(_ frame: CANFrame, _ key: Key) {
    let payload = frame.payload
    let reverse = Key(
      channel: key.channel, source: key.destination, destination: key.source)
    switch payload[0] {
    case Control.broadcast where key.destination == 0xFF: begin(frame, key)
    case Control.requestToSend where key.destination != 0xFF: begin(frame, key)
    case Control.clearToSend:
      // From the receiver: it asks to wait, or for packets, perhaps again.
      transfers[reverse]?.time = frame.time
    case Control.endOfMessage:
      guard let transfer = transfers.removeValue(forKey: reverse) else { return }
      report(
        .sequence, frame,
        "the receiver had all, the recording lacks \(transfer.left) of \(transfer.packets) packets")
    case Control.abort:
      // From either side.
      let group = Self.group(payload)
      for side in [key, reverse] {
        guard let transfer = transfers[side], transfer.group == group else { continue }
        transfers.removeValue(forKey: side)
        report(.aborted, frame, "the transfer was given up, reason \(payload[1])")
      }
    default: report(.malformed, frame, "control byte \(payload[0]) has no meaning here")
    }
  }

  private static func group(_ payload: CANPayload) -> UInt32 {
    (UInt32(payload[5]) | UInt32(payload[6]) << 8 | UInt32(payload[7]) << 16) & 0x3_FFFF
  }

  private mutating func begin(_ frame: CANFrame, _ key: Key) {
    let payload = frame.payload
    let length = Int(payload[1]) | Int(payload[2]) << 8
    let packets = Int(payload[3])
    guard (9...1785).contains(length), packets == (length + 6) / 7 else {
      return report(.malformed, frame, "\(length) bytes in \(packets) packets")
    }
    if let transfer = transfers.removeValue(forKey: key) {
      report(
        .interrupted, frame,
        "a new message began while \(transfer.left) of \(transfer.packets) packets were missing")
    }
    guard transfers.count < Self.mostTransfers || dropStale(frame) else {
      return report(.limit, frame, "more than \(Self.mostTransfers) messages at a time")
    }
    transfers[key] = Transfer(
      group: Self.group(payload), priority: frame.identifier.value >> 26, length: length,
      packets: packets, bytes: [UInt8](repeating: 0, count: packets * 7),
      hasPacket: [Bool](repeating: false, count: packets), left: packets, firstTime: frame.time,
      time: frame.time)
  }

  /// Gives up what waits for longer than the timeout; true when that made room.
  private mutating func dropStale(_ frame: CANFrame) -> Bool {
    let stale = sweep.take(from: &transfers, at: frame.time, timeout: timeout)
    for (key, transfer) in stale {
      findings.add(
        TransportFinding(
          code: .timeout, time: frame.time, channel: key.channel,
          identifier: Self.identifier(of: transfer, key),
          reason: "the next packet did not come; \(transfer.left) of \(transfer.packets) "
            + "were missing"))
    }
    return !stale.isEmpty
  }

  // MARK: Data

  private mutating func takeData(_ frame: CANFrame, _ key: Key) -> TransportMessage? {
    // Without its beginning: the recording started in mid-message, or it was given up and reported.
    guard var transfer = transfers.removeValue(forKey: key) else { return nil }
    let (gap, overflow) = frame.time.subtractingReportingOverflow(transfer.time)
    guard !overflow, gap <= timeout else {
      report(
        .timeout, frame,
        "the next packet came too late; \(transfer.left) of \(transfer.packets) were missing")
      return nil
    }
    let number = Int(frame.payload[0])
    guard (1...transfer.packets).contains(number) else {
      report(.sequence, frame, "packet \(number) of \(transfer.packets)")
      return nil
    }
    // A broadcast repeats nothing: a gap in its numbers is a packet that is lost for good.
    if key.destination == 0xFF, number != transfer.packets - transfer.left + 1 {
      report(
        .sequence, frame,
        "packet \(transfer.packets - transfer.left + 1) is missing; \(number) came")
      return nil
    }
    for (index, byte) in frame.payload.dropFirst().enumerated() {
      transfer.bytes[(number - 1) * 7 + index] = byte
    }
    if !transfer.hasPacket[number - 1] {
      transfer.hasPacket[number - 1] = true
      transfer.left -= 1
    }
    transfer.time = frame.time
    guard transfer.left == 0 else {
      transfers[key] = transfer
      return nil
    }
    return TransportMessage(
      firstTime: transfer.firstTime, time: frame.time, channel: frame.channel,
      identifier: Self.identifier(of: transfer, key), address: nil,
      bytes: Array(transfer.bytes.prefix(transfer.length)))
  }

  private mutating func report(_ code: TransportFinding.Code, _ frame: CANFrame, _ reason: String) {
    findings.add(
      TransportFinding(
        code: code, time: frame.time, channel: frame.channel, identifier: frame.identifier,
        reason: reason))
  }
}
