internal import CANCore
internal import IndustrialModel

/// Vector's ASC text, as CANalyzer, python-can and asc2log read it: hexadecimal, absolute times.
///
/// The recording starts at the millisecond of its first frame; channels are numbers.
struct ASCEncoder: CANLogEncoder {
  private let decimals: Int
  private var start: Int64?
  private var numbers = ChannelNumbers()
  private(set) var shiftedTimes = 0

  init(decimals: Int) { self.decimals = decimals }

  mutating func append(_ batch: CANFrameBatch, to bytes: inout [UInt8]) {
    for frame in batch {
      let start = self.start ?? begin(at: frame.time, &bytes)
      append(
        frame, number: numbers.number(of: frame.channel, in: batch.channels), start: start, &bytes)
    }
  }

  mutating func finish(to bytes: inout [UInt8]) {
    if start == nil { _ = begin(at: 0, &bytes) }
    LogText.append("End TriggerBlock\n", to: &bytes)
  }

  private mutating func begin(at time: Int64, _ bytes: inout [UInt8]) -> Int64 {
    let milliseconds = time >= 0 ? time / 1_000_000 : 0
    let begin = milliseconds * 1_000_000
    start = begin
    let date = ASCDate.text(milliseconds: milliseconds)
    bytes += Array("date \(date)\nbase hex  timestamps absolute\ninternal events logged\n".utf8)
    bytes += Array("// version 9.0.0\nBegin Triggerblock \(date)\n".utf8)
    LogText.append("   0.000000 Start of measurement\n", to: &bytes)
    return begin
  }

  private mutating func append(
    _ frame: CANFrame, number: Int, start: Int64, _ bytes: inout [UInt8]
  ) {
    let (difference, overflow) = frame.time.subtractingReportingOverflow(start)
    if overflow || difference < 0 { shiftedTimes += 1 }
    let elapsed = UInt64(overflow ? 0 : max(0, difference))
    LogText.append(elapsed / 1_000_000_000, width: 4, to: &bytes)
    bytes.append(ASCII.dot)
    let nanoseconds = elapsed % 1_000_000_000
    if decimals == 9 {
      LogText.append(nanoseconds, digits: 9, to: &bytes)
    } else {
      LogText.append(nanoseconds / 1000, digits: 6, to: &bytes)
    }
    bytes.append(ASCII.space)
    let flags = frame.flags
    let direction: StaticString = flags.contains(.transmitted) ? "Tx" : "Rx"
    if flags.contains(.fd) {
      LogText.append("CANFD ", to: &bytes)
      LogText.append(UInt64(number), width: 3, to: &bytes)
      bytes.append(ASCII.space)
      LogText.append(direction, to: &bytes)
      bytes.append(ASCII.space)
      if flags.contains(.error) {
        LogText.append("ErrorFrame\n", to: &bytes)
        return
      }
      appendIdentifier(frame.identifier, width: 10, &bytes)
      // The name of the message is left out.
      for _ in 0..<35 { bytes.append(ASCII.space) }
      bytes.append(flags.contains(.bitRateSwitch) ? 0x31 : 0x30)
      bytes.append(ASCII.space)
      bytes.append(flags.contains(.errorStateIndicator) ? 0x31 : 0x30)
      bytes.append(ASCII.space)
      bytes.append(LogText.lower[Int(frame.dataLengthCode & 15)])
      bytes.append(ASCII.space)
      LogText.append(UInt64(frame.payload.count), width: 2, to: &bytes)
      appendData(frame.payload, &bytes)
      var bits: UInt32 = 0x1000
      if flags.contains(.bitRateSwitch) { bits |= 0x2000 }
      if flags.contains(.errorStateIndicator) { bits |= 0x4000 }
      LogText.append("        0    0     ", to: &bytes)
      LogText.append(hex: bits, to: &bytes)
      LogText.append("        0        0        0        0        0\n", to: &bytes)
      return
    }
    LogText.append(UInt64(number), to: &bytes)
    LogText.append("  ", to: &bytes)
    if flags.contains(.error) {
      LogText.append("ErrorFrame\n", to: &bytes)
      return
    }
    appendIdentifier(frame.identifier, width: 0, &bytes)
    let length = frame.identifier.isExtended ? 9 : 3
    for _ in length..<16 { bytes.append(ASCII.space) }
    LogText.append(direction, to: &bytes)
    LogText.append(flags.contains(.remote) ? "   r " : "   d ", to: &bytes)
    bytes.append(LogText.lower[Int(frame.dataLengthCode & 15)])
    if !flags.contains(.remote) { appendData(frame.payload, &bytes) }
    bytes.append(ASCII.newline)
  }

  private func appendIdentifier(
    _ identifier: CANIdentifier, width: Int, _ bytes: inout [UInt8]
  ) {
    let digits = identifier.isExtended ? 8 : 3
    for _ in 0..<max(0, width - digits - 1) { bytes.append(ASCII.space) }
    LogText.append(hex: identifier.value, digits: digits, to: &bytes)
    if identifier.isExtended { bytes.append(UInt8(ascii: "x")) }
  }

  private func appendData(_ payload: CANPayload, _ bytes: inout [UInt8]) {
    for byte in payload {
      bytes.append(ASCII.space)
      LogText.append(hex: UInt32(byte), digits: 2, to: &bytes)
    }
  }
}

extension ASCDate {
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Sat Sep 30 15:06:13.191 2017`, of milliseconds since 1970.
  static func text(milliseconds: Int64) -> String {
    let date = CivilDate.fields(seconds: milliseconds / 1000)
    var clock: [UInt8] = []
    LogText.append(UInt64(date.hour), digits: 2, to: &clock)
    clock.append(ASCII.colon)
    LogText.append(UInt64(date.minute), digits: 2, to: &clock)
    clock.append(ASCII.colon)
    LogText.append(UInt64(date.second), digits: 2, to: &clock)
    clock.append(ASCII.dot)
    LogText.append(UInt64(milliseconds % 1000), digits: 3, to: &clock)
    return "\(weekdays[date.weekday]) \(monthNames[Int(date.month) - 1]) \(date.day) "
      + "\(String(decoding: clock, as: UTF8.self)) \(date.year)"
  }
}
