internal import CANCore

/// Vector's ASC text: classic, CAN FD, remote and error frames; events that are no frames are passed over.
///
/// ```
/// date Sat Sep 30 15:06:13.191 2017
/// base hex  timestamps absolute
/// Begin Triggerblock Sat Sep 30 15:06:13.191 2017
///    0.015991 1  18EBFF00x       Rx   d 8 01 A0 0F A6 60 3B D1 40  Length = 273910 BitCount = 141
///   30.005021 CANFD   1 Rx  300  1 0 8  8 11 c2 03 04 05 06 07 08  102203  133  303000 e0006659 ...
/// ```
struct ASCFormat: LineFormat {
  static let longestLine = 4096

  private(set) var timeBase = CANLogTimeBase.missing
  var channelNames: [String] { channels.names }

  private let options: CANLogOptions
  private var channels = NumberedChannels()
  private var isHexadecimal = true
  private var timesAreDeltas = false
  /// What the times of the lines are added to.
  private var start: Int64
  private var hasDate = false
  private var elapsed: Int64 = 0
  private var sawFrame = false

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
    guard ASCII.decimalValue(cursor.next) != nil else {
      return try takeHeader(&cursor, line)
    }
    let seconds = try Self.seconds(&cursor)
    if timesAreDeltas {
      let (sum, overflow) = elapsed.addingReportingOverflow(seconds)
      guard !overflow else { throw cursor.fault("the time lies beyond the year 2262") }
      elapsed = sum
    } else {
      elapsed = seconds
    }
    cursor.skipBlanks()
    if ASCII.decimalValue(cursor.next) != nil {
      let channel = cursor.takeDecimal(limit: 6)
      guard cursor.isAtWordEnd else { throw cursor.fault("a channel number was expected here") }
      cursor.skipBlanks()
      try takeClassic(&cursor, channel: Int(channel.value), isEnded: isEnded, into: &batch)
    } else if cursor.takeWord("CANFD") {
      try takeFD(&cursor, isEnded: isEnded, into: &batch)
    } else if cursor.takeWord("CANXL") {
      throw cursor.fault("CAN XL frames are not supported", code: .unsupported)
    } else if looksLikeFrame(cursor) {
      throw cursor.fault("a channel number was expected here")
    }
  }

  // MARK: Header

  private mutating func takeHeader(
    _ cursor: inout LineCursor, _ line: UnsafeRawBufferPointer
  ) throws(LineFault) {
    if cursor.starts(with: "//") || cursor.next == UInt8(ascii: ";") { return }
    if cursor.takeWord("date") {
      return try setDate(line, &cursor)
    }
    if cursor.takeWord("base") {
      cursor.skipBlanks()
      if cursor.takeWord("dec") {
        isHexadecimal = false
      } else if cursor.takeWord("hex") {
        isHexadecimal = true
      } else {
        throw cursor.fault("the base is hex or dec")
      }
      cursor.skipBlanks()
      guard cursor.takeWord("timestamps") else { return }
      cursor.skipBlanks()
      if cursor.takeWord("relative") {
        timesAreDeltas = true
      } else if cursor.takeWord("absolute") {
        timesAreDeltas = false
      } else {
        throw cursor.fault("timestamps are absolute or relative")
      }
      return
    }
    if cursor.takeWord("begin") {
      cursor.skipBlanks()
      guard cursor.takeWord("triggerblock") else { return }
      cursor.skipBlanks()
      if !cursor.isAtEnd { try setDate(line, &cursor) }
      return
    }
    for word: StaticString in ["end", "internal", "no", "previous"] where cursor.takeWord(word) {
      return
    }
    throw cursor.fault("this is no line of an ASC log")
  }

  /// The date behind the cursor is what the times count from.
  private mutating func setDate(
    _ line: UnsafeRawBufferPointer, _ cursor: inout LineCursor
  ) throws(LineFault) {
    let text = UnsafeRawBufferPointer(rebasing: line[min(cursor.position, line.count)...])
    let offset = Int64(options.utcOffset) * 1_000_000_000
    guard let date = ASCDate.parse(text) else {
      throw cursor.fault("the date is not understood; times count from what stood before it")
    }
    let (time, overflow) = date.subtractingReportingOverflow(offset)
    guard !overflow else { throw cursor.fault("the date lies out of range") }
    start = time
    hasDate = true
    elapsed = 0
  }

  // MARK: Frames

  @inline(__always)
  private static func seconds(_ cursor: inout LineCursor) throws(LineFault) -> Int64 {
    let (whole, count) = cursor.takeDecimal(limit: 10)
    guard count < 10 else { throw cursor.fault("the time lies beyond the year 2262") }
    guard cursor.take(ASCII.dot), let fraction = cursor.takeFraction(), cursor.isAtWordEnd else {
      throw cursor.fault("the time is no number of seconds")
    }
    return whole &* 1_000_000_000 &+ fraction
  }

  /// Appends a frame at the time of the line.
  @inline(__always)
  private mutating func append(
    _ cursor: LineCursor, channel number: Int, identifier: CANIdentifier, flags: CANFlags,
    code: UInt8, payload: CANPayload, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    guard let channel = channels.channel(number: number) else {
      throw cursor.fault("there is no such channel, or there are too many of them")
    }
    let (time, overflow) = start.addingReportingOverflow(elapsed)
    guard !overflow else { throw cursor.fault("the time lies beyond the year 2262") }
    if !sawFrame {
      sawFrame = true
      timeBase = hasDate ? .absolute : .relative
    }
    batch.append(
      time: time, identifier: identifier, channel: channel, flags: flags, code: code,
      payload: payload)
  }

  /// Behind the channel number of a classic frame, of an error frame, or of an event that is neither.
  @inline(__always)
  private mutating func takeClassic(
    _ cursor: inout LineCursor, channel: Int, isEnded: Bool, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    if cursor.next | 0x20 == UInt8(ascii: "e"), cursor.takeWord("ErrorFrame") {
      return try append(
        cursor, channel: channel, identifier: Self.noIdentifier, flags: .error, code: 0,
        payload: CANPayload(), into: &batch)
    }
    let before = cursor
    guard let identifier = try identifier(&cursor) else {
      if looksLikeFrame(before) { throw before.fault("an identifier was expected here") }
      // Statistics, chip states, messages of higher protocols.
      return
    }
    cursor.skipBlanks()
    guard let isSent = direction(&cursor) else {
      // A request to send is not on the bus yet; its frame comes as Tx.
      if cursor.takeWord("TxRq") { return }
      throw cursor.fault("Rx or Tx was expected here")
    }
    cursor.skipBlanks()
    let kind = cursor.next
    cursor.advance()
    guard cursor.isAtWordEnd, kind == UInt8(ascii: "d") || kind == UInt8(ascii: "r") else {
      throw cursor.fault("d or r was expected here")
    }
    cursor.skipBlanks()
    var flags: CANFlags = isSent ? .transmitted : []
    if kind == UInt8(ascii: "r") {
      flags.insert(.remote)
      var code = 0
      if let number = number(&cursor) {
        code = number
      } else if cursor.isAtEnd && !isEnded {
        throw cursor.fault("the line ends here")
      }
      return try append(
        cursor, channel: channel, identifier: identifier, flags: flags, code: UInt8(min(code, 15)),
        payload: CANPayload(), into: &batch)
    }
    guard let length = number(&cursor) else {
      throw cursor.fault("the length of the data was expected here")
    }
    if cursor.isAtEnd && !isEnded { throw cursor.fault("the line ends here") }
    let payload = try data(&cursor, count: min(length, 8), isEnded: isEnded)
    try append(
      cursor, channel: channel, identifier: identifier, flags: flags,
      code: UInt8(truncatingIfNeeded: min(length, 15)), payload: payload, into: &batch)
  }

  /// Behind the word CANFD.
  private mutating func takeFD(
    _ cursor: inout LineCursor, isEnded: Bool, into batch: inout CANFrameBatch
  ) throws(LineFault) {
    cursor.skipBlanks()
    let (channel, digits) = cursor.takeDecimal(limit: 6)
    guard digits > 0, cursor.isAtWordEnd else {
      throw cursor.fault("a channel number was expected here")
    }
    cursor.skipBlanks()
    guard let isSent = direction(&cursor) else {
      if cursor.takeWord("TxRq") { return }
      throw cursor.fault("Rx or Tx was expected here")
    }
    var flags: CANFlags = isSent ? [.fd, .transmitted] : .fd
    cursor.skipBlanks()
    if cursor.takeWord("ErrorFrame") {
      flags.insert(.error)
      return try append(
        cursor, channel: Int(channel), identifier: Self.noIdentifier, flags: flags, code: 0,
        payload: CANPayload(), into: &batch)
    }
    guard let identifier = try identifier(&cursor) else {
      throw cursor.fault("an identifier was expected here")
    }
    cursor.skipBlanks()
    // The name of the message may stand here.
    if cursor.ahead(1) != ASCII.space || (cursor.next != ASCII.zero && cursor.next != 0x31) {
      _ = cursor.takeWord()
      cursor.skipBlanks()
    }
    if try bit(&cursor) { flags.insert(.bitRateSwitch) }
    if try bit(&cursor) { flags.insert(.errorStateIndicator) }
    guard let code = number(&cursor), code <= 15 else {
      throw cursor.fault("a data length code was expected here")
    }
    cursor.skipBlanks()
    let (length, lengthDigits) = cursor.takeDecimal(limit: 3)
    guard lengthDigits > 0, length <= 64, cursor.isAtWordEnd else {
      throw cursor.fault("the length of the data was expected here")
    }
    let payload = try data(&cursor, count: Int(length), isEnded: isEnded)
    var bits: UInt32 = 0x1000
    if let found = frameBits(&cursor, isEnded: isEnded) {
      bits = found
    } else if !isEnded {
      throw cursor.fault("the line ends here")
    }
    // CANFD lines also carry classic frames of a CAN FD channel. Some writers leave all flags 0.
    let isClassic =
      bits != 0 && bits & 0x1000 == 0 && payload.count <= 8
      && flags.isDisjoint(with: [.bitRateSwitch, .errorStateIndicator])
    if isClassic { flags.remove(.fd) }
    let isRemote = isClassic && bits & 0x10 != 0
    if isRemote { flags.insert(.remote) }
    try append(
      cursor, channel: Int(channel), identifier: identifier, flags: flags,
      code: UInt8(truncatingIfNeeded: code), payload: isRemote ? CANPayload() : payload,
      into: &batch)
  }

  /// Duration, bit count and flags stand behind the data: the flags, or nil when they are not there.
  private func frameBits(_ cursor: inout LineCursor, isEnded: Bool) -> UInt32? {
    for _ in 0..<2 {
      cursor.skipBlanks()
      guard cursor.takeDecimal(limit: 18).count > 0, cursor.isAtWordEnd else { return nil }
    }
    cursor.skipBlanks()
    let digits = cursor.hexDigitCount(limit: 9)
    guard digits > 0, digits <= 8 else { return nil }
    let bits = cursor.takeHex(digits: digits)
    guard cursor.isAtWordEnd, isEnded || !cursor.isAtEnd else { return nil }
    return bits
  }

  // MARK: Words

  private static let noIdentifier = CANIdentifier(truncating: CANIdentifier.extendedFlag)

  /// `1A3`, `18EBFF00x`, `418119424x` in base dec; nil when it is another word.
  @inline(__always)
  private func identifier(_ cursor: inout LineCursor) throws(LineFault) -> CANIdentifier? {
    var value: UInt64 = 0
    var digits = 0
    let first = cursor
    if isHexadecimal {
      while digits < 16, let digit = ASCII.hexValue(cursor.next) {
        value = value &<< 4 | UInt64(digit)
        digits &+= 1
        cursor.advance()
      }
    } else {
      while digits < 16, let digit = ASCII.decimalValue(cursor.next) {
        value = value &* 10 &+ UInt64(digit)
        digits &+= 1
        cursor.advance()
      }
    }
    guard digits > 0 else { return nil }
    let isExtended = cursor.next | 0x20 == UInt8(ascii: "x")
    if isExtended { cursor.advance() }
    guard cursor.isAtWordEnd else {
      cursor = first
      return nil
    }
    guard value <= (isExtended ? 0x1FFF_FFFF : 0x7FF) else {
      if looksLikeFrame(first) {
        throw first.fault(
          isExtended
            ? "an extended identifier goes up to 1FFFFFFF"
            : "an identifier without x goes up to 7FF")
      }
      return nil
    }
    return CANIdentifier(
      truncating: UInt32(truncatingIfNeeded: value)
        | (isExtended ? CANIdentifier.extendedFlag : 0))
  }

  /// Whether it was sent; nil, and no step, when it is no direction.
  @inline(__always)
  private func direction(_ cursor: inout LineCursor) -> Bool? {
    guard cursor.ahead(1) | 0x20 == UInt8(ascii: "x") else { return nil }
    let letter = cursor.next | 0x20
    guard letter == UInt8(ascii: "r") || letter == UInt8(ascii: "t") else { return nil }
    let behind = cursor.ahead(2)
    guard behind == ASCII.space || behind == ASCII.tab || behind == 0 else { return nil }
    cursor.advance(2)
    return letter == UInt8(ascii: "t")
  }

  /// A small number in the log's base; nil, and no step, when it is another word.
  @inline(__always)
  private func number(_ cursor: inout LineCursor) -> Int? {
    var value = 0
    var digits = 0
    var copy = cursor
    while digits < 3 {
      let digit = isHexadecimal ? ASCII.hexValue(copy.next) : ASCII.decimalValue(copy.next)
      guard let digit else { break }
      value = value &* (isHexadecimal ? 16 : 10) &+ Int(digit)
      digits &+= 1
      copy.advance()
    }
    guard digits > 0, copy.isAtWordEnd else { return nil }
    cursor = copy
    return value
  }

  private func bit(_ cursor: inout LineCursor) throws(LineFault) -> Bool {
    cursor.skipBlanks()
    let letter = cursor.next
    guard letter == ASCII.zero || letter == 0x31 else {
      throw cursor.fault("0 or 1 was expected here")
    }
    cursor.advance()
    guard cursor.isAtWordEnd else { throw cursor.fault("0 or 1 was expected here") }
    cursor.skipBlanks()
    return letter == 0x31
  }

  @inline(__always)
  private func data(
    _ cursor: inout LineCursor, count: Int, isEnded: Bool
  ) throws(LineFault) -> CANPayload {
    if isHexadecimal, let payload = cursor.takeSpacedHex(count) { return payload }
    var words = InlineArray<8, UInt64>(repeating: 0)
    for index in 0..<count {
      cursor.skipBlanks()
      var value: UInt64 = 0
      var digits = 0
      if isHexadecimal {
        while digits < 2, let digit = ASCII.hexValue(cursor.next) {
          value = value &<< 4 | UInt64(digit)
          digits &+= 1
          cursor.advance()
        }
      } else {
        while digits < 3, let digit = ASCII.decimalValue(cursor.next) {
          value = value &* 10 &+ UInt64(digit)
          digits &+= 1
          cursor.advance()
        }
      }
      guard digits > 0, cursor.isAtWordEnd, value <= 255 else {
        throw cursor.fault(
          cursor.isAtEnd ? "fewer data bytes than the length says" : "a data byte was expected here"
        )
      }
      // The last byte of a line that is cut off may lack a digit.
      if cursor.isAtEnd && !isEnded && digits < (isHexadecimal ? 2 : 3) {
        throw cursor.fault("the line ends here")
      }
      words[index &>> 3] |= value &<< UInt64((index & 7) * 8)
    }
    return CANPayload(words: words, count: count)
  }

  /// Whether `Rx d 8` or `Tx r` stands somewhere behind: then a frame was meant.
  private func looksLikeFrame(_ cursor: LineCursor) -> Bool {
    var cursor = cursor
    if cursor.starts(with: "J1939TP") { return false }
    while !cursor.isAtEnd {
      cursor.skipBlanks()
      if direction(&cursor) != nil {
        cursor.skipBlanks()
        let kind = cursor.next
        let behind = cursor.ahead(1)
        return (kind == UInt8(ascii: "d") || kind == UInt8(ascii: "r"))
          && (behind == ASCII.space || behind == 0)
      }
      _ = cursor.takeWord()
    }
    return false
  }
}

extension ASCFormat {
  /// As registered: known by its header or by its first frame.
  static let logFormat = RegisteredFormat(
    format: .asc, recognise: recognise, makeParser: { LineParser(ASCFormat(options: $0)) })

  private static func recognise(_ head: UnsafeRawBufferPointer, isWhole: Bool) -> Recognition {
    var batch = CANFrameBatch()
    var format = ASCFormat(options: CANLogOptions())
    return LineRecognition.search(head, isWhole: isWhole) { line in
      guard line.count <= longestLine else { return false }
      var cursor = LineCursor(line)
      cursor.skipBlanks()
      if cursor.takeWord("base") {
        cursor.skipBlanks()
        return cursor.takeWord("hex") || cursor.takeWord("dec")
      }
      if cursor.takeWord("begin") {
        cursor.skipBlanks()
        return cursor.takeWord("triggerblock")
      }
      if cursor.takeWord("date") {
        return ASCDate.parse(UnsafeRawBufferPointer(rebasing: line[cursor.position...])) != nil
      }
      try? format.take(line, isEnded: true, into: &batch)
      return !batch.isEmpty
    }
  }
}
