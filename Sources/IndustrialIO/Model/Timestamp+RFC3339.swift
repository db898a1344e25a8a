// RFC 3339 section 5.6, written always in UTC with nine decimals, read with any offset.

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with nine decimals, such as `2026-01-01T00:00:00.250000000Z`.
  public var description: String {
    var text: [UInt8] = []
    text.reserveCapacity(30)
    write(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends `description` as ASCII, without making a String.
  public func write(to text: inout [UInt8]) {
    let second: Int64 = 1_000_000_000
    var seconds = nanoseconds / second
    var fraction = nanoseconds % second
    if fraction < 0 {
      fraction += second
      seconds -= 1
    }
    let date = CivilDate.fields(seconds: seconds)
    text.appendDecimal(date.year, width: 4)
    text.append(UInt8(ascii: "-"))
    text.appendDecimal(date.month, width: 2)
    text.append(UInt8(ascii: "-"))
    text.appendDecimal(date.day, width: 2)
    text.append(UInt8(ascii: "T"))
    text.appendDecimal(date.hour, width: 2)
    text.append(UInt8(ascii: ":"))
    text.appendDecimal(date.minute, width: 2)
    text.append(UInt8(ascii: ":"))
    text.appendDecimal(date.second, width: 2)
    text.append(UInt8(ascii: "."))
    text.appendDecimal(fraction, width: 9)
    text.append(UInt8(ascii: "Z"))
  }

  /// Reads an RFC 3339 date and time with an offset: `2026-01-01T01:00:00.25+01:00`.
  ///
  /// `T` and `Z` may be lower case, a blank may stand for `T` (RFC 3339 section 5.6). Decimals past
  /// the ninth are cut off. Second 60 (a leap second) is the first of the next minute. Nil for anything else, for a date
  /// that does not exist, and for years that an Int64 of nanoseconds can't hold (before 1677-09-21, after 2262-04-11).
  public init?(rfc3339 text: some StringProtocol) {
    var reader = DigitReader(text.utf8)
    guard let year = reader.number(digits: 4), reader.skip("-"),
      let month = reader.number(digits: 2), reader.skip("-"),
      let day = reader.number(digits: 2), reader.skip("T", "t", " "),
      let hour = reader.number(digits: 2), reader.skip(":"),
      let minute = reader.number(digits: 2), reader.skip(":"),
      let second = reader.number(digits: 2),
      let local = CivilDate.seconds(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    else { return nil }
    guard let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd else {
      return nil
    }
    let seconds = local - offset
    // Negative seconds and a positive fraction: round towards the fraction first, so that the
    // earliest moments do not overflow on the way.
    let whole = seconds < 0 ? seconds + 1 : seconds
    let rest = seconds < 0 ? fraction - 1_000_000_000 : fraction
    let (product, tooLarge) = whole.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, tooFar) = product.addingReportingOverflow(rest)
    guard !tooLarge, !tooFar else { return nil }
    self.init(nanoseconds: sum)
  }
}

/// Reads the fixed-width digits of a timestamp.
private struct DigitReader<Bytes: Collection> where Bytes.Element == UInt8 {
  private var rest: Bytes.SubSequence

  init(_ bytes: Bytes) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number(digits: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<digits {
      guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
      rest.removeFirst()
    }
    return value
  }

  mutating func skip(_ candidates: Unicode.Scalar...) -> Bool {
    guard let byte = rest.first, candidates.contains(where: { $0.value == UInt32(byte) }) else {
      return false
    }
    rest.removeFirst()
    return true
  }

  /// The nanoseconds after an optional point; nil when the point has no digit behind it.
  mutating func fraction() -> Int64? {
    guard skip(".", ",") else { return 0 }
    var value: Int64 = 0
    var unit: Int64 = 100_000_000
    var count = 0
    while let digit = number(digits: 1) {
      value += digit * unit
      unit /= 10
      count += 1
    }
    return count > 0 ? value : nil
  }

  /// The offset from UTC in seconds, east positive.
  mutating func offset() -> Int64? {
    if skip("Z", "z") { return 0 }
    let isWest = rest.first == UInt8(ascii: "-")
    guard skip("+", "-"), let hour = number(digits: 2), hour < 24, skip(":"),
      let minute = number(digits: 2), minute < 60
    else { return nil }
    let seconds = hour * 3600 + minute * 60
    return isWest ? -seconds : seconds
  }
}

extension [UInt8] {
  /// Appends a non-negative number in decimal, with leading zeros up to `width` digits.
  fileprivate mutating func appendDecimal(_ number: Int64, width: Int) {
    let start = count
    for _ in 0..<width { append(0x30) }
    var rest = number
    var index = start + width - 1
    while index >= start {
      self[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      index -= 1
    }
  }
}
