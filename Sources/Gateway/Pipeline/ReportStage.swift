internal import IndustrialModel

/// Leaves out samples that say nothing new (report by exception).
///
/// Always reported: the first sample of a tag, a change of quality, a truth that changes, texts and bytes, whatever is
/// not telemetry, and a sample after the longest silence.
struct ReportStage: Sendable {
  fileprivate struct Reported {
    var deadband: Double
    /// In nanoseconds.
    var silence: Int64
    var kind = SampleBatch.Kind.none
    var quality = Quality.good
    var value = 0.0
    var bits: UInt64 = 0
    /// By the monotonic clock; nil for never.
    var time: Int64?
  }

  private var tags = TagTable<Reported>()

  /// - Parameter names: The tags that there are.
  init(_ rules: [ProcessingRule], names: [String], tags: TagRegistry) {
    add(names, rules, tags)
  }

  /// Takes care of these tags too, if there are rules for them.
  mutating func add(_ names: [String], _ rules: [ProcessingRule], _ tags: TagRegistry) {
    for name in names {
      guard let rule = rules.rule(for: name), let deadband = rule.absoluteDeadband else { continue }
      self.tags.insert(
        Reported(deadband: deadband, silence: rule.silence?.wholeNanoseconds ?? .max),
        for: tags.intern(name))
    }
  }

  /// Remembers what was reported last, for tags with the same rule.
  mutating func inherit(from old: ReportStage) {
    tags.inherit(from: old.tags) { ($0.deadband, $0.silence) == ($1.deadband, $1.silence) }
  }

  /// Removes what is not reported, and gives the number of removed samples.
  mutating func apply(to samples: inout SampleBatch) -> Int {
    guard !tags.isEmpty else { return 0 }
    var kept = 0
    for index in samples.records.indices {
      let record = samples.records[index]
      if let place = tags.place(of: record.tag),
        !tags[place].isNews(record, value: samples.doubleValue(of: record))
      {
        continue
      }
      if kept < index { samples.records[kept] = record }
      kept += 1
    }
    let removed = samples.count - kept
    samples.records.removeLast(removed)
    return removed
  }
}

extension ReportStage.Reported {
  fileprivate mutating func isNews(_ record: SampleBatch.Record, value: Double?) -> Bool {
    guard isNews(record, value) else { return false }
    (kind, quality, bits) = (record.kind, record.quality, record.bits)
    self.value = value ?? 0
    time = record.monotonicTime
    return true
  }

  private func isNews(_ record: SampleBatch.Record, _ value: Double?) -> Bool {
    guard let time, record.quality == quality, record.kind == kind,
      record.sampleClass == .telemetry
    else { return true }
    let (elapsed, isOverflow) = record.monotonicTime.subtractingReportingOverflow(time)
    if isOverflow || elapsed < 0 || elapsed >= silence { return true }
    switch record.kind {
    case .none: return false
    case .bool: return record.bits != bits
    case .string, .bytes: return true
    case .int64, .uint64, .double:
      guard let value, value.isFinite, self.value.isFinite else { return record.bits != bits }
      // Large whole numbers are not exact as binary64: with no deadband their bits are compared.
      return deadband == 0 ? record.bits != bits : (value - self.value).magnitude > deadband
    }
  }
}
