import CANCore
import CANLog
import TestSupport
import Testing

@Suite struct CandumpWriterTests {
  @Test func writesWhatCandumpWrites() {
    var text: [UInt8] = []
    var writer = CandumpWriter()
    let time: Int64 = 1_700_640_464_000_001_999
    writer.append(
      CANFrame(time: time, identifier: standard(0x12), payload: [0xDE, 0xAD]), channel: "can0",
      to: &text)
    writer.writesNanoseconds = true
    writer.writesDirection = true
    writer.append(
      CANFrame(
        time: time, identifier: extended(0x12), flags: [.fd, .bitRateSwitch, .transmitted],
        payload: [1]),
      channel: "my bus", to: &text)
    writer.append(
      CANFrame(time: -5, identifier: extended(0x88), flags: .error), channel: "", to: &text)
    #expect(
      String(decoding: text, as: UTF8.self) == """
        (1700640464.000001) can0 012#DEAD
        (1700640464.000001999) my_bus 00000012##101 T
        (0000000000.000000000) can0 20000088# R

        """)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func whatIsWrittenIsReadBack(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let frames = (0..<2000).map { _ in CANFrame.random(using: &random) }
    let channels = ["can0", "vcan1", "a-very-long-bus-name"]
    var writer = CandumpWriter()
    writer.writesNanoseconds = true
    writer.writesDirection = true
    var text: [UInt8] = []
    writer.append(CANFrameBatch(frames, channels: channels), to: &text)
    let log = try ReadLog(CANLogReader(bytes: text))
    #expect(log.findings == [], "seed \(seed)")
    let back = log.frames.map { frame in
      var frame = frame
      frame.channel = UInt16(channels.firstIndex(of: log.channels[Int(frame.channel)]) ?? 99)
      return frame
    }
    #expect(back == frames, "seed \(seed)")
  }
}

extension CANFrame {
  /// A frame of any kind, as a log may hold it.
  static func random(using random: inout SeededGenerator) -> CANFrame {
    let isExtended = Bool.random(using: &random)
    var flags: CANFlags = Bool.random(using: &random) ? .transmitted : []
    var identifier =
      isExtended
      ? extended(UInt32.random(in: 0...0x1FFF_FFFF, using: &random))
      : standard(UInt32.random(in: 0...0x7FF, using: &random))
    var code = UInt8.random(in: 0...15, using: &random)
    var count = min(Int(code), 8)
    switch Int.random(in: 0..<8, using: &random) {
    case 0:
      flags.insert(.remote)
      count = 0
    case 1:
      flags.insert(.error)
      identifier = extended(UInt32.random(in: 0...0x1FFF_FFFF, using: &random))
      code = 8
      count = 8
    case 2...4:
      flags.insert(.fd)
      if Bool.random(using: &random) { flags.insert(.bitRateSwitch) }
      if Bool.random(using: &random) { flags.insert(.errorStateIndicator) }
      count = byteCount(forDataLengthCode: code, isFD: true)
    default:
      break
    }
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    return CANFrame(
      time: Int64.random(in: 0...4_000_000_000_000_000_000, using: &random),
      identifier: identifier, channel: UInt16.random(in: 0...2, using: &random), flags: flags,
      payload: CANPayload(bytes) ?? CANPayload(), dataLengthCode: code)
  }
}
