internal import IndustrialModel

/// Keeps a few numbers of all values of a window, each as a tag of its own: `pump-01/pressure.mean`.
struct AggregationStage: Sendable {
  private var tags = TagTable<TagWindows>()
  /// So many values came too late for their windows, and are in no result.
  private(set) var tooLate: UInt64 = 0
  /// Before this time no window is idle, by the monotonic clock: with many tags it would take long to look at each time.
  private var idleTime = Int64.min

  /// - Parameter names: The tags that there are.
  init(_ rules: [ProcessingRule], names: [String], tags: TagRegistry) {
    add(names, ProcessingRules(rules), tags)
  }

  /// Takes care of these tags too, if there are rules for them.
  mutating func add(_ names: [String], _ rules: ProcessingRules, _ tags: TagRegistry) {
    for name in names {
      guard let window = rules.rule(for: name)?.window else { continue }
      let outputs = window.functions.map {
        (function: $0, tag: tags.intern("\(name).\($0.rawValue)"))
      }
      self.tags.insert(
        TagWindows(window, outputs: outputs), for: tags.intern(name), named: name)
    }
    self.tags.sort()
    idleTime = .min
  }

  /// The windows of a tag as they are now; nil for none.
  func windows(of tag: TagID) -> TagWindows? { tags.place(of: tag).map { tags[$0] } }

  /// Takes the values of its tags out of the batch, from an index on, and puts the results of windows that are over in; gives the number of
  /// samples that were taken out. The results are acquired here.
  ///
  /// - Parameter now: By the monotonic clock, for windows to which nothing comes any more; at least the time of the samples.
  mutating func apply(
    to samples: inout SampleBatch, from first: Int = 0, now: Int64 = .min,
    counting fates: inout SampleFates
  ) -> Int {
    guard !tags.isEmpty else { return 0 }
    var results: [SampleBatch.Record] = []
    var kept = first
    var now = now
    for index in first..<samples.records.count {
      let record = samples.records[index]
      now = max(now, record.monotonicTime)
      if let place = tags.place(of: record.tag) {
        let isTaken = tags[place].add(
          record, samples.doubleValue(of: record), closing: &results)
        tags[place].handedOver(at: now)
        if isTaken {
          fates.count(.folded, record.tag.rawValue)
          idleTime = min(idleTime, tags[place].idleTime)
          continue
        }
        tooLate += 1
        if !tags[place].keepsLate {
          fates.count(.folded, record.tag.rawValue)
          continue
        }
      }
      if kept < index { samples.records[kept] = record }
      kept += 1
    }
    let taken = samples.count - kept
    samples.records.removeLast(taken)
    closeIdle(at: now, into: &results)
    for result in results { fates.count(.acquired, result.tag.rawValue) }
    samples.records += results
    return taken
  }

  private mutating func closeIdle(at now: Int64, into results: inout [SampleBatch.Record]) {
    guard now > idleTime else { return }
    idleTime = .max
    for place in tags.order {
      tags[place].closeIdle(at: now, into: &results)
      idleTime = min(idleTime, tags[place].idleTime)
    }
  }

  /// Goes on with the windows that are open, for tags with the same rule; they are then no longer the other's.
  mutating func inherit(from old: inout AggregationStage) {
    tooLate = old.tooLate
    var inherited: Set<Int> = []
    for (place, oldPlace) in tags.sharedPlaces(with: old.tags)
    where tags[place].isAlike(old.tags[oldPlace]) {
      tags[place] = old.tags[oldPlace]
      inherited.insert(oldPlace)
    }
    old.tags.forget(inherited)
    idleTime = .min
  }

  /// The results of all windows that are open, whole or not.
  mutating func finish(into samples: inout SampleBatch, counting fates: inout SampleFates) {
    let first = samples.count
    for place in tags.order { tags[place].closeAll(into: &samples.records) }
    for result in samples.records[first...] { fates.count(.acquired, result.tag.rawValue) }
  }
}
