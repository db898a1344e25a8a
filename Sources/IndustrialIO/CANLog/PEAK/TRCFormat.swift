internal import CANCore

/// PEAK's TRC text in all its versions.
///
/// Versions 1.x have a fixed order, recognised by the words themselves: `1)  17535.4  Rx  0704  8  00 ...`.
/// Versions 2.x name their columns in the header (`;$COLUMNS=N,O,T,B,I,d,R,L,D`).
struct TRCFormat: LineFormat {
  static let longestLine = 4096

  private(set) var timeBase = CANLogTimeBase.missing
  var channelNames: [String] { channels.names }

  private enum Column: Sendable {
    case number, time, kind, bus, identifier, direction, length, code, data, other
  }

  private let options: CANLogOptions
  private var channels = NumberedChannels()
  private var major = 1
  private var columns: [Column] = Self.columns20
  private var start: Int64
  private var hasDate = false
  private var sawFrame = false

  private static let columns20: [Column] = [
    .number, .time, .kind, .identifier, .direction, .length, .data,
  ]
  private static let columns21: [Column] = [
    .number, .time, .kind, .bus, .identifier, .direction, .other, .code, .data,
  ]

  init(options: CANLogOptions) {
    self.options = options
    start = options.startTime
  }

  mutating func take(
    _ line: UnsafeRawBufferPointer, isEnded: Bool, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    var cursor = LineCursor(line)
    cursor.skipBlanks()
    if cursor.isAtEnd { return }
    if cursor.take(UInt8(ascii: ";")) { return try takeHeader(&cursor) }
    guard cursor.takeDecimal(limit: 18).count > 0 else {
      throw cursor.fault("the number of the message was expected here")
    }
    if cursor.take(ASCII.closeParenthesis) {
      try take1(&cursor, isEnded: isEnded, into: &batch)
    } else {
      guard cursor.isAtWordEnd else {
        throw cursor.fault("the number of the message was expected here")
      }
      try take2(&cursor, isEnded: isEnded, into: &batch)
    }
  }

  // MARK: Header

  private mutating func takeHeader(_ cursor: inout LineCursor) throws(LineFault) {
    guard cursor.take(UInt8(ascii: "$")) else { return }
    if cursor.take("FILEVERSION=") {
      let (version, count) = cursor.takeDecimal(limit: 3)
      guard count > 0, cursor.take(ASCII.dot) else {
        throw cursor.fault("the version is not understood")
      }
      let minor = cursor.takeDecimal(limit: 3).value
      guard version == 1 || version == 2 else {
        throw cursor.fault("version \(version).\(minor) is not known", code: .unsupported)
      }
      major = Int(version)
      columns = minor == 0 ? Self.columns20 : Self.columns21
    } else if cursor.take("STARTTIME=") {
      try setStart(&cursor)
    } else if cursor.take("COLUMNS=") {
      setColumns(&cursor)
    }
  }

  /// Days since 1899-12-30 and a fraction of a day, exactly; PEAK's clocks show microseconds.
  private mutating func setStart(_ cursor: inout LineCursor) throws(LineFault) {
    let (days, count) = cursor.takeDecimal(limit: 7)
    var numerator: UInt64 = 0
    var scale: UInt64 = 1
    if cursor.take(ASCII.dot) || cursor.take(UInt8(ascii: ",")) {
      while let digit = ASCII.decimalValue(cursor.next) {
        if scale < 1_000_000_000_000_000_000 {
          numerator = numerator * 10 + UInt64(digit)
          scale *= 10
        }
        cursor.advance()
      }
    }
    guard count > 0, count < 7, cursor.isAtWordEnd else {
      throw cursor.fault("the start time is no number of days")
    }
    let product = numerator.multipliedFullWidth(by: 86_400_000_000)
    var micros = Int64(scale.dividingFullWidth(product).quotient)
    if scale.dividingFullWidth(product).remainder >= scale / 2 && scale > 1 { micros += 1 }
    let day = (days - 25_569) * 86_400 - Int64(options.utcOffset)
    let (seconds, overflow) = day.multipliedReportingOverflow(by: 1_000_000_000)
    let (time, overflowToo) = seconds.addingReportingOverflow(micros * 1000)
    guard !overflow, !overflowToo else { throw cursor.fault("the start time is out of range") }
    start = time
    hasDate = true
  }

  private mutating func setColumns(_ cursor: inout LineCursor) {
    var found: [Column] = []
    while !cursor.isAtWordEnd {
      let column: Column =
        switch cursor.next {
        case UInt8(ascii: "N"): .number
        case UInt8(ascii: "O"): .time
        case UInt8(ascii: "T"): .kind
        case UInt8(ascii: "B"): .bus
        case UInt8(ascii: "I"): .identifier
        case UInt8(ascii: "d"): .direction
        case UInt8(ascii: "l"): .length
        case UInt8(ascii: "L"): .code
        case UInt8(ascii: "D"): .data
        default: .other
        }
      found.append(column)
      cursor.advance()
      if !cursor.take(UInt8(ascii: ",")) { break }
    }
    // Without these there are no frames; a damaged list is better left.
    if found.first == .number, found.contains(.time), found.contains(.kind),
      found.contains(.identifier), found.contains(.length) || found.contains(.code)
    {
      columns = found
    }
  }

  // MARK: Versions 1.x

  private mutating func take1(
    _ cursor: inout LineCursor, isEnded: Bool, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    let time = try milliseconds(&cursor)
    cursor.skipBlanks()
    var bus = 1
    var flags: CANFlags = []
    // 1.2 and 1.3 have the bus here; an identifier has four or eight digits.
    if cursor.hexDigitCount(limit: 3) < 3, ASCII.decimalValue(cursor.next) != nil {
      bus = Int(cursor.takeDecimal(limit: 4).value)
      guard cursor.isAtWordEnd else { throw cursor.fault("a bus number was expected here") }
      cursor.skipBlanks()
    }
    if cursor.takeWord("Tx") {
      flags = .transmitted
    } else if cursor.takeWord("Error") {
      return try append(
        cursor, time: time, bus: bus, identifier: Self.noIdentifier, flags: .error, code: 0,
        payload: CANPayload(), into: &batch)
    } else if cursor.takeWord("Warng") || cursor.takeWord("Event") {
      return
    } else {
      // 1.0 has no such word.
      _ = cursor.takeWord("Rx")
    }
    cursor.skipBlanks()
    // What is no frame has this identifier in 1.0.
    if cursor.takeWord("FFFFFFFF") { return }
    let identifier = try identifier(&cursor)
    cursor.skipBlanks()
    if cursor.take(ASCII.minus) { cursor.skipBlanks() }
    let code = try code(&cursor, limit: 15)
    // RTR may be what is cut off.
    if cursor.isAtEnd && !isEnded { throw cursor.fault("the line ends here") }
    cursor.skipBlanks()
    if cursor.takeWord("RTR") {
      return try append(
        cursor, time: time, bus: bus, identifier: identifier, flags: flags.union(.remote),
        code: code, payload: CANPayload(), into: &batch)
    }
    let payload = try data(&cursor, count: Int(min(code, 8)))
    try append(
      cursor, time: time, bus: bus, identifier: identifier, flags: flags, code: code,
      payload: payload, into: &batch)
  }

  // MARK: Versions 2.x

  private mutating func take2(
    _ cursor: inout LineCursor, isEnded: Bool, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    guard major == 2 else { throw cursor.fault("a parenthesis is missing behind the number") }
    var time: Int64 = 0
    var bus = 1
    var identifier = Self.noIdentifier
    var flags: CANFlags = []
    var code: UInt8 = 0
    var count = 0
    var payload = CANPayload()
    // The number has been read.
    for column in columns.dropFirst() {
      cursor.skipBlanks()
      switch column {
      case .number, .other: _ = cursor.takeWord()
      case .time: time = try milliseconds(&cursor)
      case .kind:
        let letters = (cursor.next, cursor.ahead(1))
        let word = cursor.takeWord()
        guard word.count == 2 else { throw cursor.fault("the type of the message is not known") }
        switch letters {
        case (UInt8(ascii: "D"), UInt8(ascii: "T")): break
        case (UInt8(ascii: "F"), UInt8(ascii: "D")): flags = .fd
        case (UInt8(ascii: "F"), UInt8(ascii: "B")): flags = [.fd, .bitRateSwitch]
        case (UInt8(ascii: "F"), UInt8(ascii: "E")): flags = [.fd, .errorStateIndicator]
        case (UInt8(ascii: "B"), UInt8(ascii: "I")):
          flags = [.fd, .bitRateSwitch, .errorStateIndicator]
        case (UInt8(ascii: "R"), UInt8(ascii: "R")): flags = .remote
        case (UInt8(ascii: "E"), UInt8(ascii: "R")):
          return try takeError(&cursor, time: time, isEnded: isEnded, into: &batch)
        // Hardware status, error counters, events.
        case (UInt8(ascii: "S"), UInt8(ascii: "T")), (UInt8(ascii: "E"), UInt8(ascii: "C")),
          (UInt8(ascii: "E"), UInt8(ascii: "V")):
          return
        case (UInt8(ascii: "X"), _):
          throw cursor.fault("CAN XL frames are not supported", code: .unsupported)
        default: throw cursor.fault("the type of the message is not known")
        }
      case .bus:
        let (value, digits) = cursor.takeDecimal(limit: 5)
        guard digits > 0, cursor.isAtWordEnd else {
          throw cursor.fault("a bus number was expected here")
        }
        bus = Int(value)
      case .identifier: identifier = try self.identifier(&cursor)
      case .direction:
        if cursor.takeWord("Tx") {
          flags.insert(.transmitted)
        } else if !cursor.takeWord("Rx") {
          throw cursor.fault("Rx or Tx was expected here")
        }
      case .length:
        let length = try self.code(&cursor, limit: 64)
        code = CANFrame.dataLengthCode(forByteCount: Int(length))
        count = Int(length)
      case .code:
        code = try self.code(&cursor, limit: 15)
        count = CANFrame.byteCount(forDataLengthCode: code, isFD: flags.contains(.fd))
      case .data:
        // A remote frame asks for so many and has none.
        if !flags.contains(.remote) { payload = try data(&cursor, count: count) }
      }
    }
    // The code of a remote frame may lack a digit; a frame with data shows that it is whole.
    if flags.contains(.remote), code == 1, columns.contains(.code), cursor.isAtEnd, !isEnded {
      throw cursor.fault("the line ends here")
    }
    guard flags.contains(.fd) || payload.count <= 8 else {
      throw cursor.fault("a classic frame has up to 8 bytes of data")
    }
    try append(
      cursor, time: time, bus: bus, identifier: identifier, flags: flags, code: code,
      payload: payload, into: &batch)
  }

  /// Behind the type ER: the bus, if there is a column for it, and the direction.
  private mutating func takeError(
    _ cursor: inout LineCursor, time: Int64, isEnded: Bool, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    cursor.skipBlanks()
    var bus = 1
    if columns.contains(.bus), ASCII.decimalValue(cursor.next) != nil {
      bus = Int(cursor.takeDecimal(limit: 5).value)
      cursor.skipBlanks()
    }
    let isSent = cursor.takeWord("Tx")
    if !isEnded, !(isSent || cursor.takeWord("Rx")) || cursor.isAtEnd {
      throw cursor.fault("the line ends here")
    }
    try append(
      cursor, time: time, bus: bus, identifier: Self.noIdentifier,
      flags: isSent ? [.error, .transmitted] : .error, code: 0, payload: CANPayload(), into: &batch)
  }

  // MARK: Words

  private static let noIdentifier = CANIdentifier(truncating: CANIdentifier.extendedFlag)

  /// The time since the start, in nanoseconds.
  @inline(__always)
  private func milliseconds(_ cursor: inout LineCursor) throws(LineFault) -> Int64 {
    cursor.skipBlanks()
    let (whole, count) = cursor.takeDecimal(limit: 13)
    guard count > 0, count < 13 else { throw cursor.fault("the time was expected here") }
    var fraction: Int64 = 0
    if cursor.take(ASCII.dot) {
      guard let digits = cursor.takeFraction() else {
        throw cursor.fault("the time has no digits behind the dot")
      }
      fraction = digits / 1000
    }
    guard cursor.isAtWordEnd else { throw cursor.fault("the time is no number") }
    return whole &* 1_000_000 &+ fraction
  }

  @inline(__always)
  private func identifier(_ cursor: inout LineCursor) throws(LineFault) -> CANIdentifier {
    let digits = cursor.hexDigitCount(limit: 9)
    // python-can leaves leading zeros out: more than four digits are an extended one.
    guard digits >= 3, digits <= 8 else {
      throw cursor.fault("an identifier has 4 or 8 hexadecimal digits")
    }
    let value = cursor.takeHex(digits: digits)
    guard cursor.isAtWordEnd else {
      throw cursor.fault("an identifier has 4 or 8 hexadecimal digits")
    }
    guard value <= (digits > 4 ? 0x1FFF_FFFF : 0x7FF) else {
      throw cursor.fault("an identifier goes up to 7FF, an extended one up to 1FFFFFFF")
    }
    return CANIdentifier(truncating: value | (digits > 4 ? CANIdentifier.extendedFlag : 0))
  }

  @inline(__always)
  private func code(
    _ cursor: inout LineCursor, limit: Int64
  ) throws(LineFault) -> UInt8 {
    let (value, digits) = cursor.takeDecimal(limit: 3)
    guard digits > 0, cursor.isAtWordEnd, value <= limit else {
      throw cursor.fault("a length up to \(limit) was expected here")
    }
    return UInt8(truncatingIfNeeded: value)
  }

  @inline(__always)
  private func data(_ cursor: inout LineCursor, count: Int) throws(LineFault) -> CANPayload {
    if let payload = cursor.takeSpacedHex(count) { return payload }
    var words = InlineArray<8, UInt64>(repeating: 0)
    for index in 0..<count {
      cursor.skipBlanks()
      guard let byte = cursor.takeHexByte(), cursor.isAtWordEnd else {
        throw cursor.fault(
          cursor.isAtEnd ? "fewer data bytes than the length says" : "a data byte was expected here"
        )
      }
      words[index &>> 3] |= UInt64(byte) &<< UInt64((index & 7) * 8)
    }
    return CANPayload(words: words, count: count)
  }

  @inline(__always)
  private mutating func append(
    _ cursor: LineCursor, time: Int64, bus: Int, identifier: CANIdentifier, flags: CANFlags,
    code: UInt8, payload: CANPayload, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    guard let channel = channels.channel(number: bus) else {
      throw cursor.fault("there is no such bus, or there are too many of them")
    }
    let (sum, overflow) = start.addingReportingOverflow(time)
    guard !overflow else { throw cursor.fault("the time lies beyond the year 2262") }
    if !sawFrame {
      sawFrame = true
      timeBase = hasDate ? .absolute : .relative
    }
    batch.append(
      time: sum, identifier: identifier, channel: channel, flags: flags, code: code,
      payload: payload)
  }
}

extension TRCFormat {
  /// As registered: known by its header, or by a frame of version 1.x.
  static let logFormat = RegisteredFormat(
    format: .trc, recognise: recognise, makeParser: { LineParser(TRCFormat(options: $0)) })

  private static func recognise(_ head: UnsafeRawBufferPointer, isWhole: Bool) -> Recognition {
    var batch = CANFrameBatch()
    var format = TRCFormat(options: CANLogOptions())
    return LineRecognition.search(head, isWhole: isWhole) { line in
      guard line.count <= longestLine else { return false }
      var cursor = LineCursor(line)
      cursor.skipBlanks()
      if cursor.starts(with: ";$FILEVERSION=") || cursor.starts(with: ";---+") { return true }
      try? format.take(line, isEnded: true, into: &batch)
      return !batch.isEmpty
    }
  }
}
