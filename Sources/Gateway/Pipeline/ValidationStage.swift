internal import Formula
internal import IndustrialModel

/// Marks values that can't be right: outside the range of their tag, changed too fast, told a second time, or the first after
/// a gap. The value stays, and so does the sample. Says also of which class the samples of a tag are.
struct ValidationStage: Sendable {
  private var checks = TagTable<TagCheck>()

  init() {}

  /// - Parameter names: The tags that there are.
  init(_ rules: [ProcessingRule], names: [String], tags: TagRegistry) {
    add(names, ProcessingRules(rules), tags)
  }

  /// Takes care of these tags too, if there are rules for them.
  mutating func add(_ names: [String], _ rules: ProcessingRules, _ tags: TagRegistry) {
    for name in names {
      guard let check = rules.rule(for: name).flatMap({ TagCheck($0) }) else { continue }
      checks.insert(check, for: tags.intern(name), named: name)
    }
  }

  /// Whether there is nothing to check.
  var isEmpty: Bool { checks.isEmpty }

  /// Goes on with the values before, for tags with the same rule.
  mutating func inherit(from old: ValidationStage) {
    checks.inherit(from: old.checks) { $0.isAlike($1) }
  }

  /// What is expected of the values of a tag, with what is known of those before; nil for nothing.
  func check(of tag: TagID) -> TagCheck? { checks.place(of: tag).map { checks[$0] } }

  /// Marks the samples of a batch from an index on.
  mutating func mark(_ samples: inout SampleBatch, from start: Int) {
    for index in start..<samples.count {
      let record = samples.records[index]
      guard let place = checks.place(of: record.tag) else { continue }
      if let sampleClass = checks[place].sampleClass {
        samples.records[index].sampleClass = sampleClass
      }
      guard !record.quality.isBad, record.kind != .none else { continue }
      let doubt = checks[place].doubt(about: record, of: samples)
      if let doubt, record.quality.isGood { samples.records[index].quality = doubt }
    }
  }
}

/// What is expected of the values of one tag, and what it needs to know of those before.
struct TagCheck: Sendable {
  let sampleClass: SampleClass?
  let minimum: Double
  let maximum: Double
  /// A second.
  let rate: Double
  /// In nanoseconds.
  let gap: Int64
  let marksDuplicates: Bool
  /// The number before, and when it was, in nanoseconds; NaN for none.
  private(set) var number = Double.nan
  private(set) var numberTime: Int64 = 0
  /// When the newest value was, whatever it was; nil for none.
  private(set) var time: Int64?
  /// That this is by our own clock.
  private var isOwn = false
  /// Its time by the device, its kind and its bits, or a hash of them.
  private var sourceTime: Timestamp?
  private var kind = SampleBatch.Kind.none
  private var bits: UInt64 = 0

  /// Nil when the rule expects nothing.
  init?(_ rule: ProcessingRule) {
    guard
      rule.minimum != nil || rule.maximum != nil || rule.rate != nil || rule.gap != nil
        || rule.marksDuplicates || rule.sampleClass != nil
    else { return nil }
    sampleClass = rule.sampleClass
    minimum = rule.minimum ?? -.infinity
    maximum = rule.maximum ?? .infinity
    rate = rule.rate ?? .infinity
    gap = rule.gap?.clampedNanoseconds ?? .max
    marksDuplicates = rule.marksDuplicates
  }

  func isAlike(_ other: Self) -> Bool {
    (minimum, maximum, rate, gap, marksDuplicates)
      == (other.minimum, other.maximum, other.rate, other.gap, other.marksDuplicates)
      && sampleClass == other.sampleClass
  }

  mutating func doubt(about record: SampleBatch.Record, of samples: SampleBatch) -> Quality? {
    let value = samples.doubleValue(of: record)
    // What is not finite is no value that anything can be said of.
    if let value, !value.isFinite { return nil }
    // The device's clock if it has one; else the one that is never set.
    let time = record.sourceTime?.nanoseconds ?? record.monotonicTime
    let isRepeated = marksDuplicates && isRepeated(record, of: samples)
    let isLate = self.time.map { time.subtractingClamped($0) > gap } ?? false
    // What came before the newest one, and was handed over behind it, is not what the next one is measured by.
    let isBehind = record.sourceTime == nil && isOwn && self.time.map { time < $0 } ?? false
    if !isBehind { (self.time, isOwn) = (time, record.sourceTime == nil) }
    let doubt = value.flatMap { self.doubt(about: $0, at: time, isBehind: isBehind) }
    if let doubt { return doubt }
    // The device told its last value once more.
    if isRepeated { return .uncertainLastUsableValue }
    return isLate ? .uncertain : nil
  }

  private mutating func doubt(about value: Double, at time: Int64, isBehind: Bool) -> Quality? {
    let (elapsed, isOverflow) = time.subtractingReportingOverflow(numberTime)
    let change = (value - number).magnitude
    defer { if !isBehind { (number, numberTime) = (value, time) } }
    if value < minimum || value > maximum { return .uncertainEngineeringUnitsExceeded }
    // Not a number when there is no value before.
    if elapsed > 0, !isOverflow, change > rate * Double(elapsed) / 1e9 {
      return .uncertainSensorNotAccurate
    }
    return nil
  }

  /// Without a time of the device's a steady value is no repetition.
  private mutating func isRepeated(
    _ record: SampleBatch.Record, of samples: SampleBatch
  ) -> Bool {
    let bits =
      switch record.kind {
      case .string, .bytes: StateBytes.hash(Array(samples.bytes(of: record)))
      default: record.bits
      }
    defer { (sourceTime, kind, self.bits) = (record.sourceTime, record.kind, bits) }
    guard let sourceTime = record.sourceTime else { return false }
    return (sourceTime, record.kind, bits) == (self.sourceTime, kind, self.bits)
  }
}
