/// The requests under way on one Modbus TCP connection, and the reading of what comes back.
///
/// A value without input or output: it takes bytes and the time, and says which request was answered. It carries the
/// client's promise that a late, duplicate, foreign, split, merged or garbled answer costs at most its own request:
///
/// - An answer belongs to the request of its transaction id, and only if protocol, length, unit and function fit as well.
/// - The id of a request that timed out is not given to another one until its late answer has come or the
///   connection has ended, so that no late answer is ever taken for a newer one.
/// - Bytes that belong to nobody are searched for the header of a request under way, so that a garbled length or
///   noise does not cover the answers behind it.
struct MBAPExchange {
  /// What the next bytes are.
  enum Event: Equatable {
    /// The answer of the request in `slot`: its PDU stands at `pdu` in the bytes given.
    case answer(slot: Int, pdu: Range<Int>)
    /// The answer to the request in `slot` can't be used.
    case malformed(slot: Int, Defect)
  }

  /// Why an answer does not fit its request.
  enum Defect: Equatable {
    case unit(UInt8)
    case function(UInt8)
    case length(Int)
  }

  /// Header and function code.
  static let headerLength = 8
  /// The longest frame: 7 bytes of header and 253 of PDU.
  static let maximumFrameLength = 260
  /// More slots than requests, so that one that waits long does not block the sequence of ids.
  static let slotCount = 2 * ModbusOptions.maximumInFlight

  private struct Pending {
    var deadline: Int64 = .max
    var id: UInt16 = 0
    /// Length of a good answer's PDU; 0 when any will do.
    var replyLength: UInt16 = 0
    var unit: UInt8 = 0
    var function: UInt8 = 0
    var isActive = false
  }

  private var slots: [Pending]
  private var retiredIDs: [UInt64]
  private var nextID: UInt16
  private let acceptsAnyUnit: Bool
  /// A time at or before the earliest deadline.
  private(set) var nextDeadline: Int64 = .max
  /// How many requests are under way.
  private(set) var count = 0
  /// How many ids wait for a late answer.
  private(set) var retiredCount = 0
  /// Answers to no request under way: late, duplicate or foreign.
  private(set) var strayFrames: UInt64 = 0
  /// Answers that came after their request had timed out (they count as stray too).
  private(set) var lateFrames: UInt64 = 0
  /// The unit of the latest of them.
  private(set) var lastLateUnit: UInt8?
  /// Bytes that were no frame.
  private(set) var skippedBytes: UInt64 = 0
  /// The next frame has been told of as malformed, and only its bytes have to go.
  private var isToldOf = false

  init(firstID: UInt16 = 1, acceptsAnyUnit: Bool = false) {
    slots = Array(repeating: Pending(), count: Self.slotCount)
    retiredIDs = Array(repeating: 0, count: 65536 / 64)
    nextID = firstID
    self.acceptsAnyUnit = acceptsAnyUnit
  }

  /// Takes a request under way and gives it an id and a slot; nil when there is no room.
  ///
  /// `replyLength` is the length of a good answer's PDU, 0 when any will do.
  mutating func begin(
    unit: UInt8, function: UInt8, replyLength: Int, deadline: Int64
  ) -> (id: UInt16, slot: Int)? {
    guard count < ModbusOptions.maximumInFlight else { return nil }
    // A slot is free within slotCount steps; retired ids may take more, but never all.
    for _ in 0..<65536 {
      let id = nextID
      nextID &+= 1
      let slot = Int(id) & (Self.slotCount - 1)
      guard !slots[slot].isActive, !isRetired(id) else { continue }
      slots[slot] = Pending(
        deadline: deadline, id: id, replyLength: UInt16(truncatingIfNeeded: replyLength),
        unit: unit, function: function, isActive: true)
      count += 1
      nextDeadline = min(nextDeadline, deadline)
      return (id, slot)
    }
    return nil
  }

  /// The request in a slot that has waited past its deadline, taken out; nil when there is none.
  mutating func expire(at now: Int64) -> Int? {
    guard now >= nextDeadline else { return nil }
    var earliest = Int64.max
    for slot in slots.indices where slots[slot].isActive {
      if slots[slot].deadline <= now {
        release(slot)
        retire(slots[slot].id)
        return slot
      }
      earliest = min(earliest, slots[slot].deadline)
    }
    nextDeadline = earliest
    return nil
  }

  /// Any request under way, taken out because the connection has ended; nil when there is none.
  mutating func abandon() -> Int? {
    guard count > 0, let slot = slots.firstIndex(where: { $0.isActive }) else { return nil }
    release(slot)
    return slot
  }

  /// Starts over on a new connection. Requests under way must have been abandoned.
  mutating func connectionDidStart() {
    for index in retiredIDs.indices { retiredIDs[index] = 0 }
    retiredCount = 0
    isToldOf = false
  }

  /// The next event in `bytes` from `offset` on; moves `offset` past what is done with.
  ///
  /// Returns nil when more bytes are needed; those from `offset` on must be given again, with more behind them.
  mutating func next(in bytes: RawSpan, from offset: inout Int) -> Event? {
    while bytes.byteCount - offset >= Self.headerLength {
      let header = Header(bytes, at: offset)
      guard header.isPlausible else {
        guard resynchronize(in: bytes, from: &offset, limit: bytes.byteCount) else { return nil }
        continue
      }
      let end = offset + header.frameLength
      let slot = Int(header.id) & (Self.slotCount - 1)
      if slots[slot].isActive, slots[slot].id == header.id {
        if let defect = defect(of: header, for: slots[slot]) {
          release(slot)
          retire(header.id)
          // It stays for now: if its length is wrong too, another answer may lie in it.
          isToldOf = true
          return .malformed(slot: slot, defect)
        }
        guard end <= bytes.byteCount else { return nil }
        release(slot)
        let pdu = (offset + 7)..<end
        offset = end
        return .answer(slot: slot, pdu: pdu)
      }
      // Nobody's frame, or one whose length is wrong: what lies in it may be somebody's.
      if let found = firstHeader(in: bytes, from: offset + 1, limit: min(end, bytes.byteCount)) {
        skippedBytes += UInt64(found - offset)
        offset = found
        isToldOf = false
        continue
      }
      guard end <= bytes.byteCount else { return nil }
      noteStray(header)
      offset = end
    }
    return nil
  }

  /// Counts a frame that is no answer, unless it has been counted as a malformed one.
  private mutating func noteStray(_ header: Header) {
    let isLate = isRetired(header.id)
    if isLate { unretire(header.id) }
    guard !isToldOf else { return isToldOf = false }
    strayFrames += 1
    guard isLate else { return }
    lateFrames += 1
    lastLateUnit = header.unit
  }

  // MARK: - Headers

  private struct Header {
    var id: UInt16
    var protocolID: UInt16
    var length: UInt16
    var unit: UInt8
    var function: UInt8

    init(_ bytes: RawSpan, at offset: Int) {
      let word = UInt64(
        bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      id = UInt16(truncatingIfNeeded: word >> 48)
      protocolID = UInt16(truncatingIfNeeded: word >> 32)
      length = UInt16(truncatingIfNeeded: word >> 16)
      unit = UInt8(truncatingIfNeeded: word >> 8)
      function = UInt8(truncatingIfNeeded: word)
    }

    /// Protocol 0, and room for unit and function, and no more than the protocol allows.
    var isPlausible: Bool { protocolID == 0 && length >= 2 && length <= 254 }
    var frameLength: Int { 6 + Int(length) }
    var pduLength: UInt16 { length &- 1 }
  }

  private func defect(of header: Header, for pending: Pending) -> Defect? {
    guard header.unit == pending.unit || acceptsAnyUnit else { return .unit(header.unit) }
    if header.function == pending.function {
      guard pending.replyLength == 0 || header.pduLength == pending.replyLength else {
        return .length(Int(header.pduLength))
      }
      return nil
    }
    guard header.function == pending.function | 0x80 else { return .function(header.function) }
    return header.pduLength == 2 ? nil : .length(Int(header.pduLength))
  }

  /// Where, from `start` up to `limit`, the header of a request under way begins.
  private func firstHeader(in bytes: RawSpan, from start: Int, limit: Int) -> Int? {
    var offset = start
    let last = min(limit, bytes.byteCount - Self.headerLength + 1)
    while offset < last {
      let header = Header(bytes, at: offset)
      if header.isPlausible {
        let pending = slots[Int(header.id) & (Self.slotCount - 1)]
        if pending.isActive, pending.id == header.id, defect(of: header, for: pending) == nil {
          return offset
        }
      }
      offset += 1
    }
    return nil
  }

  /// Moves on to the next header of a request under way; keeps the last bytes, which may be the start of one.
  private mutating func resynchronize(
    in bytes: RawSpan, from offset: inout Int, limit: Int
  ) -> Bool {
    let found = firstHeader(in: bytes, from: offset + 1, limit: limit)
    let target = found ?? (bytes.byteCount - Self.headerLength + 1)
    skippedBytes += UInt64(target - offset)
    offset = target
    return found != nil
  }

  // MARK: - Slots and ids

  private mutating func release(_ slot: Int) {
    slots[slot].isActive = false
    count -= 1
    if count == 0 { nextDeadline = .max }
  }

  private func isRetired(_ id: UInt16) -> Bool {
    retiredIDs[Int(id >> 6)] & (1 << UInt64(id & 63)) != 0
  }

  private mutating func retire(_ id: UInt16) {
    retiredIDs[Int(id >> 6)] |= 1 << UInt64(id & 63)
    retiredCount += 1
  }

  private mutating func unretire(_ id: UInt16) {
    retiredIDs[Int(id >> 6)] &= ~(1 << UInt64(id & 63))
    retiredCount -= 1
  }
}
