internal import Formula
internal import IndustrialModel

/// Chooses of one tag's samples those between which a straight line is never further from the others than a deviation
/// (swinging door trending, after Bristol's patent US 4,669,097 of 1987, as historians have it).
///
/// The newest sample is held back until the next one shows whether the line to that one passes all between. When it does not,
/// the one held back is reported: the last point before the break. So memory is one sample and two slopes.
///
/// The line that counts is the one through the times that are stored. A sample that is handed over behind newer ones narrows the door
/// when the line to the held one passes it; else it is reported as it is, and the line begins anew at the held one.
struct SwingingDoor: Sendable {
  /// The sample that was reported last; nil before the first.
  var lastReported: SampleBatch.Record? { reported?.record }
  /// The sample that waits for the next one.
  var heldRecord: SampleBatch.Record? { held?.record }
  /// In the tag's unit.
  let deviation: Double
  /// In nanoseconds.
  let silence: Int64
  private var reported: Point?
  private var held: Point?
  /// When the newest sample was taken, by the monotonic clock.
  private var newest = Int64.min
  /// Whether a sample waits for the next one.
  var isHolding: Bool { held != nil }
  /// Between these slopes, from what was reported last, all samples before the held one are near enough.
  private var lower = -Double.infinity
  private var upper = Double.infinity

  private struct Point {
    var record: SampleBatch.Record
    /// Nil for what has no place on a line: bad, text, a truth, not finite.
    var value: Double?

    /// The slope of the line from `start` to a value at this time; nil for none.
    func slope(from start: Point, to value: Double) -> Double? {
      guard let origin = start.value else { return nil }
      let (time, isOverflow) = record.time.nanoseconds.subtractingReportingOverflow(
        start.record.time.nanoseconds)
      guard !isOverflow, time > 0 else { return nil }
      let slope = (value - origin) / Double(time)
      return slope.isFinite ? slope : nil
    }
  }

  init(deviation: Double, silence: Int64) {
    self.deviation = deviation
    self.silence = silence
  }

  /// Takes the next sample, and appends what is reported by it. Gives the number of samples that are left out.
  mutating func take(
    _ record: SampleBatch.Record, _ value: Double?, into result: inout [SampleBatch.Record]
  ) -> Int {
    let isOnLine =
      record.sampleClass == .telemetry && !record.quality.isBad && value?.isFinite == true
      && record.kind != .bool
    let point = Point(record: record, value: isOnLine ? value : nil)
    guard record.monotonicTime >= newest else { return takeLate(point, into: &result) }
    newest = record.monotonicTime
    guard let last = held ?? reported, last.record.quality == record.quality,
      last.record.kind == record.kind, record.sampleClass == .telemetry
    else { return report(point, into: &result) }
    guard isOnLine else {
      guard isOld(record.monotonicTime) || isNews(record, last.record) else { return 1 }
      return report(point, into: &result)
    }
    if isOnTheWay(point) {
      let left = held == nil ? 0 : 1
      held = point
      guard isOld(record.monotonicTime) else { return left }
      report(point, into: &result, dropping: true)
      return left
    }
    release(into: &result)
    // Behind the break the way begins anew, from what was held back to this one.
    guard point.slope(from: last, to: value ?? 0) != nil, !isOld(record.monotonicTime) else {
      return report(point, into: &result)
    }
    held = point
    return 0
  }

  /// Takes a sample that came before the newest one.
  private mutating func takeLate(_ point: Point, into result: inout [SampleBatch.Record]) -> Int {
    if isBetween(point) { return 1 }
    if let reported, point.record.monotonicTime >= reported.record.monotonicTime {
      // What follows is not to be drawn from it, nor compared with what was before it.
      if held == nil { self.reported = nil } else { release(into: &result) }
    }
    result.append(point.record)
    return 0
  }

  /// Whether the line from what was reported last to the held sample passes a late one between them; then the door closes by it.
  private mutating func isBetween(_ point: Point) -> Bool {
    guard let reported, let held, let value = point.value, let end = held.value,
      point.record.quality == held.record.quality, point.record.kind == held.record.kind,
      point.record.time <= held.record.time,
      let slope = held.slope(from: reported, to: end),
      let low = point.slope(from: reported, to: value - deviation),
      let high = point.slope(from: reported, to: value + deviation), slope >= low, slope <= high
    else { return false }
    (lower, upper) = (max(lower, low), min(upper, high))
    return true
  }

  /// Whether the line from what was reported last to a sample passes all between; then the door closes by the held one.
  private mutating func isOnTheWay(_ point: Point) -> Bool {
    guard let reported, let value = point.value, let slope = point.slope(from: reported, to: value)
    else { return false }
    guard let held, let middle = held.value else { return true }
    guard point.record.time >= held.record.time,
      let low = held.slope(from: reported, to: middle - deviation),
      let high = held.slope(from: reported, to: middle + deviation)
    else { return false }
    let (newLower, newUpper) = (max(lower, low), min(upper, high))
    guard slope >= newLower, slope <= newUpper else { return false }
    (lower, upper) = (newLower, newUpper)
    return true
  }

  /// Texts and what is no telemetry are always news, a truth when it changes.
  private func isNews(_ record: SampleBatch.Record, _ last: SampleBatch.Record) -> Bool {
    switch record.kind {
    case .none: false
    case .string, .bytes: true
    default: record.bits != last.bits
    }
  }

  /// Whether the longest silence is over.
  private func isOld(_ now: Int64) -> Bool {
    guard let reported else { return false }
    return now.subtractingClamped(reported.record.monotonicTime) >= silence
  }

  /// Reports a sample at once, after what was held back unless that has been passed.
  @discardableResult
  private mutating func report(
    _ point: Point, into result: inout [SampleBatch.Record], dropping: Bool = false
  ) -> Int {
    if dropping { held = nil } else { release(into: &result) }
    result.append(point.record)
    begin(at: point)
    return 0
  }

  private mutating func begin(at point: Point) {
    reported = point
    (lower, upper) = (-.infinity, .infinity)
  }

  /// Reports what was held back.
  mutating func release(into result: inout [SampleBatch.Record]) {
    guard let held else { return }
    result.append(held.record)
    self.held = nil
    begin(at: held)
  }

  /// When `releaseOld` has something to do unless values come, by the monotonic clock.
  var releaseTime: Int64 {
    guard held != nil, let reported else { return .max }
    let (time, isFar) = reported.record.monotonicTime.addingReportingOverflow(silence)
    return isFar ? .max : time
  }

  /// Reports what was held back for the longest silence.
  mutating func releaseOld(at now: Int64, into result: inout [SampleBatch.Record]) {
    if held != nil, isOld(now) { release(into: &result) }
  }
}
