/// Calendar arithmetic for timestamps and for the dates that logs write (proleptic Gregorian, no time zones).
package enum CivilDate {
  /// Days since 1970-01-01; nil when there is no such day.
  package static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard year >= 0, year <= 9999, month >= 1, month <= 12, day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[Int(month) - 1] else { return nil }
    // Years counted from March, so that the leap day is the last of the year.
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Seconds since 1970 of a date and time; nil when there is no such moment (leap seconds: 60 is
  /// taken as the second after 59).
  package static func seconds(
    year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64
  ) -> Int64? {
    guard let days = days(year: year, month: month, day: day), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }
}

extension CivilDate {
  /// A date and time taken apart.
  package struct Fields {
    package var year: Int64
    package var month: Int64
    package var day: Int64
    /// 0 for the weekday of 1970-01-01, a Thursday.
    package var weekday: Int
    package var hour: Int64
    package var minute: Int64
    package var second: Int64
  }

  /// The date of seconds since 1970, which may be negative.
  package static func fields(seconds: Int64) -> Fields {
    var days = seconds / 86_400
    var rest = seconds % 86_400
    if rest < 0 {
      rest += 86_400
      days -= 1
    }
    // Days since 0000-03-01, in eras of 400 years.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return Fields(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, weekday: Int((days % 7 + 7) % 7),
      hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60)
  }
}
