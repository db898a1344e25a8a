internal import IndustrialModel

/// Keeps a few numbers of all values of a window, each as a tag of its own: `pump-01/pressure.mean`.
///
/// A window is over when a value of a later one comes, or when nothing came for its length. A value that is late by less than
/// a window counts in the one that is open; one that is older (a clock was set back) begins a new window.
struct AggregationStage: Sendable {
  fileprivate struct Gathering {
    /// In nanoseconds.
    let length: Int64
    let outputs: [(function: ProcessingRule.Function, tag: TagID)]
    /// Which window is open, counted from 1970; nil for none.
    var window: Int64?
    var count = 0
    var unusable = 0
    var minimum = 0.0
    var maximum = 0.0
    var last = 0.0
    var sum = 0.0
    /// What the sum lost to rounding (Neumaier).
    var compensation = 0.0
    /// The sample at hand last, for its times.
    var latest: SampleBatch.Record?
  }

  private var tags = TagTable<Gathering>()

  /// - Parameter names: The tags that there are.
  init(_ rules: [ProcessingRule], names: [String], tags: TagRegistry) {
    add(names, rules, tags)
  }

  /// Takes care of these tags too, if there are rules for them.
  mutating func add(_ names: [String], _ rules: [ProcessingRule], _ tags: TagRegistry) {
    for name in names {
      guard let window = rules.rule(for: name)?.window else { continue }
      self.tags.insert(
        Gathering(
          length: max(1, window.length.wholeNanoseconds),
          outputs: window.functions.map { ($0, tags.intern("\(name).\($0.rawValue)")) }),
        for: tags.intern(name))
    }
  }

  /// Takes the values of its tags out of the batch and puts the results of windows that are over in; gives the number of
  /// samples that were taken out.
  mutating func apply(to samples: inout SampleBatch) -> Int {
    guard !tags.isEmpty else { return 0 }
    var results: [SampleBatch.Record] = []
    var kept = 0
    var now = Int64.min
    for index in samples.records.indices {
      let record = samples.records[index]
      now = max(now, record.monotonicTime)
      guard let place = tags.place(of: record.tag) else {
        if kept < index { samples.records[kept] = record }
        kept += 1
        continue
      }
      tags[place].add(record, samples.doubleValue(of: record), closing: &results)
    }
    let taken = samples.count - kept
    samples.records.removeLast(taken)
    for place in tags.entries.indices where tags[place].isIdle(at: now) {
      tags[place].close(into: &results)
    }
    samples.records += results
    return taken
  }

  /// Goes on with the windows that are open, for tags with the same rule; they are then no longer the other's.
  mutating func inherit(from old: inout AggregationStage) {
    tags.inherit(from: old.tags) { $0.isAlike($1) }
    let mine = tags
    old.tags.forget(where: { entry in mine.entries.contains { $0.isAlike(entry) } })
  }

  /// The results of all windows that are open, whole or not.
  mutating func finish(into samples: inout SampleBatch) {
    for place in tags.entries.indices { tags[place].close(into: &samples.records) }
  }
}

extension AggregationStage.Gathering {
  fileprivate mutating func add(
    _ record: SampleBatch.Record, _ value: Double?, closing results: inout [SampleBatch.Record]
  ) {
    let time = record.time.nanoseconds
    let window = (time >= 0 ? time : time &- length &+ 1) / length
    if let open = self.window, window > open || window < open - 1 { close(into: &results) }
    if self.window == nil { self.window = window }
    latest = record
    guard !record.quality.isBad, let value, value.isFinite else {
      unusable += 1
      return
    }
    minimum = count == 0 ? value : min(minimum, value)
    maximum = count == 0 ? value : max(maximum, value)
    last = value
    let total = sum + value
    compensation +=
      sum.magnitude >= value.magnitude ? (sum - total) + value : (value - total) + sum
    sum = total
    count += 1
  }

  /// Whether it gathers the same for the same tags.
  fileprivate func isAlike(_ other: Self) -> Bool {
    length == other.length && outputs.elementsEqual(other.outputs) { $0 == $1 }
  }

  fileprivate func isIdle(at now: Int64) -> Bool {
    guard window != nil, let latest else { return false }
    let (silence, isOverflow) = now.subtractingReportingOverflow(latest.monotonicTime)
    return !isOverflow && silence > length
  }

  fileprivate mutating func close(into results: inout [SampleBatch.Record]) {
    guard let window, var record = latest else { return }
    record.sourceTime = Timestamp(nanoseconds: window &* length)
    for (function, tag) in outputs {
      record.tag = tag
      record.quality = count == 0 ? .badNoData : unusable > 0 ? .uncertainSubNormal : .good
      switch function {
      case .count:
        (record.kind, record.bits, record.quality) = (.int64, UInt64(count), .good)
      case _ where count == 0: (record.kind, record.bits) = (.none, 0)
      default: (record.kind, record.bits) = (.double, value(function).bitPattern)
      }
      results.append(record)
    }
    self.window = nil
    (count, unusable, sum, compensation) = (0, 0, 0, 0)
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

extension Duration {
  /// In nanoseconds, rounded down, and no more than fits.
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isOverflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return isOverflow ? .max : whole &+ attoseconds / 1_000_000_000
  }
}
