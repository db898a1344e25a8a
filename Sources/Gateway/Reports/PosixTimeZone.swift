internal import IndustrialModel

/// The rule of a zone as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixTimeZone {
  /// A day of each year.
  private enum Day {
    /// 1 to 365, the leap day not counted.
    case ordinal(Int64)
    /// 0 to 365, the leap day counted.
    case zeroBased(Int64)
    /// Month, week (5: the last) and weekday (0: Sunday).
    case weekday(month: Int64, week: Int64, day: Int64)
  }

  private var standard: Int64
  private var summer: Int64
  private var start: (day: Day, second: Int64)
  private var end: (day: Day, second: Int64)

  /// Nil for a zone whose clocks are never set, and for what is no rule.
  init?(_ text: Substring) {
    var rest = text
    guard Self.name(&rest), let standard = Self.offset(&rest), Self.name(&rest) else { return nil }
    self.standard = -standard
    summer = self.standard + 3600
    if rest.first != "," {
      guard let offset = Self.offset(&rest) else { return nil }
      summer = -offset
    }
    guard let start = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else {
      return nil
    }
    (self.start, self.end) = (start, end)
  }

  /// When the clocks are set in a year.
  func transitions(year: Int64) -> [TimeZoneRules.Transition] {
    guard let first = day(start.day, in: year), let second = day(end.day, in: year) else {
      return []
    }
    return [
      .init(time: first * 86_400 + start.second - standard, offset: summer),
      .init(time: second * 86_400 + end.second - summer, offset: standard),
    ]
  }

  private func day(_ day: Day, in year: Int64) -> Int64? {
    guard let january = CivilDate.days(year: year, month: 1, day: 1) else { return nil }
    switch day {
    case .zeroBased(let number): return january + number
    case .ordinal(let number):
      let isLeap = CivilDate.days(year: year, month: 2, day: 29) != nil
      return january + number - 1 + (isLeap && number > 59 ? 1 : 0)
    case .weekday(let month, let week, let weekday):
      guard let first = CivilDate.days(year: year, month: month, day: 1) else { return nil }
      // 1970-01-01 was a Thursday.
      let firstWeekday = (first % 7 + 11) % 7
      var day = first + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
      while CivilDate.fields(seconds: day * 86_400).month != month { day -= 7 }
      return day
    }
  }

  private static func name(_ rest: inout Substring) -> Bool {
    if rest.first == "<" {
      guard let end = rest.firstIndex(of: ">") else { return false }
      rest = rest[rest.index(after: end)...]
      return true
    }
    let name = rest.prefix { $0.isLetter && $0.isASCII }
    rest = rest[name.endIndex...]
    return name.count >= 3
  }

  /// `[+-]h[:m[:s]]` in seconds.
  private static func offset(_ rest: inout Substring) -> Int64? {
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest.removeFirst() }
    guard var seconds = number(&rest, to: 167).map({ $0 * 3600 }) else { return nil }
    for unit in [60, 1] as [Int64] where rest.first == ":" {
      rest.removeFirst()
      guard let part = number(&rest, to: 59) else { return nil }
      seconds += part * unit
    }
    return isNegative ? -seconds : seconds
  }

  private static func change(_ rest: inout Substring) -> (day: Day, second: Int64)? {
    guard rest.first == "," else { return nil }
    rest.removeFirst()
    let day: Day
    if rest.first == "M" {
      rest.removeFirst()
      guard let month = number(&rest, to: 12), month > 0, dot(&rest),
        let week = number(&rest, to: 5),
        week > 0, dot(&rest), let weekday = number(&rest, to: 6)
      else { return nil }
      day = .weekday(month: month, week: week, day: weekday)
    } else if rest.first == "J" {
      rest.removeFirst()
      guard let number = number(&rest, to: 365), number > 0 else { return nil }
      day = .ordinal(number)
    } else {
      guard let number = number(&rest, to: 365) else { return nil }
      day = .zeroBased(number)
    }
    guard rest.first == "/" else { return (day, 7200) }
    rest.removeFirst()
    return offset(&rest).map { (day, $0) }
  }

  private static func dot(_ rest: inout Substring) -> Bool {
    guard rest.first == "." else { return false }
    rest.removeFirst()
    return true
  }

  private static func number(_ rest: inout Substring, to limit: Int64) -> Int64? {
    let digits = rest.prefix { $0.isNumber && $0.isASCII }
    rest = rest[digits.endIndex...]
    return Int64(digits).flatMap { $0 <= limit ? $0 : nil }
  }
}
