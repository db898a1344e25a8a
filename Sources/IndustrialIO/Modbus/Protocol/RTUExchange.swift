/// The one request under way on a serial line, and the reading of what comes back.
///
/// Serial frames have no transaction id. An answer belongs to the request if unit, function, length and check fit, wherever in
/// the bytes it begins: noise, the answers of others and the echoes of reads are passed over. The echo of a
/// write of one place (functions 5, 6 and 22) is the very bytes of its good answer, and is taken for it: a line must not
/// echo what is sent. The answer that a unit still owes after a timeout can look like the next one's; that is why the
/// engine leaves such a unit alone for a while.
struct RTUExchange {
  private struct Pending {
    var deadline: Int64
    var unit: UInt8
    var function: UInt8
    var replyLength: Int
  }

  private var pending: Pending?
  /// The length of the PDU of an answer that came to the latest request and fits it but for its length. The right one may still
  /// come behind it, so only when time is over it tells that the unit has answered.
  private(set) var otherLength: Int?
  /// Bytes that were no answer.
  private(set) var skippedBytes: UInt64 = 0

  /// How many requests are under way: 0 or 1.
  var count: Int { pending == nil ? 0 : 1 }

  var nextDeadline: Int64 { pending?.deadline ?? .max }

  /// Takes a request under way; nil when there is one already.
  mutating func begin(unit: UInt8, function: UInt8, replyLength: Int, deadline: Int64) -> Int? {
    guard pending == nil else { return nil }
    pending = Pending(
      deadline: deadline, unit: unit, function: function, replyLength: replyLength)
    otherLength = nil
    return 0
  }

  mutating func expire(at now: Int64) -> Int? {
    guard let pending, now >= pending.deadline else { return nil }
    return abandon()
  }

  mutating func abandon() -> Int? {
    guard pending != nil else { return nil }
    pending = nil
    return 0
  }

  /// The next event in `bytes` from `offset` on, as `MBAPExchange.next`.
  mutating func next(in bytes: RawSpan, from offset: inout Int) -> MBAPExchange.Event? {
    guard let pending else {
      skippedBytes += UInt64(bytes.byteCount - offset)
      offset = bytes.byteCount
      return nil
    }
    var candidate = offset
    // The first place where an answer may still be incomplete.
    var keep: Int?
    while candidate < bytes.byteCount {
      switch match(pending, bytes, candidate) {
      case .answer(let pduLength):
        self.pending = nil
        skippedBytes += UInt64(candidate - offset)
        offset = candidate + 1 + pduLength + 2
        return .answer(slot: 0, pdu: (candidate + 1)..<(candidate + 1 + pduLength))
      case .incomplete: keep = keep ?? candidate
      case .none: break
      }
      switch matchOfOtherLength(pending, bytes, candidate) {
      case .answer(let pduLength): otherLength = pduLength
      case .incomplete: keep = keep ?? candidate
      case .none: break
      }
      candidate += 1
    }
    // Bytes that nothing can begin in any more are dropped, so that noise does not pile up.
    let target = max(
      keep ?? bytes.byteCount, bytes.byteCount - 2 * MBAPExchange.maximumFrameLength + 1)
    if target > offset {
      skippedBytes += UInt64(target - offset)
      offset = target
    }
    return nil
  }

  private enum Match {
    case none
    case incomplete
    case answer(pduLength: Int)
  }

  private func match(_ pending: Pending, _ bytes: RawSpan, _ start: Int) -> Match {
    func byte(_ offset: Int) -> UInt8 { bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
    guard byte(start) == pending.unit else { return .none }
    let available = bytes.byteCount - start
    guard available >= 2 else { return .incomplete }
    let function = byte(start + 1)
    let pduLength: Int
    if function == pending.function | 0x80 {
      pduLength = 2
    } else if function != pending.function {
      return .none
    } else if pending.replyLength > 0 {
      pduLength = pending.replyLength
    } else {
      // The length is not known: whatever has come, as soon as its check is right.
      guard available >= 4, available <= 256, hasRightCheck(bytes, start, available - 3) else {
        return available > 256 ? .none : .incomplete
      }
      return .answer(pduLength: available - 3)
    }
    guard available >= pduLength + 3 else { return .incomplete }
    return hasRightCheck(bytes, start, pduLength) ? .answer(pduLength: pduLength) : .none
  }

  /// Whether an answer begins there that says of itself that it has another length than was asked for.
  private func matchOfOtherLength(_ pending: Pending, _ bytes: RawSpan, _ start: Int) -> Match {
    func byte(_ offset: Int) -> UInt8 { bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
    let available = bytes.byteCount - start
    guard pending.replyLength > 0, available >= 3, byte(start) == pending.unit,
      byte(start + 1) == pending.function
    else { return .none }
    let count = Int(byte(start + 2))
    switch pending.function {
    // The echo of a request for bits looks like an answer of 3 bytes.
    case 1, 2: guard (1...250).contains(count), count != 3 else { return .none }
    case 3, 4, 23: guard (2...250).contains(count), count & 1 == 0 else { return .none }
    // The answers to the others do not say how long they are.
    default: return .none
    }
    let pduLength = 2 + count
    guard pduLength != pending.replyLength else { return .none }
    guard available >= pduLength + 3 else { return .incomplete }
    return hasRightCheck(bytes, start, pduLength) ? .answer(pduLength: pduLength) : .none
  }

  private func hasRightCheck(_ bytes: RawSpan, _ start: Int, _ pduLength: Int) -> Bool {
    let check = bytes.unsafeLoadUnaligned(fromByteOffset: start + 1 + pduLength, as: UInt16.self)
    return UInt16(littleEndian: check) == CRC16.of(bytes, from: start, count: 1 + pduLength)
  }
}
