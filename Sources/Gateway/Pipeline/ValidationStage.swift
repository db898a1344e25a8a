internal import IndustrialModel

/// Marks values that can't be right: outside the range of their tag, or changed too fast. The value stays, and so does
/// the sample.
struct ValidationStage: Sendable {
  fileprivate struct Check {
    var minimum: Double
    var maximum: Double
    /// A second.
    var rate: Double
    /// The value before, and when it was, in nanoseconds; NaN for none.
    var value = Double.nan
    var time: Int64 = 0
  }

  private var checks = TagTable<Check>()

  init() {}

  /// - Parameter names: The tags that there are.
  init(_ rules: [ProcessingRule], names: [String], tags: TagRegistry) {
    add(names, rules, tags)
  }

  /// Takes care of these tags too, if there are rules for them.
  mutating func add(_ names: [String], _ rules: [ProcessingRule], _ tags: TagRegistry) {
    for name in names {
      guard let rule = rules.rule(for: name),
        rule.minimum != nil || rule.maximum != nil || rule.rate != nil
      else { continue }
      checks.insert(
        Check(
          minimum: rule.minimum ?? -.infinity, maximum: rule.maximum ?? .infinity,
          rate: rule.rate ?? .infinity),
        for: tags.intern(name))
    }
  }

  /// Whether there is nothing to check.
  var isEmpty: Bool { checks.isEmpty }

  /// Goes on with the values before, for tags with the same rule.
  mutating func inherit(from old: ValidationStage) {
    checks.inherit(from: old.checks) {
      ($0.minimum, $0.maximum, $0.rate) == ($1.minimum, $1.maximum, $1.rate)
    }
  }

  /// Marks the samples of a batch from an index on.
  mutating func mark(_ samples: inout SampleBatch, from start: Int) {
    for index in start..<samples.count {
      guard let place = checks.place(of: samples.records[index].tag) else { continue }
      let record = samples.records[index]
      guard !record.quality.isBad, let value = samples.doubleValue(of: record), value.isFinite
      else { continue }
      let doubt = checks[place].doubt(about: value, at: record)
      if let doubt, record.quality.isGood { samples.records[index].quality = doubt }
    }
  }
}

extension ValidationStage.Check {
  fileprivate mutating func doubt(
    about value: Double, at record: SampleBatch.Record
  ) -> Quality? {
    // The device's clock if it has one; else the one that is never set.
    let time = record.sourceTime?.nanoseconds ?? record.monotonicTime
    let (elapsed, isOverflow) = time.subtractingReportingOverflow(self.time)
    let change = (value - self.value).magnitude
    defer { (self.value, self.time) = (value, time) }
    if value < minimum || value > maximum { return .uncertainEngineeringUnitsExceeded }
    // Not a number when there is no value before.
    if elapsed > 0, !isOverflow, change > rate * Double(elapsed) / 1e9 {
      return .uncertainSensorNotAccurate
    }
    return nil
  }
}
