internal import IndustrialModel

/// What a server's field `Retry-After` asks for (RFC 9110, section 10.2.3).
enum RetryAfter {
  /// No server is left alone for longer: what it asks for may be a mistake.
  private static let longest: Int64 = 86_400
  /// Nor for longer than this where a date can only be held against our own clock, which may be slow.
  private static let longestByOwnClock: Int64 = 300

  /// How long to wait.
  ///
  /// - Parameters:
  ///   - value: The field's value: seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (section 5.6.7). Dates of the two
  ///     forms that no server writes any more are not read.
  ///   - sent: The answer's field `Date`, against which a date is held: both are of the server's clock.
  ///   - now: Our own time, which stands in for it.
  /// - Returns: A day at most, five minutes for a date without `sent`, nothing for a date that is over; nil for what is neither a number
  ///   nor a date.
  static func delay(
    _ value: Substring, sent: Substring? = nil, now: Timestamp = .now()
  ) -> Duration? {
    let words = value.split(whereSeparator: \.isWhitespace)
    if words.count == 1, let number = words.first {
      guard number.utf8.allSatisfy(isDigit) else { return nil }
      // More digits than fit are a long time, too.
      return .seconds(min(Int64(number) ?? .max, longest))
    }
    guard let date = seconds(words) else { return nil }
    if let sent = sent.flatMap({ seconds($0.split(whereSeparator: \.isWhitespace)) }) {
      return .seconds(min(max(date - sent, 0), longest))
    }
    return .seconds(min(max(date - now.nanoseconds / 1_000_000_000, 0), longestByOwnClock))
  }

  /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
  private static func seconds(_ words: [Substring]) -> Int64? {
    guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
      let month = months.firstIndex(of: words[2]),
      let day = number(words[1], digits: 2), let year = number(words[3], digits: 4)
    else { return nil }
    let time = words[4].split(separator: ":", omittingEmptySubsequences: false)
    guard time.count == 3, let hour = number(time[0], digits: 2),
      let minute = number(time[1], digits: 2), let second = number(time[2], digits: 2)
    else { return nil }
    return CivilDate.seconds(
      year: year, month: Int64(month) + 1, day: day, hour: hour, minute: minute, second: second)
  }

  private static let months: [Substring] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func number(_ text: Substring, digits: Int) -> Int64? {
    guard text.utf8.count == digits, text.utf8.allSatisfy(isDigit) else { return nil }
    return Int64(text)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
