internal import CANCore

/// How a device claims an address by its name and keeps it (SAE J1939-81, section 4.4): what to send, and when. It reads no
/// clock and touches no socket; times are nanoseconds of any clock that does not jump.
///
/// It claims the first of its addresses that nobody else is known to have, and has it when nobody with a lower name has objected
/// for 250 ms. Who claims it with a higher name is told again whose it is; to a lower name the address is left, and
/// the next one is claimed. When there is none left the device says so and stays silent until one becomes free.
struct J1939AddressClaim {
  enum State: Equatable {
    /// Claimed; nobody has objected yet.
    case claiming(UInt8, until: Int64)
    /// Ours.
    case claimed(UInt8)
    /// All are others'.
    case none
  }

  /// How long others may object.
  static let objectionTime: Int64 = 250_000_000
  /// The address of a device that has none.
  static let noAddress: UInt8 = 254
  static let everyone: UInt8 = 255

  let name: J1939Name
  private(set) var state = State.none
  /// What is to be sent, in this order; whoever sends it takes it out.
  var output: [CANFrame] = []

  private let addresses: [UInt8]
  /// Who else has claimed an address.
  private var owners: [UInt8: J1939Name] = [:]
  /// When to say that there is no address left.
  private var complaint: Int64?

  /// Claims the first address.
  init(name: J1939Name, addresses: [UInt8], now: Int64) {
    self.name = name
    self.addresses = addresses
    claimNext(now)
  }

  /// When `expire` has something to do.
  var deadline: Int64? {
    if case .claiming(_, let until) = state { return until }
    return complaint
  }

  /// Does what is due.
  mutating func expire(at now: Int64) {
    if case .claiming(let address, let until) = state, now >= until { state = .claimed(address) }
    if let due = complaint, now >= due {
      complaint = nil
      say(from: Self.noAddress)
    }
  }

  /// What was to be sent could not be sent before now: the time to object begins now.
  mutating func didSendLate(at now: Int64) {
    if case .claiming(let address, _) = state {
      state = .claiming(address, until: now &+ Self.objectionTime)
    }
  }

  /// The bus was away: whatever was ours may be somebody else's.
  mutating func beginAgain(at now: Int64) {
    owners = [:]
    output = []
    claimNext(now)
  }

  /// Takes a frame from the bus.
  mutating func take(_ frame: CANFrame, at now: Int64) {
    let identifier = frame.identifier
    guard identifier.isExtended, frame.flags.isDisjoint(with: [.error, .remote]),
      identifier.value >> 24 & 3 == 0
    else { return }
    let format = UInt8(truncatingIfNeeded: identifier.value >> 16)
    let destination = UInt8(truncatingIfNeeded: identifier.value >> 8)
    let source = UInt8(truncatingIfNeeded: identifier.value)
    let number = frame.payload.word(0)
    switch format {
    case 0xEE where destination == Self.everyone && frame.payload.count == 8:
      takeClaim(of: source, by: J1939Name(rawValue: number), now)
    case 0xEA where frame.payload.count >= 3 && number & 0xFF_FFFF == 0xEE00:
      if destination == Self.everyone || destination == address { answerRequest(now) }
    default: break
    }
  }

  /// The address that is ours, or about to be; nil when there is none.
  private var address: UInt8? {
    switch state {
    case .claiming(let address, _), .claimed(let address): address
    case .none: nil
    }
  }

  private mutating func takeClaim(of source: UInt8, by other: J1939Name, _ now: Int64) {
    // Our own, told by another socket; or a second device of our name, against which there is no remedy.
    guard other != name else { return }
    let old = owners.filter { $0.value == other && $0.key != source }.map(\.key)
    for left in old { owners[left] = nil }
    if source < Self.noAddress {
      // A lower name has it; a higher one has to leave it to us.
      if source != address || other < name { owners[source] = other }
      if source == address {
        if other < name { claimNext(now) } else { say(from: source) }
      }
    }
    if state == .none, old.contains(where: addresses.contains) { claimNext(now) }
  }

  private mutating func answerRequest(_ now: Int64) {
    if let address {
      say(from: address)
    } else if complaint == nil {
      complaint = now &+ complaintDelay
    }
  }

  private mutating func claimNext(_ now: Int64) {
    complaint = nil
    guard let next = addresses.first(where: { owners[$0] == nil }) else {
      state = .none
      complaint = now &+ complaintDelay
      return
    }
    state = .claiming(next, until: now &+ Self.objectionTime)
    say(from: next)
  }

  /// 0 to 153 ms, another for each device, so that those without an address do not all speak at once.
  private var complaintDelay: Int64 {
    var sum: UInt8 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      sum &+= UInt8(truncatingIfNeeded: name.rawValue >> shift)
    }
    return Int64(sum) * 600_000
  }

  /// Puts a claim among what is to be sent, unless it stands there already.
  private mutating func say(from source: UInt8) {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: name.rawValue >> UInt64($0 * 8)) }
    let frame = CANFrame(
      identifier: CANIdentifier(
        truncating: CANIdentifier.extendedFlag | 0x18EE_FF00 | UInt32(source)),
      payload: CANPayload(bytes) ?? CANPayload())
    if !output.contains(frame) { output.append(frame) }
  }
}
