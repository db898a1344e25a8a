internal import Formula
internal import IndustrialModel

/// The windows of one tag that are open, and the watermark that closes them.
///
/// The watermark is the latest time that a value had, less what values may be late. A window is over when the watermark reaches
/// its end, and is not opened again. What comes for it then is too late, if it bears a time of the device's, or came the length of a
/// window or more before the newest one of our own time and was only handed over behind it, as the monotonic clock tells. Setting our
/// own clock makes nothing late: where it was set back, the window that is open goes on, or, when it was set back by more than a
/// window, the windows begin again at the new time. So do they when a device's values were all too late for as long as a window takes: then
/// its clock was ahead before.
struct TagWindows: Sendable {
  /// In nanoseconds.
  let length: Int64
  /// In nanoseconds.
  let lateness: Int64
  let keepsLate: Bool
  let outputs: [(function: ProcessingRule.Function, tag: TagID)]
  /// In their order; never more than fit into the lateness, and two.
  private(set) var open: [GatheredWindow] = []
  /// The latest time of a value.
  private var newest: Int64?
  /// Of the values of our own time the one with the latest time, and when it came, by the monotonic clock.
  private var newestOwn: (time: Int64, arrival: Int64)?
  /// The last window that is over, if there is one.
  private var over: Int64?
  /// Since when values are too late without one that is not, by the monotonic clock.
  private var lateSince: Int64?
  /// When a value came last, by the monotonic clock.
  private var arrival = Int64.min

  init(_ window: ProcessingRule.Window, outputs: [(function: ProcessingRule.Function, tag: TagID)])
  {
    length = max(1, window.length.clampedNanoseconds)
    lateness = window.lateness.clampedNanoseconds
    keepsLate = window.tooLate == .store
    self.outputs = outputs
  }

  /// Takes a value; false for one that is too late. Results of windows that are over by it are appended.
  mutating func add(
    _ record: SampleBatch.Record, _ value: Double?, closing results: inout [SampleBatch.Record]
  ) -> Bool {
    let time = record.time.nanoseconds
    var window = Self.index(time, length)
    arrival = record.monotonicTime
    if record.sourceTime != nil {
      if let over, window <= over {
        let since = lateSince ?? arrival
        lateSince = since
        guard arrival.subtractingClamped(since) >= max(length, lateness) else { return false }
        restart(into: &results)
      }
    } else if let newestOwn, record.monotonicTime < newestOwn.arrival {
      // Two buses feed one formula, and this one waited.
      let current = Self.index(newestOwn.time, length)
      if window <= over ?? .min || window > current {
        // What waited for less than a window is not lost to the results. The stamp does not tell: the clock may have been set meanwhile.
        guard newestOwn.arrival.subtractingClamped(record.monotonicTime) < length else {
          return false
        }
        window = max(current, over.map { $0 &+ 1 } ?? current)
      }
      lateSince = nil
      place(record, value, in: window)
      return true
    } else {
      if let newest, time < newest {
        let current = Self.index(newest, length)
        if window >= current.subtractingClamped(1) {
          window = current
        } else {
          restart(into: &results)
        }
      }
      if let over { window = max(window, over &+ 1) }
    }
    lateSince = nil
    place(record, value, in: window)
    newest = max(newest ?? time, time)
    if record.sourceTime == nil, time >= newestOwn?.time ?? .min {
      newestOwn = (time, record.monotonicTime)
    }
    let watermark = max(newest ?? time, time).subtractingClamped(lateness)
    close(before: Self.index(watermark, length), into: &results)
    return true
  }

  /// Notes when the value taken last was handed over, by the monotonic clock: it may have waited long for that, and what came
  /// behind it waits still.
  mutating func handedOver(at now: Int64) { arrival = max(arrival, now) }

  private mutating func place(_ record: SampleBatch.Record, _ value: Double?, in window: Int64) {
    // Mostly it is the last one.
    var index = open.count
    while index > 0, open[index - 1].index > window { index -= 1 }
    if index == 0 || open[index - 1].index != window {
      open.insert(GatheredWindow(window, record), at: index)
      index += 1
    }
    open[index - 1].add(record, value)
  }

  private mutating func close(before first: Int64, into results: inout [SampleBatch.Record]) {
    var count = 0
    while count < open.count, open[count].index < first { count += 1 }
    close(count, into: &results)
    over = max(over ?? .min, first.subtractingClamped(1))
  }

  private mutating func close(_ count: Int, into results: inout [SampleBatch.Record]) {
    guard count > 0 else { return }
    for window in open[..<count] {
      window.finish(outputs, length: length, into: &results)
      over = max(over ?? .min, window.index)
    }
    open.removeFirst(count)
  }

  /// Forgets the watermark: a clock was set back.
  private mutating func restart(into results: inout [SampleBatch.Record]) {
    closeAll(into: &results)
    (newest, newestOwn, over) = (nil, nil, nil)
  }

  /// Ends all windows, over or not.
  mutating func closeAll(into results: inout [SampleBatch.Record]) {
    close(open.count, into: &results)
  }

  /// When `closeIdle` has something to do unless values come, by the monotonic clock.
  var idleTime: Int64 {
    guard !open.isEmpty else { return .max }
    let (limit, isOverflow) = length.addingReportingOverflow(lateness)
    let (time, isFar) = arrival.addingReportingOverflow(limit)
    return isOverflow || isFar ? .max : time
  }

  /// Ends windows to which nothing came for so long that nothing will.
  mutating func closeIdle(at now: Int64, into results: inout [SampleBatch.Record]) {
    if now > idleTime { closeAll(into: &results) }
  }

  /// Whether it gathers the same for the same tags.
  func isAlike(_ other: Self) -> Bool {
    (length, lateness, keepsLate) == (other.length, other.lateness, other.keepsLate)
      && outputs.elementsEqual(other.outputs) { $0 == $1 }
  }

  private static func index(_ time: Int64, _ length: Int64) -> Int64 {
    time % length < 0 ? time / length - 1 : time / length
  }
}
