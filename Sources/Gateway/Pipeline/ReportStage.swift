internal import Formula
internal import IndustrialModel

/// Leaves out samples that say nothing new (report by exception).
///
/// Always reported: the first sample of a tag, a change of quality, a truth that changes, texts and bytes, whatever is
/// not telemetry, and a sample after the longest silence.
struct ReportStage: Sendable {
  /// What was reported last of a tag, and what a change is.
  struct Reported {
    let deadband: Double
    /// In nanoseconds.
    let silence: Int64
    /// What was reported last in the order of the times, and what before that; nil for none.
    private var last: Report?
    private var before: Report?
    /// One that was handed over late was reported behind it: then it is not what holds behind it any more.
    private var isLastCrossed = false
    private var isBeforeCrossed = false
    /// When the newest sample was taken, by the monotonic clock.
    private var newest = Int64.min

    init(deadband: Double, silence: Int64) {
      (self.deadband, self.silence) = (deadband, silence)
    }
  }

  /// What was reported last of a tag with a deadband; nil for a tag without.
  func reported(of tag: TagID) -> Reported? { tags.place(of: tag).map { tags[$0] } }

  /// The door of a tag as it is now; nil for a tag without.
  func door(of tag: TagID) -> SwingingDoor? { doors.place(of: tag).map { doors[$0] } }

  private var tags = TagTable<Reported>()
  private var doors = TagTable<SwingingDoor>()
  /// Before this time no door has to be opened, by the monotonic clock: with many tags it would take long to look at each time.
  private var releaseTime = Int64.min
  /// What is reported of a batch, where doors may add to it.
  private var reported: [SampleBatch.Record] = []

  /// - Parameter names: The tags that there are.
  init(_ rules: [ProcessingRule], names: [String], tags: TagRegistry) {
    add(names, ProcessingRules(rules), tags)
  }

  /// Takes care of these tags too, if there are rules for them.
  mutating func add(_ names: [String], _ rules: ProcessingRules, _ tags: TagRegistry) {
    for name in names {
      guard let rule = rules.rule(for: name) else { continue }
      let silence = rule.silence?.clampedNanoseconds ?? .max
      if let deviation = rule.absolute(rule.deviation) {
        doors.insert(
          SwingingDoor(deviation: deviation, silence: silence), for: tags.intern(name),
          named: name)
      } else if let deadband = rule.absolute(rule.deadband) {
        self.tags.insert(
          Reported(deadband: deadband, silence: silence), for: tags.intern(name), named: name)
      }
    }
    doors.sort()
    releaseTime = .min
  }

  /// Remembers what was reported last, for tags with the same rule; what is held back of them is then no longer the other's.
  mutating func inherit(from old: inout ReportStage) {
    tags.inherit(from: old.tags) { ($0.deadband, $0.silence) == ($1.deadband, $1.silence) }
    for (place, oldPlace) in doors.sharedPlaces(with: old.doors)
    where (doors[place].deviation, doors[place].silence)
      == (old.doors[oldPlace].deviation, old.doors[oldPlace].silence)
    {
      doors[place] = old.doors[oldPlace]
      old.doors[oldPlace] = SwingingDoor(deviation: 0, silence: .max)
    }
    releaseTime = .min
  }

  /// Removes what is not reported, from an index on, and gives the number of removed samples. What is held back counts when it is reported or
  /// removed.
  ///
  /// - Parameter now: By the monotonic clock, for tags of which nothing comes any more; at least the time of the samples.
  mutating func apply(
    to samples: inout SampleBatch, from first: Int = 0, now: Int64 = .min,
    counting fates: inout SampleFates
  ) -> Int {
    guard doors.isEmpty else { return applyWithDoors(to: &samples, from: first, now: now, &fates) }
    guard !tags.isEmpty else { return 0 }
    var kept = first
    for index in first..<samples.records.count {
      let record = samples.records[index]
      guard isNews(record, of: samples) else {
        fates.count(.suppressed, record.tag.rawValue)
        continue
      }
      if kept < index { samples.records[kept] = record }
      kept += 1
    }
    let removed = samples.count - kept
    samples.records.removeLast(removed)
    return removed
  }

  private mutating func isNews(_ record: SampleBatch.Record, of samples: SampleBatch) -> Bool {
    guard let place = tags.place(of: record.tag) else { return true }
    return tags[place].isNews(record, value: samples.doubleValue(of: record))
  }

  private mutating func applyWithDoors(
    to samples: inout SampleBatch, from start: Int, now: Int64, _ fates: inout SampleFates
  ) -> Int {
    reported.removeAll(keepingCapacity: true)
    var removed = 0
    var now = now
    for record in samples.records[start...] {
      now = max(now, record.monotonicTime)
      if let place = doors.place(of: record.tag) {
        let wasHeld = doors[place].isHolding
        let left = doors[place].take(record, samples.doubleValue(of: record), into: &reported)
        removed += left
        fates.count(.suppressed, record.tag.rawValue, UInt64(left))
        fates.countHeld(record.tag.rawValue, wasHeld, doors[place].isHolding)
        releaseTime = min(releaseTime, doors[place].releaseTime)
      } else if isNews(record, of: samples) {
        reported.append(record)
      } else {
        removed += 1
        fates.count(.suppressed, record.tag.rawValue)
      }
    }
    let first = reported.count
    releaseOld(at: now)
    for record in reported[first...] { fates.count(.released, record.tag.rawValue) }
    if start == 0 {
      swap(&samples.records, &reported)
    } else {
      samples.records.replaceSubrange(start..., with: reported)
    }
    return removed
  }

  private mutating func releaseOld(at now: Int64) {
    guard now >= releaseTime else { return }
    releaseTime = .max
    for place in doors.order {
      doors[place].releaseOld(at: now, into: &reported)
      releaseTime = min(releaseTime, doors[place].releaseTime)
    }
  }

  /// What is held back.
  mutating func finish(into samples: inout SampleBatch, counting fates: inout SampleFates) {
    let first = samples.count
    for place in doors.order { doors[place].release(into: &samples.records) }
    for record in samples.records[first...] { fates.count(.released, record.tag.rawValue) }
  }
}

extension ReportStage.Reported {
  private struct Report {
    var record: SampleBatch.Record
    var value: Double
  }

  /// Whether a sample is reported; then it is what was reported last.
  ///
  /// One that is handed over behind newer ones is not what those that follow are compared with.
  mutating func isNews(_ record: SampleBatch.Record, value: Double?) -> Bool {
    let time = record.monotonicTime
    let isLate = time < newest
    newest = max(newest, time)
    if let report = report(before: time),
      isLate || time.subtractingClamped(report.record.monotonicTime) < silence,
      !isNews(record, value, behind: report)
    {
      return false
    }
    if !isLate {
      (before, isBeforeCrossed) = (last, isLastCrossed)
      (last, isLastCrossed) = (Report(record: record, value: value ?? 0), false)
    } else if let last, time >= last.record.monotonicTime {
      isLastCrossed = true
    } else if let before, time >= before.record.monotonicTime {
      isBeforeCrossed = true
    }
    return true
  }

  /// What a sample is compared with; nil for none.
  func base(of record: SampleBatch.Record) -> SampleBatch.Record? {
    report(before: record.monotonicTime)?.record
  }

  /// What was reported last before a time, as far back as is known.
  private func report(before time: Int64) -> Report? {
    if let last, time >= last.record.monotonicTime { return isLastCrossed ? nil : last }
    if let before, time >= before.record.monotonicTime { return isBeforeCrossed ? nil : before }
    return nil
  }

  private func isNews(
    _ record: SampleBatch.Record, _ value: Double?, behind report: Report
  ) -> Bool {
    let last = report.record
    guard record.quality == last.quality, record.kind == last.kind,
      record.sampleClass == .telemetry
    else { return true }
    switch record.kind {
    case .none: return false
    case .bool: return record.bits != last.bits
    case .string, .bytes: return true
    case .int64, .uint64, .double:
      guard let value, value.isFinite, report.value.isFinite else {
        return record.bits != last.bits
      }
      // Large whole numbers are not exact as binary64: with no deadband their bits are compared.
      return deadband == 0 ? record.bits != last.bits : (value - report.value).magnitude > deadband
    }
  }
}
