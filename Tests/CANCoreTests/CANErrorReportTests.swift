import CANCore
import Testing

@Suite("Error frames in words")
struct CANErrorReportTests {
  private func report(_ classes: UInt32, _ bytes: [UInt8] = Array(repeating: 0, count: 8)) throws
    -> CANErrorReport
  {
    let frame = CANFrame(
      identifier: CANIdentifier(truncating: classes | CANIdentifier.extendedFlag), flags: .error,
      payload: try #require(CANPayload(bytes)))
    return try #require(CANErrorReport(frame))
  }

  /// The layout is that of linux/can/error.h.
  @Test func everyClassHasItsWords() throws {
    #expect(try report(0x001).description == "transmit timeout")
    #expect(try report(0x002, [9]).description == "lost arbitration at bit 9")
    #expect(try report(0x002).description == "lost arbitration")
    #expect(
      try report(0x004, [0, 0x24]).description
        == "controller: receiver at warning level and transmitter error passive")
    #expect(
      try report(0x008, [0, 0, 0x84, 0x0A]).description
        == "protocol violation: stuff error and on transmission in data")
    #expect(
      try report(0x010, [0, 0, 0, 0, 0x74]).description
        == "transceiver: CANH no wire and CANL short to ground")
    #expect(try report(0x060).description == "bus off, no acknowledgement")
    #expect(try report(0x180).description == "controller restarted, bus error")
    #expect(
      try report(0x244, [0, 0x40, 0, 0, 0, 0, 128, 5]).description
        == "bus off, controller: error active again (counters: tx 128, rx 5)")
    #expect(try report(0).description == "error of an unknown kind")
  }

  @Test func detailsCountOnlyWithTheirClass() throws {
    let bytes = [UInt8](repeating: 0xFF, count: 8)
    let none = try report(0x040, bytes)
    #expect(none.arbitrationBit == 0 && none.controller.isEmpty && none.violations.isEmpty)
    #expect(none.location == 0 && none.transceiver == 0 && none.transmitErrors == nil)
    let all = try report(0x3FF, bytes)
    #expect(all.arbitrationBit == 255 && all.location == 255 && all.receiveErrors == 255)
    #expect(all.controller.contains(.active) && all.violations.contains(.onTransmission))
    // Whatever the bits are, there are words.
    #expect(!all.description.isEmpty)
  }

  @Test func shortOnesAndOtherFramesAreNoTrap() throws {
    #expect(try report(0x3FF, []).controller.isEmpty)
    #expect(CANErrorReport(CANFrame(identifier: CANIdentifier(truncating: 0x40))) == nil)
  }
}
