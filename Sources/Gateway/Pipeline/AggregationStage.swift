internal import IndustrialModel

/// Keeps a few numbers of all values of a window, each as a tag of its own: `pump-01/pressure.mean`.
struct AggregationStage: Sendable {
  private var tags = TagTable<TagWindows>()
  /// So many values came too late for their windows, and are in no result.
  private(set) var tooLate: UInt64 = 0

  /// - Parameter names: The tags that there are.
  init(_ rules: [ProcessingRule], names: [String], tags: TagRegistry) {
    add(names, rules, tags)
  }

  /// Takes care of these tags too, if there are rules for them.
  mutating func add(_ names: [String], _ rules: [ProcessingRule], _ tags: TagRegistry) {
    for name in names {
      guard let window = rules.rule(for: name)?.window else { continue }
      let outputs = window.functions.map {
        (function: $0, tag: tags.intern("\(name).\($0.rawValue)"))
      }
      self.tags.insert(TagWindows(window, outputs: outputs), for: tags.intern(name))
    }
  }

  /// Takes the values of its tags out of the batch and puts the results of windows that are over in; gives the number of
  /// samples that were taken out.
  ///
  /// - Parameter now: By the monotonic clock, for windows to which nothing comes any more; at least the time of the samples.
  mutating func apply(to samples: inout SampleBatch, now: Int64 = .min) -> Int {
    guard !tags.isEmpty else { return 0 }
    var results: [SampleBatch.Record] = []
    var kept = 0
    var now = now
    for index in samples.records.indices {
      let record = samples.records[index]
      now = max(now, record.monotonicTime)
      if let place = tags.place(of: record.tag) {
        if tags[place].add(record, samples.doubleValue(of: record), closing: &results) { continue }
        tooLate += 1
        if !tags[place].keepsLate { continue }
      }
      if kept < index { samples.records[kept] = record }
      kept += 1
    }
    let taken = samples.count - kept
    samples.records.removeLast(taken)
    for place in tags.entries.indices { tags[place].closeIdle(at: now, into: &results) }
    samples.records += results
    return taken
  }

  /// Goes on with the windows that are open, for tags with the same rule; they are then no longer the other's.
  mutating func inherit(from old: inout AggregationStage) {
    tooLate = old.tooLate
    tags.inherit(from: old.tags) { $0.isAlike($1) }
    let mine = tags
    old.tags.forget(where: { entry in mine.entries.contains { $0.isAlike(entry) } })
  }

  /// The results of all windows that are open, whole or not.
  mutating func finish(into samples: inout SampleBatch) {
    for place in tags.entries.indices { tags[place].closeAll(into: &samples.records) }
  }
}
