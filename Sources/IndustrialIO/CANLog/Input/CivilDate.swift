/// Calendar arithmetic for the dates that log formats write (proleptic Gregorian, no time zones).
enum CivilDate {
  /// Days since 1970-01-01; nil when there is no such day.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[Int(month) - 1] else { return nil }
    // Years counted from March, so that the leap day is the last of the year.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Seconds since 1970 of a date and time; nil when there is no such moment (leap seconds: 60 is
  /// taken as the second after 59).
  static func seconds(
    year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64
  ) -> Int64? {
    guard let days = days(year: year, month: month, day: day), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }
}
