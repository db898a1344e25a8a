internal import IndustrialModel

/// Finds the samples that went into the window of which a result is asked about.
struct WindowGatherer {
  private(set) var window: Explanation.Window
  private let node: JournalSearch.Node
  private let gathered: TagID
  private let function: ProcessingRule.Function
  private var length: Int64 = 0
  private var isOver = false
  private var smallest = Double.infinity
  private var largest = -Double.infinity

  private static let limit = 10_000

  /// Nil when the tag can be no result of a window.
  init?(_ node: JournalSearch.Node, name: String, tags: TagRegistry) {
    guard let source = ProcessingRule.windowTag(of: name), let start = node.record.sourceTime
    else { return nil }
    self.node = node
    gathered = tags.intern(source.tag)
    function = source.function
    window = .init(
      tag: source.tag, function: source.function.rawValue, start: start, length: .zero, count: 0,
      unusable: 0, readings: [], isCutShort: false)
  }

  mutating func configured(_ rules: ProcessingRules, isNewRun: Bool) {
    guard !isOver else { return }
    let rule = rules.rule(for: window.tag)?.window
    if let rule {
      length = max(1, rule.length.clampedNanoseconds)
      window.length = rule.length
    }
    if isNewRun { clear() }
  }

  mutating func missed() { if !isOver { window.isCutShort = true } }

  private mutating func clear() {
    (window.count, window.unusable, window.readings) = (0, 0, [])
    (window.first, window.last, window.minimum, window.maximum) = (nil, nil, nil, nil)
    (smallest, largest) = (.infinity, -.infinity)
  }

  mutating func willReduce(
    _ stages: borrowing Stages, _ samples: SampleBatch, from first: Int, entry: UInt64
  ) {
    guard !isOver else { return }
    guard entry <= node.entry else {
      isOver = true
      return
    }
    guard var windows = stages.windows(of: gathered) else { return }
    for place in first..<samples.count where samples.records[place].tag == gathered {
      let record = samples.records[place]
      if record.time < window.start { window.isCutShort = false }
      if !windows.open.contains(where: isMeant) { clear() }
      var results: [SampleBatch.Record] = []
      let index = windows.place(of: record, samples.doubleValue(of: record), closing: &results)
      if results.contains(where: { $0.sourceTime == window.start }) {
        if entry == node.entry {
          isOver = true
          return
        }
        clear()
      }
      if let index, index &* windows.length == window.start.nanoseconds {
        add(samples[place])
      }
    }
  }

  private func isMeant(_ open: GatheredWindow) -> Bool {
    open.index &* length == window.start.nanoseconds
  }

  private mutating func add(_ sample: Sample) {
    let reading = Explanation.Reading(sample)
    window.count += 1
    window.first = window.first ?? reading
    window.last = reading
    if window.readings.count < Self.limit { window.readings.append(reading) }
    guard !sample.quality.isBad, let number = sample.value.doubleValue, number.isFinite else {
      window.unusable += 1
      return
    }
    if number < smallest { (smallest, window.minimum) = (number, reading) }
    if number > largest { (largest, window.maximum) = (number, reading) }
  }
}
