internal import CANCore
internal import IndustrialModel

/// One line of candump text, in the log or the screen form, taken apart with every check.
///
/// The grammar is that of can-utils (`lib.h`, `candump.c`): the log form
/// `(SECONDS.FRACTION) CHANNEL ID#DATA`, the screen form ` (TIME)  CHANNEL  ID   [LENGTH]  DATA`.
/// The time may be absent in both.
struct CandumpLine {
  enum Time {
    case none
    /// Nanoseconds since 1970.
    case absolute(Int64)
    /// Nanoseconds since the start, or since the line before.
    case relative(Int64)
    /// Nanoseconds since 1970, by a clock that shows local time.
    case local(Int64)
  }

  enum Form { case log, screen }

  var form = Form.log
  var time = Time.none
  var channel: UnsafeRawBufferPointer
  var identifier = CANIdentifier(truncating: 0)
  var flags: CANFlags = []
  var payload = CANPayload()
  var dataLengthCode: UInt8 = 0
  /// The text shows that nothing of the frame is missing, even if the line has no end.
  var isProvablyWhole = false

  /// Takes a line apart; nil when it says nothing (blank, or an explanation of the line before).
  static func parse(_ bytes: UnsafeRawBufferPointer) throws(LineFault) -> CandumpLine? {
    var cursor = LineCursor(bytes)
    // candump -e puts the meaning of an error frame on lines of its own behind a tab.
    if cursor.next == ASCII.tab { return nil }
    cursor.skipBlanks()
    if cursor.isAtEnd { return nil }
    if cursor.starts(with: "DROPCOUNT:") {
      let text = String(decoding: bytes.prefix(120), as: UTF8.self)
      throw LineFault(code: .framesDropped, reason: "the recorder lost frames here: \(text)")
    }
    var time = Time.none
    if cursor.take(ASCII.openParenthesis) {
      time = try parseTime(&cursor)
      guard cursor.next == ASCII.space || cursor.next == ASCII.tab else {
        throw cursor.fault("a blank is missing behind the time")
      }
      cursor.skipBlanks()
    }
    let channel = cursor.takeWord()
    var line = CandumpLine(channel: channel)
    line.time = time
    cursor.skipBlanks()
    let hasDirection = try line.parseExtraInformation(&cursor)
    let digits = cursor.hexDigitCount(limit: 9)
    if !hasDirection && cursor.ahead(digits) == ASCII.hash {
      try line.parseIdentifier(&cursor, digits: digits)
      cursor.advance()
      try line.parseLogForm(&cursor)
    } else {
      guard digits > 0 else { throw cursor.fault("an identifier was expected here") }
      guard cursor.ahead(digits) == ASCII.space else {
        throw cursor.fault("an identifier has 3 or 8 hexadecimal digits")
      }
      try line.parseIdentifier(&cursor, digits: digits)
      try line.parseScreenForm(&cursor)
    }
    return line
  }

  // MARK: Time

  private static func parseTime(_ cursor: inout LineCursor) throws(LineFault) -> Time {
    let (seconds, count) = cursor.takeDecimal(limit: 18)
    guard count > 0 else { throw cursor.fault("the time has no digits") }
    if count == 4 && cursor.next == ASCII.minus {
      return .local(try parseDate(year: seconds, &cursor))
    }
    let time = try parseFraction(seconds: seconds, &cursor)
    // candump pads absolute seconds to 10 digits and relative ones to 3.
    return count >= 10 ? .absolute(time) : .relative(time)
  }

  private static func parseDate(
    year: Int64, _ cursor: inout LineCursor
  ) throws(LineFault) -> Int64 {
    var fields: [Int64] = []
    for separator in [ASCII.minus, ASCII.minus, ASCII.space, ASCII.colon, ASCII.colon] {
      guard cursor.take(separator) else { throw cursor.fault("the date is not complete") }
      let (value, count) = cursor.takeDecimal(limit: 2)
      guard count == 2 else { throw cursor.fault("two digits were expected here") }
      fields.append(value)
    }
    let seconds = CivilDate.seconds(
      year: year, month: fields[0], day: fields[1], hour: fields[2], minute: fields[3],
      second: fields[4])
    guard let seconds else { throw cursor.fault("there is no such date") }
    return try parseFraction(seconds: seconds, &cursor)
  }

  /// The part behind the seconds, from the dot to the parenthesis; gives nanoseconds.
  private static func parseFraction(
    seconds: Int64, _ cursor: inout LineCursor
  ) throws(LineFault) -> Int64 {
    guard cursor.take(ASCII.dot) else { throw cursor.fault("a dot is missing in the time") }
    var (fraction, count) = cursor.takeDecimal(limit: 10)
    guard count > 0, count <= 9 else {
      throw cursor.fault("the fraction of the time has 1 to 9 digits")
    }
    guard cursor.take(ASCII.closeParenthesis) else {
      throw cursor.fault("the parenthesis behind the time is missing")
    }
    while count < 9 {
      fraction *= 10
      count += 1
    }
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (time, overflowToo) = whole.addingReportingOverflow(fraction)
    guard !overflow, !overflowToo else { throw cursor.fault("the time lies beyond the year 2262") }
    return time
  }

  // MARK: Identifier and extras

  /// `RX B E`: candump -x. Gives whether it was there.
  private mutating func parseExtraInformation(
    _ cursor: inout LineCursor
  ) throws(LineFault) -> Bool {
    guard cursor.starts(with: "RX ") || cursor.starts(with: "TX ") else { return false }
    if cursor.next == UInt8(ascii: "T") { flags.insert(.transmitted) }
    cursor.advance(2)
    cursor.skipBlanks()
    if cursor.take("B") { flags.insert(.bitRateSwitch) } else { _ = cursor.take(ASCII.minus) }
    cursor.skipBlanks()
    // An E here may also be the first digit of the identifier.
    if cursor.starts(with: "E ") {
      flags.insert(.errorStateIndicator)
      cursor.advance()
    } else {
      _ = cursor.take(ASCII.minus)
    }
    cursor.skipBlanks()
    return true
  }

  private mutating func parseIdentifier(
    _ cursor: inout LineCursor, digits: Int
  ) throws(LineFault) {
    switch digits {
    case 3:
      let value = cursor.takeHex(digits: 3)
      guard let standard = CANIdentifier(standard: value) else {
        throw cursor.fault("a standard identifier goes up to 7FF")
      }
      identifier = standard
    case 8:
      let value = cursor.takeHex(digits: 8)
      if value & 0xE000_0000 == 0x2000_0000 {
        flags.insert(.error)
      } else if value & 0x6000_0000 != 0 {
        throw cursor.fault("an extended identifier goes up to 1FFFFFFF")
      }
      identifier = CANIdentifier(truncating: value | CANIdentifier.extendedFlag)
    case 5 where cursor.ahead(5) == ASCII.hash:
      throw cursor.fault("CAN XL frames are not supported", code: .unsupported)
    default:
      throw cursor.fault("an identifier has 3 or 8 hexadecimal digits")
    }
  }

  // MARK: Log form

  private mutating func parseLogForm(_ cursor: inout LineCursor) throws(LineFault) {
    form = .log
    if cursor.take("R") || cursor.take("r") {
      guard !flags.contains(.error) else { throw cursor.fault("an error frame can't be remote") }
      flags.insert(.remote)
      if let length = ASCII.decimalValue(cursor.next) {
        guard length <= 8 else { throw cursor.fault("a length code goes up to 8") }
        dataLengthCode = length
        cursor.advance()
      }
      try parseRawLengthCode(&cursor, byteCount: Int(dataLengthCode))
    } else {
      let isFD = cursor.take(ASCII.hash)
      if isFD {
        guard let bits = ASCII.hexValue(cursor.next) else {
          throw cursor.fault("the flags of the CAN FD frame are missing")
        }
        cursor.advance()
        flags.insert(.fd)
        if bits & 1 != 0 { flags.insert(.bitRateSwitch) }
        if bits & 2 != 0 { flags.insert(.errorStateIndicator) }
      }
      let limit = isFD ? 64 : 8
      _ = cursor.take(ASCII.dot)
      while let byte = cursor.takeHexByte() {
        guard payload.count < limit else { throw cursor.fault("more than \(limit) data bytes") }
        payload.append(byte)
        _ = cursor.take(ASCII.dot)
      }
      guard ASCII.hexValue(cursor.next) == nil else {
        throw cursor.fault("half a data byte")
      }
      dataLengthCode = CANFrame.dataLengthCode(forByteCount: payload.count)
      if isFD {
        isProvablyWhole = payload.count == 64
      } else {
        try parseRawLengthCode(&cursor, byteCount: payload.count)
      }
    }
    cursor.skipBlanks()
    if cursor.take("T") {
      flags.insert(.transmitted)
      isProvablyWhole = true
    } else if cursor.take("R") {
      isProvablyWhole = true
    }
    cursor.skipBlanks()
    guard cursor.isAtEnd else { throw cursor.fault("this does not belong to a frame") }
  }

  /// `_B`: the length code 9 to 15 of a classic frame with 8 bytes.
  private mutating func parseRawLengthCode(
    _ cursor: inout LineCursor, byteCount: Int
  ) throws(LineFault) {
    guard cursor.take(ASCII.underscore) else { return }
    guard byteCount == 8, let code = ASCII.hexValue(cursor.next), code > 8 else {
      throw cursor.fault("a raw length code is 9 to F, behind 8 bytes")
    }
    dataLengthCode = code
    cursor.advance()
    isProvablyWhole = true
  }
}
