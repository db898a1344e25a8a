public import CANCore

/// How ISO-TP frames are addressed (ISO 15765-2, section 10.3).
public enum ISOTPAddressing: Sendable, Hashable {
  /// The identifier says all.
  case normal
  /// The first data byte is an address: extended and mixed addressing.
  case addressByte
}

/// Puts ISO-TP messages (ISO 15765-2) together again from the frames of a recording, both directions of any number of
/// conversations at a time.
///
/// It listens only: flow control frames are no messages, and tell from when on a sender's next frame is due. Name the identifiers of both
/// directions, lest a message is given up whose receiver makes it wait. Classic and CAN FD frames, lengths with
/// 12 and 32 bits, normal, extended and mixed addressing.
///
/// ```swift
/// var reassembler = ISOTPReassembler(identifiers: [request, response])
/// var messages: [TransportMessage] = []
/// reassembler.append(batch, to: &messages)
/// ```
public struct ISOTPReassembler: Sendable {
  /// Longer messages are passed over with a finding. A transfer grows with the frames that have come, not with
  /// the length that its first frame claims.
  public var longestMessage = 1 << 20
  /// The longest time from one frame of a message to the next, or to flow control and from there, in nanoseconds: N_Cr and N_Bs, one
  /// second.
  public var timeout: Int64 = 1_000_000_000
  /// What could not be put together so far.
  public private(set) var findings = TransportFindings()

  /// So many messages may be under way at a time.
  public static let mostTransfers = 4096

  private let identifiers: Set<CANIdentifier>
  private let addressing: ISOTPAddressing
  private var transfers: [Key: Transfer] = [:]
  private var sweep = StaleSweep()
  private var flowControl = ISOTPFlowControl()

  private struct Key: Hashable {
    var identifier: CANIdentifier
    var channel: UInt16
    var address: UInt8?
  }

  private struct Transfer: WaitingTransfer {
    var length: Int
    var bytes: [UInt8]
    var next: UInt8 = 1
    var firstTime: Int64
    var time: Int64
  }

  /// A reassembler for the frames of these identifiers; others are passed over.
  public init(
    identifiers: some Sequence<CANIdentifier>, addressing: ISOTPAddressing = .normal
  ) {
    self.identifiers = Set(identifiers)
    self.addressing = addressing
  }

  /// Takes frames in the order of the bus and appends the messages that they complete.
  public mutating func append(_ batch: CANFrameBatch, to messages: inout [TransportMessage]) {
    for (index, header) in batch.headers.enumerated()
    where header.flags.isDisjoint(with: [.remote, .error])
      && identifiers.contains(header.identifier)
    {
      if let message = take(batch[index]) { messages.append(message) }
    }
  }

  /// Takes one frame; gives the message that it completes.
  public mutating func append(_ frame: CANFrame) -> TransportMessage? {
    guard frame.flags.isDisjoint(with: [.remote, .error]), identifiers.contains(frame.identifier)
    else { return nil }
    return take(frame)
  }

  /// The recording has ended: messages that are not complete become findings.
  public mutating func finish() {
    for (key, transfer) in transfers.sorted(by: { $0.value.firstTime < $1.value.firstTime }) {
      findings.add(
        TransportFinding(
          code: .incomplete, time: transfer.time, channel: key.channel, identifier: key.identifier,
          reason: "the recording ends after \(transfer.bytes.count) of \(transfer.length) bytes"))
    }
    transfers.removeAll()
    flowControl = ISOTPFlowControl()
  }

  private mutating func take(_ frame: CANFrame) -> TransportMessage? {
    let payload = frame.payload
    let start = addressing == .normal ? 0 : 1
    guard payload.count > start else { return nil }
    let key = Key(
      identifier: frame.identifier, channel: frame.channel,
      address: addressing == .normal ? nil : payload[0])
    switch payload[start] >> 4 {
    case 0: return takeSingle(frame, key, start)
    case 1: takeFirst(frame, key, start)
    case 2: return takeConsecutive(frame, key, start)
    case 3: takeFlowControl(frame, key, payload[start] & 15)
    default: report(.malformed, frame, "this kind of frame does not exist in ISO-TP")
    }
    return nil
  }

  private mutating func takeSingle(
    _ frame: CANFrame, _ key: Key, _ start: Int
  ) -> TransportMessage? {
    let payload = frame.payload
    var length = Int(payload[start] & 15)
    var first = start + 1
    if length == 0, payload.count > 8 {
      // More than 8 bytes: the length has a byte of its own.
      length = Int(payload[first])
      first += 1
    }
    guard length > 0, length <= payload.count - first else {
      report(.malformed, frame, "a single frame with a length of \(length)")
      return nil
    }
    interrupt(key, frame)
    return TransportMessage(
      firstTime: frame.time, time: frame.time, channel: frame.channel,
      identifier: frame.identifier, address: key.address,
      bytes: Array(payload[first..<(first + length)]))
  }

  private mutating func takeFirst(_ frame: CANFrame, _ key: Key, _ start: Int) {
    let payload = frame.payload
    guard payload.count >= 8 else {
      return report(.malformed, frame, "a first frame with \(payload.count) bytes")
    }
    var length = Int(payload[start] & 15) << 8 | Int(payload[start + 1])
    var first = start + 2
    if length == 0 {
      for index in first..<(first + 4) { length = length << 8 | Int(payload[index]) }
      first += 4
    }
    guard length > payload.count - first else {
      return report(.malformed, frame, "a first frame whose \(length) bytes it holds itself")
    }
    interrupt(key, frame)
    guard length <= longestMessage, transfers.count < Self.mostTransfers || dropStale(frame) else {
      return report(
        .limit, frame,
        length > longestMessage
          ? "a message of \(length) bytes" : "more than \(Self.mostTransfers) messages at a time")
    }
    transfers[key] = Transfer(
      length: length, bytes: Array(payload[first...]), firstTime: frame.time, time: frame.time)
  }

  /// Gives up what waits for longer than the timeout; true when that made room.
  private mutating func dropStale(_ frame: CANFrame) -> Bool {
    let (flowControl, timeout) = (self.flowControl, self.timeout)
    let stale = sweep.take(from: &transfers, at: frame.time, timeout: timeout) { key, transfer in
      flowControl.start(
        of: key.identifier, channel: key.channel, since: transfer.time, timeout: timeout)
    }
    for (key, transfer) in stale {
      findings.add(
        TransportFinding(
          code: .timeout, time: frame.time, channel: key.channel, identifier: key.identifier,
          reason: "the next frame did not come, after \(transfer.bytes.count) of "
            + "\(transfer.length) bytes"))
    }
    return !stale.isEmpty
  }

  /// Whether the next frame of a message may come at this time.
  private func isInTime(_ time: Int64, _ transfer: Transfer, _ key: Key) -> Bool {
    let (gap, overflow) = time.subtractingReportingOverflow(transfer.time)
    if !overflow, gap <= timeout { return true }
    let start = flowControl.start(
      of: key.identifier, channel: key.channel, since: transfer.time, timeout: timeout)
    return ISOTPFlowControl.isWithin(timeout, from: start, to: time)
  }

  private mutating func takeFlowControl(_ frame: CANFrame, _ key: Key, _ status: UInt8) {
    switch status {
    case 0, 1:
      flowControl.note(frame.identifier, channel: frame.channel, at: frame.time, timeout: timeout)
    case 2:
      // No room for the message: its sender stops. Where it does not show who that is, nothing is ended that may go on.
      guard let sender = ISOTPFlowControl.counterpart(of: frame.identifier) else { return }
      let reverse = Key(identifier: sender, channel: key.channel, address: key.address)
      guard let transfer = transfers.removeValue(forKey: reverse) else { return }
      report(.aborted, frame, "the receiver has no room for \(transfer.length) bytes")
    default: break
    }
  }

  private mutating func takeConsecutive(
    _ frame: CANFrame, _ key: Key, _ start: Int
  ) -> TransportMessage? {
    // Without its beginning: the recording started in mid-message, or it was given up and reported.
    guard var transfer = transfers.removeValue(forKey: key) else { return nil }
    guard isInTime(frame.time, transfer, key) else {
      report(
        .timeout, frame,
        "the next frame came too late, after \(transfer.bytes.count) of "
          + "\(transfer.length) bytes")
      return nil
    }
    let number = frame.payload[start] & 15
    guard number == transfer.next else {
      report(.sequence, frame, "frame \(transfer.next) is missing; \(number) came")
      return nil
    }
    let data = frame.payload[(start + 1)...].prefix(transfer.length - transfer.bytes.count)
    guard !data.isEmpty else {
      report(.malformed, frame, "a consecutive frame without data")
      return nil
    }
    transfer.bytes.append(contentsOf: data)
    transfer.time = frame.time
    transfer.next = (number + 1) & 15
    guard transfer.bytes.count >= transfer.length else {
      transfers[key] = transfer
      return nil
    }
    return TransportMessage(
      firstTime: transfer.firstTime, time: frame.time, channel: frame.channel,
      identifier: frame.identifier, address: key.address, bytes: transfer.bytes)
  }

  /// A new message ends the one under way.
  private mutating func interrupt(_ key: Key, _ frame: CANFrame) {
    guard let transfer = transfers.removeValue(forKey: key) else { return }
    report(
      .interrupted, frame,
      "a new message began after \(transfer.bytes.count) of "
        + "\(transfer.length) bytes")
  }

  private mutating func report(_ code: TransportFinding.Code, _ frame: CANFrame, _ reason: String) {
    findings.add(
      TransportFinding(
        code: code, time: frame.time, channel: frame.channel, identifier: frame.identifier,
        reason: reason))
  }
}
