internal import Glibc
internal import IndustrialModel
internal import Sinks

/// A report as CSV, with the columns of the reference gateway: texts in quotes, numbers not.
struct ReportTable {
  private let rule: ReportRule
  private let calendar: ReportCalendar
  private let span: ReportCalendar.Span
  private var text: [UInt8] = []
  /// Whether no tag had a value.
  private(set) var isEmpty = true

  init(_ rule: ReportRule, _ calendar: ReportCalendar, _ span: ReportCalendar.Span) {
    self.rule = rule
    self.calendar = calendar
    self.span = span
    let times = rule.isDaily ? ["date"] : ["timestamp"]
    let names = ["sensor_id", "sensor_name", "unit"] + (rule.isDaily ? [] : ["interval"])
    let numbers = ["count", "mean", "min", "max", "stddev"]
    let header = (times + names + numbers).map(Self.quoted).joined(separator: ",")
    text += "\(header)\n".utf8
  }

  /// The whole file.
  var contents: [UInt8] { text }

  /// Adds the line of a tag; nothing when it had no value.
  mutating func add(number: Int64, name: String, unit: String, _ statistics: HistoryStatistics) {
    guard statistics.count > 0 else { return }
    isEmpty = false
    var cells = [Self.quoted(time), "\(number)", Self.quoted(name), Self.quoted(unit)]
    if !rule.isDaily { cells.append(Self.quoted(rule.interval)) }
    cells.append("\(statistics.count)")
    for value in [
      statistics.mean, statistics.minimum, statistics.maximum, statistics.standardDeviation,
    ] { cells.append(Self.decimal(value, places: rule.decimals)) }
    text += "\(cells.joined(separator: ","))\n".utf8
  }

  private var time: String {
    let fields = calendar.fields(of: span)
    let date =
      "\(Self.padded(fields.year, 4))-\(Self.padded(fields.month))-\(Self.padded(fields.day))"
    guard !rule.isDaily else { return date }
    let offset = calendar.zone.offset(at: span.start)
    let ahead = "\(Self.padded(abs(offset) / 3600)):\(Self.padded(abs(offset) / 60 % 60))"
    let clock = [fields.hour, fields.minute, fields.second].map { Self.padded($0) }
    return "\(date)T\(clock.joined(separator: ":"))\(offset < 0 ? "-" : "+")\(ahead)"
  }

  static func padded(_ number: Int64, _ width: Int = 2) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\"", with: "\"\""))\""
  }

  /// Rounded to so many places (halves to even, of the exact value), without zeros at the end but one.
  static func decimal(_ value: Double, places: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let length = withVaList([value]) { arguments in
      vsnprintf(&buffer, buffer.count, "%.\(min(max(places, 0), 17))f", arguments)
    }
    let digits = buffer.prefix(max(0, min(Int(length), buffer.count - 1)))
    var text = String(decoding: digits.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard text.contains(".") else { return text + ".0" }
    while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
    return text == "-0.0" ? "0.0" : text
  }
}
