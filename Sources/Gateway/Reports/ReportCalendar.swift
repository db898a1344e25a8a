internal import IndustrialModel

/// The spans of time that reports are about, by the clocks of a place.
///
/// Spans of an hour or less end when the clocks are set: the hour that comes twice makes two reports. Longer ones reach from one
/// time of the day to another, and are an hour longer or shorter then. One ends where the next begins, always.
struct ReportCalendar: Sendable {
  let zone: TimeZoneRules
  /// Length in seconds; it divides a day.
  let length: Int64

  /// From the start to before the end, in seconds since 1970.
  struct Span: Sendable, Equatable {
    var start: Int64
    var end: Int64
  }

  /// - Parameter minutes: Length; it divides a day.
  init(zone: TimeZoneRules, minutes: Int) {
    self.zone = zone
    length = Int64(max(1, minutes)) * 60
  }

  /// The span that a moment is in.
  func span(containing time: Int64) -> Span {
    let offset = zone.offset(at: time)
    let local = time + offset
    let start = (local >= 0 ? local : local - length + 1) / length * length
    guard length > 3600 else {
      return Span(
        start: max(start - offset, zone.transition(atOrBefore: time) ?? .min),
        end: min(start + length - offset, zone.transition(after: time) ?? .max))
    }
    // The clocks may have been set since then, so the next bounds are looked at too.
    let bounds = (-2...3).map { zone.moment(showing: start + $0 * length) }
    let first = bounds.last { $0 <= time } ?? start - offset
    return Span(start: first, end: bounds.first { $0 > time } ?? first + length)
  }

  /// The date and time at the start of a span, by the clocks.
  func fields(of span: Span) -> CivilDate.Fields {
    CivilDate.fields(seconds: span.start + zone.offset(at: span.start))
  }

  /// Whether a span before began at the same time by the clocks.
  func isRepeated(_ span: Span) -> Bool {
    let local = span.start + zone.offset(at: span.start)
    guard let transition = zone.transition(atOrBefore: span.start),
      span.start - transition < 86_400
    else { return false }
    return zone.moment(showing: local) < span.start
  }
}
