internal import IndustrialModel

/// The values of one window of one tag, as far as its results need them.
struct GatheredWindow: Sendable {
  /// Which window, counted from 1970.
  let index: Int64
  private var count = 0
  private var unusable = 0
  /// Whether a value that counts is not to be relied on.
  private var isDoubtful = false
  private var minimum = 0.0
  private var maximum = 0.0
  /// The value with the latest time, of those without a time of the device's the one that came last.
  private var last = 0.0
  private var lastTime = Int64.min
  /// When the last one without a time of the device's came, by the monotonic clock.
  private var lastArrival = Int64.min
  private var sum = 0.0
  /// What the sum lost to rounding (Neumaier).
  private var compensation = 0.0
  /// The sample that came last, for its times.
  private var latest: SampleBatch.Record

  /// So many samples are in it, usable or not.
  var size: Int { count + unusable }

  init(_ index: Int64, _ record: SampleBatch.Record) {
    self.index = index
    latest = record
  }

  mutating func add(_ record: SampleBatch.Record, _ value: Double?) {
    latest = record
    guard !record.quality.isBad, let value, value.isFinite else {
      unusable += 1
      return
    }
    if !record.quality.isGood { isDoubtful = true }
    minimum = count == 0 ? value : min(minimum, value)
    maximum = count == 0 ? value : max(maximum, value)
    // Our own clock may have been set back meanwhile; the monotonic one tells what was handed over late.
    if let time = record.sourceTime?.nanoseconds {
      if time >= lastTime { (last, lastTime) = (value, time) }
    } else if record.monotonicTime >= lastArrival {
      (last, lastArrival) = (value, record.monotonicTime)
    }
    let total = sum + value
    compensation +=
      sum.magnitude >= value.magnitude ? (sum - total) + value : (value - total) + sum
    sum = total
    count += 1
  }

  /// A sample for each output, at the start of the window.
  func finish(
    _ outputs: [(function: ProcessingRule.Function, tag: TagID)], length: Int64,
    into results: inout [SampleBatch.Record]
  ) {
    var record = latest
    record.sourceTime = Timestamp(nanoseconds: index &* length)
    for (function, tag) in outputs {
      record.tag = tag
      let isWhole = unusable == 0 && !isDoubtful
      record.quality = count == 0 ? .badNoData : isWhole ? .good : .uncertainSubNormal
      switch function {
      case .count:
        (record.kind, record.bits, record.quality) = (.int64, UInt64(count), .good)
      case _ where count == 0: (record.kind, record.bits) = (.none, 0)
      default: (record.kind, record.bits) = (.double, value(function).bitPattern)
      }
      results.append(record)
    }
  }

  private func value(_ function: ProcessingRule.Function) -> Double {
    switch function {
    case .min: minimum
    case .max: maximum
    case .last: last
    // Rounding must not put the mean outside of the values; an overflow of the sum can't be told otherwise.
    case .mean: min(max((sum + compensation) / Double(max(count, 1)), minimum), maximum)
    case .count: Double(count)
    }
  }
}
