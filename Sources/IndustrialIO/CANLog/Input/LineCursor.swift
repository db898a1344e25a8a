internal import CANCore

/// What is wrong with a line and where; becomes a ``CANLogFinding``.
struct LineFault: Error {
  var code: CANLogFinding.Code = .damaged
  /// The byte in the line, from 0; nil for the whole line.
  var column: Int?
  var reason: String
}

/// A careful walk over the bytes of one line: every step is checked against its end.
struct LineCursor {
  private let bytes: UnsafeRawBufferPointer
  /// The next byte, from 0.
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next byte; 0 at the end of the line (0 itself is part of no format).
  @inline(__always) var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  @inline(__always) var isAtEnd: Bool { position >= bytes.count }

  var lineLength: Int { bytes.count }

  /// The byte after `distance` more; 0 behind the end.
  @inline(__always) func ahead(_ distance: Int) -> UInt8 {
    position + distance < bytes.count ? bytes[position + distance] : 0
  }

  @inline(__always) mutating func advance(_ count: Int = 1) {
    position = min(position + count, bytes.count)
  }

  @inline(__always) mutating func skipBlanks() {
    while next == ASCII.space || next == ASCII.tab { position += 1 }
  }

  /// Steps over the byte if it is next.
  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte, !isAtEnd else { return false }
    position += 1
    return true
  }

  /// Steps over the text if it is next.
  mutating func take(_ text: StaticString) -> Bool {
    guard starts(with: text) else { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  /// Whether the text is next.
  func starts(with text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard count <= bytes.count - position else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    return true
  }

  /// The bytes up to the next blank or the end; steps over them.
  mutating func takeWord() -> UnsafeRawBufferPointer {
    let first = position
    while !isAtEnd && next != ASCII.space && next != ASCII.tab { position += 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[first..<position])
  }

  /// Up to `limit` decimal digits as a number, with how many they were.
  mutating func takeDecimal(limit: Int) -> (value: Int64, count: Int) {
    var value: Int64 = 0
    var count = 0
    while count < min(limit, 18), let digit = ASCII.decimalValue(next) {
      value = value &* 10 &+ Int64(digit)
      count += 1
      position += 1
    }
    return (value, count)
  }

  /// Two hexadecimal digits as a byte; nil, and no step, when they are not both there.
  mutating func takeHexByte() -> UInt8? {
    guard let high = ASCII.hexValue(next), let low = ASCII.hexValue(ahead(1)) else { return nil }
    position += 2
    return high << 4 | low
  }

  /// The number of hexadecimal digits that come next, counted up to `limit`.
  func hexDigitCount(limit: Int) -> Int {
    var count = 0
    while count < limit, ASCII.hexValue(ahead(count)) != nil { count += 1 }
    return count
  }

  /// So many hexadecimal digits as a number; they must have been counted, 8 at most.
  mutating func takeHex(digits: Int) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<min(digits, 8) {
      value = value << 4 | UInt32(ASCII.hexValue(next) ?? 0)
      position += 1
    }
    return value
  }

  /// A fault at the next byte.
  func fault(_ reason: String, code: CANLogFinding.Code = .damaged) -> LineFault {
    LineFault(code: code, column: position, reason: reason)
  }
}

// What the formats of Vector and PEAK need beside.
extension LineCursor {
  /// The digits behind a decimal point as nanoseconds of a second; digits past the ninth don't count. Nil without any.
  @inline(__always)
  mutating func takeFraction() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while let digit = ASCII.decimalValue(next) {
      if count < 9 { value = value &* 10 &+ Int64(digit) }
      count &+= 1
      advance()
    }
    guard count > 0 else { return nil }
    while count < 9 {
      value = value &* 10
      count &+= 1
    }
    return value
  }

  /// `count` bytes, 1 to 64, each as two hexadecimal digits behind one blank, and a blank or the end behind them; nil, and no
  /// step, when they stand there in any other way. The first blank may be the one before the cursor.
  ///
  /// Without a branch a digit: which of them are letters nobody can predict.
  @inline(__always)
  mutating func takeSpacedHex(_ count: Int) -> CANPayload? {
    let length = count &* 3
    let start = next == ASCII.space ? position : max(0, position &- 1)
    guard count > 0, count <= 64, lineLength &- start >= length, let base = bytes.baseAddress else {
      return nil
    }
    var words = InlineArray<8, UInt64>(repeating: 0)
    var isSound: UInt64 = 1
    for index in 0..<count {
      let place = base + (start &+ index &* 3)
      let blank = UInt64(place.load(as: UInt8.self))
      let high = UInt64(place.load(fromByteOffset: 1, as: UInt8.self))
      let low = UInt64(place.load(fromByteOffset: 2, as: UInt8.self))
      isSound &= ((blank ^ 0x20) &- 1) &>> 63 & ASCII.isHex(high) & ASCII.isHex(low)
      let value = ASCII.nibble(high) &<< 4 | ASCII.nibble(low)
      words[index &>> 3] |= value &<< UInt64((index & 7) &* 8)
    }
    let end = start &+ length
    let before = position
    position = end
    guard isSound == 1, isAtWordEnd else {
      position = before
      return nil
    }
    return CANPayload(words: words, count: count)
  }

  /// Whether a blank or the end is next.
  @inline(__always)
  var isAtWordEnd: Bool { isAtEnd || next == ASCII.space || next == ASCII.tab }

  /// Steps over the word, in any case, if it is next as a whole.
  mutating func takeWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    for index in 0..<count where ahead(index) | 0x20 != word.utf8Start[index] | 0x20 {
      return false
    }
    let behind = ahead(count)
    guard position + count >= lineLength || behind == ASCII.space || behind == ASCII.tab else {
      return false
    }
    advance(count)
    return true
  }
}
