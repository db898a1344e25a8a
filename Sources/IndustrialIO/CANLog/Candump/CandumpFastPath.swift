internal import CANCore

/// The log form at speed: the lines that recorders write, eight characters at a time.
///
/// It knows `(SSSSSSSSSS.FFFFFF) CHANNEL ID#DATA` with an optional ` R` or ` T`, for channels seen
/// before. Whatever else stands there it leaves to ``CandumpLine``, which also says what is wrong.
struct CandumpFastPath: Sendable {
  // The seconds of the line before: they change rarely.
  private var secondsWord: UInt64 = 0
  private var secondsTail: UInt64 = 0
  private var seconds: Int64 = 0

  /// Appends the frames of the lines from `position` on, up to the first line that it does not know,
  /// the end, or a full batch; moves `position` behind the last line taken.
  ///
  /// - Returns: how many lines were taken.
  mutating func parse(
    _ bytes: UnsafeRawBufferPointer, from position: inout Int, channels: ChannelTable,
    into batch: inout CANFrameBatch, limit: Int
  ) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    var lines = 0
    channels.shortNames.withUnsafeBufferPointer { names in
      while batch.headers.count < limit, position < bytes.count {
        let next = parseLine(
          base, from: position, end: bytes.count, names: names, into: &batch)
        guard let next else { return }
        position = next
        lines += 1
      }
    }
    return lines
  }

  /// One line; nil when it is not of the simple kind. Loads at most ``LogInput/padding`` bytes from
  /// `position`: 20 for the time, 8 and 9 for name and identifier, 3 + 128 of data, 3 behind it.
  @inline(__always)
  private mutating func parseLine(
    _ base: UnsafeRawPointer, from position: Int, end: Int,
    names: UnsafeBufferPointer<ChannelTable.ShortName>, into batch: inout CANFrameBatch
  ) -> Int? {
    func load(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    // (SSSSSSSSSS.
    let first = load(position)
    let second = load(position &+ 8)
    let tail = second & 0xFFFF_FFFF
    if first != secondsWord || tail != secondsTail {
      guard setSeconds(first, tail) else { return nil }
    }
    // FFFFFF) and a blank: two leading zeros make them eight digits.
    let third = load(position &+ 12)
    guard third &>> 48 == 0x2029 else { return nil }
    let fraction = third &<< 16 | 0x3030
    guard ASCII.areDecimal(fraction) else { return nil }
    let time = seconds &+ Int64(truncatingIfNeeded: ASCII.decimal(fraction) &* 1000)

    var cursor = position &+ 20
    let nameWord = load(cursor)
    var channel: UInt16 = 0
    var found = false
    for name in names where nameWord & name.mask == name.word {
      channel = name.channel
      cursor = cursor &+ name.count &+ 1
      found = true
      break
    }
    guard found else { return nil }

    let idWord = load(cursor)
    let digits = ASCII.HexDigits(idWord)
    var flags: CANFlags = []
    let identifier: CANIdentifier
    if digits.count == 8 {
      let number = digits.number
      guard number <= 0x3FFF_FFFF else { return nil }
      if number > 0x1FFF_FFFF { flags = .error }
      identifier = CANIdentifier(truncating: number | CANIdentifier.extendedFlag)
      cursor = cursor &+ 8
    } else {
      guard digits.count == 3 else { return nil }
      let number = digits.firstThree
      guard number <= 0x7FF else { return nil }
      identifier = CANIdentifier(truncating: number)
      cursor = cursor &+ 3
    }
    guard base.load(fromByteOffset: cursor, as: UInt8.self) == ASCII.hash else { return nil }
    cursor = cursor &+ 1

    let dataWord = load(cursor)
    let low = ASCII.HexDigits(dataWord)
    if low.count == 0 {
      let character = UInt8(truncatingIfNeeded: dataWord)
      if character == ASCII.hash {
        return parseFD(
          base, from: cursor &+ 1, end: end, time: time, identifier: identifier, channel: channel,
          flags: flags, into: &batch)
      }
      if character == UInt8(ascii: "R") {
        guard flags.isEmpty else { return nil }
        var code: UInt8 = 0
        cursor = cursor &+ 1
        let digit = UInt8(truncatingIfNeeded: dataWord &>> 8) &- ASCII.zero
        if digit <= 8 {
          code = digit
          cursor = cursor &+ 1
        }
        guard let next = lineEnd(base, cursor, end: end, flags: &flags) else { return nil }
        batch.append(
          time: time, identifier: identifier, channel: channel, flags: flags.union(.remote),
          dataLengthCode: code, count: 0, word: 0)
        return next
      }
    }
    var word = low.bytes
    var digitCount = low.count
    if digitCount == 8 {
      let high = ASCII.HexDigits(load(cursor &+ 8))
      word |= high.bytes &<< 32
      digitCount = digitCount &+ high.count
    }
    guard digitCount & 1 == 0 else { return nil }
    guard let next = lineEnd(base, cursor &+ digitCount, end: end, flags: &flags) else {
      return nil
    }
    let count = digitCount &>> 1
    // The batch clears what stands in the word behind `count` bytes.
    batch.append(
      time: time, identifier: identifier, channel: channel, flags: flags,
      dataLengthCode: UInt8(truncatingIfNeeded: count), count: count, word: word)
    return next
  }

  @inline(never)
  private mutating func setSeconds(_ first: UInt64, _ tail: UInt64) -> Bool {
    guard first & 0xFF == UInt64(ASCII.openParenthesis), tail &>> 24 == UInt64(ASCII.dot) else {
      return false
    }
    // Ten digits: seven behind the parenthesis, three before the dot.
    let upper = first & ~0xFF | 0x30
    let lower = (tail & 0xFF_FFFF) &<< 40 | 0x30_3030_3030
    guard ASCII.areDecimal(upper), ASCII.areDecimal(lower) else { return false }
    let value = ASCII.decimal(upper) &* 1000 &+ ASCII.decimal(lower)
    guard value <= 9_223_372_035 else { return false }
    secondsWord = first
    secondsTail = tail
    seconds = Int64(truncatingIfNeeded: value) &* 1_000_000_000
    return true
  }

  /// Behind the data: a line end, or a direction and a line end. Gives the start of the next line.
  @inline(__always)
  private func lineEnd(
    _ base: UnsafeRawPointer, _ position: Int, end: Int, flags: inout CANFlags
  ) -> Int? {
    var cursor = position
    var character = base.load(fromByteOffset: cursor, as: UInt8.self)
    if character == ASCII.space {
      character = base.load(fromByteOffset: cursor &+ 1, as: UInt8.self)
      if character == UInt8(ascii: "T") {
        flags.insert(.transmitted)
      } else if character != UInt8(ascii: "R") {
        return nil
      }
      cursor = cursor &+ 2
      character = base.load(fromByteOffset: cursor, as: UInt8.self)
    }
    if character == ASCII.carriageReturn {
      cursor = cursor &+ 1
      character = base.load(fromByteOffset: cursor, as: UInt8.self)
    }
    // Bytes behind `end` are rubbish: only a line whose end is inside counts.
    return character == ASCII.newline && cursor < end ? cursor &+ 1 : nil
  }

  /// Behind `##`: the flags and up to 64 data bytes.
  @inline(never)
  private func parseFD(
    _ base: UnsafeRawPointer, from position: Int, end: Int, time: Int64,
    identifier: CANIdentifier, channel: UInt16, flags: CANFlags,
    into batch: inout CANFrameBatch
  ) -> Int? {
    guard let bits = ASCII.hexValue(base.load(fromByteOffset: position, as: UInt8.self)) else {
      return nil
    }
    var flags = flags.union(.fd)
    if bits & 1 != 0 { flags.insert(.bitRateSwitch) }
    if bits & 2 != 0 { flags.insert(.errorStateIndicator) }
    var cursor = position &+ 1
    var payload = CANPayload()
    while true {
      let word = base.loadUnaligned(fromByteOffset: cursor, as: UInt64.self)
      let digits = ASCII.HexDigits(UInt64(littleEndian: word))
      guard digits.count & 1 == 0 else { return nil }
      var bytes = digits.bytes
      for _ in 0..<(digits.count &>> 1) {
        guard payload.append(UInt8(truncatingIfNeeded: bytes)) else { return nil }
        bytes = bytes &>> 8
      }
      cursor = cursor &+ digits.count
      if digits.count < 8 { break }
    }
    guard let next = lineEnd(base, cursor, end: end, flags: &flags) else { return nil }
    batch.append(
      CANFrame(
        time: time, identifier: identifier, channel: channel, flags: flags, payload: payload))
    return next
  }
}
