internal import IndustrialModel

/// The dates in the header of an ASC log: `Sat Sep 30 10:06:13.191 PM 2017`, in the language of the recorder's machine.
enum ASCDate {
  /// Beginnings of the names of months, without what is not ASCII: English, German, French, Italian, Spanish,
  /// Portuguese, Dutch, Swedish. Longer ones first where one begins another.
  private static let months: [(name: StaticString, month: Int64)] = [
    ("jan", 1), ("ene", 1), ("gen", 1), ("feb", 2), ("fv", 2), ("fev", 2), ("mar", 3), ("mr", 3),
    ("mrz", 3),
    ("mrt", 3), ("apr", 4), ("avr", 4), ("abr", 4), ("mag", 5), ("mai", 5), ("may", 5), ("maj", 5),
    ("mei", 5),
    ("juin", 6), ("jun", 6), ("giu", 6), ("juil", 7), ("jul", 7), ("lug", 7), ("aug", 8),
    ("aot", 8), ("aou", 8),
    ("ago", 8), ("sep", 9), ("set", 9), ("oct", 10), ("okt", 10), ("ott", 10), ("out", 10),
    ("nov", 11),
    ("dec", 12), ("dez", 12), ("dic", 12), ("dc", 12),
  ]

  /// Nanoseconds since 1970 of the date in `text`, taken as UTC; nil when there is none.
  static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
    var cursor = LineCursor(text)
    var names: [[UInt8]] = []
    var day: Int64?
    var year: Int64?
    var month: Int64?
    var clock: Clock?
    var isAfternoon: Bool?
    while true {
      cursor.skipBlanks()
      guard !cursor.isAtEnd else { break }
      let word = cursor.takeWord()
      if word.contains(ASCII.colon) {
        guard clock == nil, let found = Clock(word) else { return nil }
        clock = found
      } else if let digit = word.first, ASCII.decimalValue(digit) != nil {
        var inner = LineCursor(word)
        let (value, count) = inner.takeDecimal(limit: 5)
        if count == 4 && inner.isAtEnd {
          year = value
        } else if inner.isAtEnd && count <= 2 {
          day = value
        } else if inner.take(ASCII.dot) {
          // 30.09.2017
          day = value
          month = inner.takeDecimal(limit: 2).value
          if inner.take(ASCII.dot), !inner.isAtEnd { year = inner.takeDecimal(limit: 4).value }
        } else {
          return nil
        }
      } else {
        let letters = word.map { $0 | 0x20 }.filter { $0 >= 0x61 && $0 <= 0x7A }
        if letters == Array("am".utf8) {
          isAfternoon = false
        } else if letters == Array("pm".utf8) {
          isAfternoon = true
        } else {
          names.append(letters)
        }
      }
    }
    // Weekday first, then the month: a French Tuesday begins like March.
    if month == nil, let name = names.last { month = monthNumber(name) }
    guard let year, let month, let day, var clock else { return nil }
    if let isAfternoon {
      guard (1...12).contains(clock.hour) else { return nil }
      clock.hour = clock.hour % 12 + (isAfternoon ? 12 : 0)
    }
    let seconds = CivilDate.seconds(
      year: year, month: month, day: day, hour: clock.hour, minute: clock.minute,
      second: clock.second)
    guard let seconds else { return nil }
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (time, overflowToo) = whole.addingReportingOverflow(clock.nanoseconds)
    return overflow || overflowToo ? nil : time
  }

  private static func monthNumber(_ name: [UInt8]) -> Int64? {
    months.first { entry in
      let count = entry.name.utf8CodeUnitCount
      guard count <= name.count else { return false }
      // "mr" stands for März and mrt alike; two letters must be all there is, or nearly.
      if count == 2 && name.count > 5 { return false }
      return (0..<count).allSatisfy { entry.name.utf8Start[$0] == name[$0] }
    }?.month
  }

  /// `15:06:13.191`
  private struct Clock {
    var hour: Int64
    var minute: Int64
    var second: Int64
    var nanoseconds: Int64 = 0

    init?(_ text: UnsafeRawBufferPointer) {
      var cursor = LineCursor(text)
      var fields: [Int64] = []
      for index in 0..<3 {
        let (value, count) = cursor.takeDecimal(limit: 2)
        guard count > 0 else { return nil }
        fields.append(value)
        if index < 2 && !cursor.take(ASCII.colon) {
          guard index == 1, cursor.isAtEnd else { return nil }
          fields.append(0)
          break
        }
      }
      hour = fields[0]
      minute = fields[1]
      second = fields[2]
      // Some write the milliseconds behind a colon.
      if cursor.take(ASCII.dot) || cursor.take(ASCII.colon) {
        nanoseconds = cursor.takeFraction() ?? 0
      }
      guard cursor.isAtEnd else { return nil }
    }
  }
}
