import CANCore
import TestSupport
import Testing

@testable import SocketCAN

/// SAE J1939-81, without a bus: what a device sends, and when.
@Suite("A J1939 device claims an address by its name")
struct AddressClaimTests {
  private let low = J1939Name(rawValue: 0x8000_0000_0000_0001)
  private let ours = J1939Name(rawValue: 0x8000_0000_0000_0022)
  private let high = J1939Name(rawValue: 0x8000_0000_0000_0333)
  private let millisecond: Int64 = 1_000_000

  private func claimFrame(_ source: UInt8, _ name: J1939Name) -> CANFrame {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: name.rawValue >> UInt64($0 * 8)) }
    return CANFrame(
      identifier: CANIdentifier(truncating: 0x98EE_FF00 | UInt32(source)),
      payload: CANPayload(bytes) ?? CANPayload())
  }

  private func request(to destination: UInt8, for group: UInt32 = 0xEE00) -> CANFrame {
    let bytes = (0..<3).map { UInt8(truncatingIfNeeded: group >> UInt32($0 * 8)) }
    return CANFrame(
      identifier: CANIdentifier(truncating: 0x98EA_00FE | UInt32(destination) << 8),
      payload: CANPayload(bytes) ?? CANPayload())
  }

  private func takeOutput(_ claim: inout J1939AddressClaim) -> [CANFrame] {
    defer { claim.output = [] }
    return claim.output
  }

  /// A device that has its address at 250 ms.
  private func settled(_ addresses: [UInt8]) -> J1939AddressClaim {
    var claim = J1939AddressClaim(name: ours, addresses: addresses, now: 0)
    claim.output = []
    claim.expire(at: 250 * millisecond)
    return claim
  }

  @Test func anAddressIsOursWhenNobodyObjectsFor250Milliseconds() {
    var claim = J1939AddressClaim(name: ours, addresses: [0x80, 0x81], now: 1000)
    #expect(takeOutput(&claim) == [claimFrame(0x80, ours)])
    #expect(claim.deadline == 1000 + 250 * millisecond)
    claim.expire(at: 999 + 250 * millisecond)
    #expect(claim.state == .claiming(0x80, until: 1000 + 250 * millisecond))
    claim.expire(at: 1000 + 250 * millisecond)
    #expect(claim.state == .claimed(0x80))
    #expect(claim.deadline == nil)
    #expect(takeOutput(&claim) == [])
  }

  @Test func aHigherNameIsToldWhoseItIs() {
    for isSettled in [false, true] {
      var claim =
        isSettled
        ? settled([0x80]) : J1939AddressClaim(name: ours, addresses: [0x80], now: 0)
      claim.output = []
      let before = claim.state
      claim.take(claimFrame(0x80, high), at: 300 * millisecond)
      #expect(takeOutput(&claim) == [claimFrame(0x80, ours)])
      #expect(claim.state == before)
      // What others do with other addresses is no business of ours.
      claim.take(claimFrame(0x90, low), at: 300 * millisecond)
      #expect(claim.output == [])
    }
  }

  @Test func aLowerNameGetsTheAddressAndWeTakeTheNextFreeOne() {
    var claim = settled([0x80, 0x81, 0x82])
    // 81 is somebody's, even of a higher name: it was there before.
    claim.take(claimFrame(0x81, high), at: 300 * millisecond)
    claim.take(claimFrame(0x80, low), at: 400 * millisecond)
    #expect(takeOutput(&claim) == [claimFrame(0x82, ours)])
    #expect(claim.state == .claiming(0x82, until: 650 * millisecond))
    claim.expire(at: 650 * millisecond)
    #expect(claim.state == .claimed(0x82))
  }

  @Test func withoutAnAddressItSaysSoOnceAndWaitsForOneToBecomeFree() throws {
    var claim = settled([0x80])
    claim.take(claimFrame(0x80, low), at: 300 * millisecond)
    #expect(claim.state == .none)
    #expect(takeOutput(&claim) == [])
    // After 0 to 153 ms, so that not all speak at once.
    let due = try #require(claim.deadline)
    #expect((300 * millisecond...453 * millisecond).contains(due))
    claim.expire(at: due)
    #expect(takeOutput(&claim) == [claimFrame(254, ours)])
    #expect(claim.deadline == nil)
    // Who asks is told, after the same time and once.
    claim.take(request(to: 255), at: 600 * millisecond)
    claim.take(request(to: 255), at: 601 * millisecond)
    let again = try #require(claim.deadline)
    claim.expire(at: again)
    claim.expire(at: again + 1000 * millisecond)
    #expect(takeOutput(&claim) == [claimFrame(254, ours)])
    // The other one moves, or has lost its address too.
    for freed in [claimFrame(0x90, low), claimFrame(254, low)] {
      var other = claim
      other.take(freed, at: 900 * millisecond)
      #expect(takeOutput(&other) == [claimFrame(0x80, ours)])
      #expect(other.state == .claiming(0x80, until: 1150 * millisecond))
    }
  }

  @Test func whoAsksIsTold() {
    var claim = settled([0x80])
    for destination: UInt8 in [255, 0x80] {
      claim.take(request(to: destination), at: 300 * millisecond)
      #expect(takeOutput(&claim) == [claimFrame(0x80, ours)])
    }
    claim.take(request(to: 0x81), at: 300 * millisecond)
    claim.take(request(to: 255, for: 0xFECA), at: 300 * millisecond)
    #expect(claim.output == [])
  }

  @Test func whatIsNoClaimIsPassedOver() throws {
    var claim = settled([0x80])
    let lowBytes = claimFrame(0x80, low).payload
    for frame in [
      // Our own, come back; data page 1; to one node; too short; a standard, a remote and an error frame.
      claimFrame(0x80, ours),
      CANFrame(identifier: CANIdentifier(truncating: 0x99EE_FF80), payload: lowBytes),
      CANFrame(identifier: CANIdentifier(truncating: 0x98EE_8080), payload: lowBytes),
      CANFrame(identifier: CANIdentifier(truncating: 0x98EE_FF80), payload: [1, 2, 3]),
      CANFrame(identifier: CANIdentifier(truncating: 0x780), payload: lowBytes),
      CANFrame(
        identifier: CANIdentifier(truncating: 0x98EE_FF80), flags: .remote, dataLengthCode: 8),
      CANFrame(
        identifier: CANIdentifier(truncating: 0x98EE_FF80), flags: .error, payload: lowBytes),
      CANFrame(identifier: CANIdentifier(truncating: 0x98EA_FFFE), payload: [0, 0xEE]),
    ] {
      claim.take(frame, at: 300 * millisecond)
      #expect(claim.output == [] && claim.state == .claimed(0x80), "\(frame)")
    }
  }

  @Test func aFloodIsAnsweredWithBoundedWords() {
    var claim = settled([0x80])
    for _ in 0..<1000 {
      claim.take(claimFrame(0x80, high), at: 300 * millisecond)
      claim.take(request(to: 255), at: 300 * millisecond)
    }
    #expect(claim.output == [claimFrame(0x80, ours)])
  }

  @Test func afterTheBusWasAwayItClaimsAnew() {
    var claim = settled([0x80, 0x81])
    claim.take(claimFrame(0x80, low), at: 300 * millisecond)
    claim.beginAgain(at: 1000 * millisecond)
    #expect(takeOutput(&claim) == [claimFrame(0x80, ours)])
    // It could be said only later: the time to object counts from then.
    claim.didSendLate(at: 1100 * millisecond)
    #expect(claim.state == .claiming(0x80, until: 1350 * millisecond))
  }

  /// Any devices with any names and addresses on one bus: in the end no two have the same one, the lowest name has its first
  /// choice, and who has none finds all of its addresses taken by others.
  @Test(arguments: 0..<200)
  func anyDevicesComeToTerms(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let names = Set((0..<6).map { _ in UInt64.random(in: 1...40, using: &random) })
      .sorted().map(J1939Name.init(rawValue:))
    let choices = names.map { _ in
      (0..<3).map { _ in UInt8.random(in: 0x80...0x84, using: &random) }
    }
    var devices = zip(names, choices).map {
      J1939AddressClaim(name: $0, addresses: $1, now: 0)
    }
    var now: Int64 = 0
    var said = 0
    for _ in 0..<400 {
      for index in devices.indices.shuffled(using: &random) {
        for frame in takeOutput(&devices[index]) {
          said += 1
          for other in devices.indices where other != index {
            devices[other].take(frame, at: now)
          }
        }
      }
      now += 10 * millisecond
      for index in devices.indices { devices[index].expire(at: now) }
    }
    let addresses = devices.compactMap { device in
      if case .claimed(let address) = device.state { address } else { UInt8?.none }
    }
    #expect(Set(addresses).count == addresses.count, "seed \(seed)")
    #expect(devices.allSatisfy { $0.deadline == nil && $0.output == [] }, "seed \(seed)")
    #expect(said < 200, "seed \(seed)")
    #expect(devices.first?.state == .claimed(choices[0][0]), "seed \(seed)")
    for (device, choice) in zip(devices, choices) where device.state == .none {
      #expect(Set(choice).isSubset(of: addresses), "seed \(seed)")
    }
  }

  @Test func namesHaveFields() {
    let name = J1939Name(
      identity: 0x1F_FFFF, manufacturer: 0, ecuInstance: 7, functionInstance: 0, function: 0xFF,
      vehicleSystem: 0, vehicleSystemInstance: 0xF, industryGroup: 0, choosesAddress: true)
    #expect(name?.rawValue == 0x8F00_FF07_001F_FFFF)
    #expect(name?.description == "8F00FF07001FFFFF")
    #expect(name?.choosesAddress == true)
    let other = J1939Name(
      identity: 0, manufacturer: 0x7FF, ecuInstance: 0, functionInstance: 0x1F, function: 0,
      vehicleSystem: 0x7F, vehicleSystemInstance: 0, industryGroup: 7, choosesAddress: false)
    #expect(other?.rawValue == 0x70FE_00F8_FFE0_0000)
    #expect(J1939Name(identity: 0x20_0000, manufacturer: 0, function: 0) == nil)
    #expect(J1939Name(identity: 0, manufacturer: 0x800, function: 0) == nil)
    #expect(low < ours && !(high < ours))
  }
}
