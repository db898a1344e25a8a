internal import Formula
internal import IndustrialModel

/// Follows one sample through the rules that decide what is stored: with copies of what they know, which do what they do.
struct SampleFollower {
  private(set) var fate: Explanation.Fate?
  /// Whether nothing more will become of it.
  private(set) var isSettled = false

  private let node: JournalSearch.Node
  private let name: String
  private var rule: ProcessingRule?
  /// What was stored last of the tag.
  private var lastStored: Sample?

  init(_ node: JournalSearch.Node, name: String) {
    (self.node, self.name) = (node, name)
  }

  mutating func configured(_ rules: ProcessingRules, isNewRun: Bool) {
    rule = rules.rule(for: name)
    guard isNewRun else { return }
    lastStored = nil
    // What was held, or was in a window, when the run before ended without notice is gone.
    guard fate != nil, !isSettled else { return }
    fate?.kind = .lost
    isSettled = true
  }

  mutating func willReduce(
    _ stages: borrowing Stages, _ samples: SampleBatch, from first: Int, entry: UInt64
  ) {
    guard !node.isResult, !isSettled, entry >= node.entry else { return }
    if entry == node.entry {
      if let windows = stages.windows(of: node.tag) {
        follow(into: windows, samples, first)
        return
      }
      if let reported = stages.reported(of: node.tag) {
        follow(past: reported, samples, first)
        return
      }
    }
    if let door = stages.door(of: node.tag), fate == nil || fate?.kind == .held {
      follow(through: door, samples, first, isEntry: entry == node.entry)
    }
  }

  private mutating func follow(
    into windows: TagWindows, _ samples: SampleBatch, _ first: Int
  ) {
    var windows = windows
    var index = 0
    for record in samples.records[first...] where record.tag == node.tag {
      var results: [SampleBatch.Record] = []
      let place = windows.place(of: record, samples.doubleValue(of: record), closing: &results)
      defer { index += 1 }
      guard index == node.index else { continue }
      let words = rule.flatMap { RuleWords($0).window }
      if let place {
        fate = .init(
          kind: .folded, rule: words,
          windowStart: Timestamp(nanoseconds: place &* windows.length), results: [])
      } else if !windows.keepsLate {
        fate = .init(kind: .dropped, rule: words, results: [])
        isSettled = true
      }
    }
  }

  private mutating func follow(
    past reported: ReportStage.Reported, _ samples: SampleBatch, _ first: Int
  ) {
    var reported = reported
    var index = 0
    for place in first..<samples.count where samples.records[place].tag == node.tag {
      let record = samples.records[place]
      let base = reported.base(of: record)
      let isNews = reported.isNews(record, value: samples.doubleValue(of: record))
      if index == node.index {
        let words = rule.flatMap { RuleWords($0).report }
        let compared = base.map { reading(of: $0, in: samples, first..<place) }
        fate = .init(
          kind: isNews ? .stored : .suppressed, rule: words, compared: compared, results: [])
        if !isNews { isSettled = true }
      }
      index += 1
    }
  }

  /// Of a record that was reported before: in this batch, as it was stored, or of its number alone.
  private func reading(
    of record: SampleBatch.Record, in samples: SampleBatch, _ places: Range<Int>
  ) -> Explanation.Reading {
    let place = places.last {
      samples.records[$0].tag == record.tag
        && samples.records[$0].monotonicTime == record.monotonicTime
        && samples.records[$0].bits == record.bits
    }
    if let place { return Explanation.Reading(samples[place]) }
    if let lastStored, lastStored.gatewayTime == record.gatewayTime {
      return Explanation.Reading(lastStored)
    }
    return Explanation.Reading(number: record)
  }

  private mutating func follow(
    through door: SwingingDoor, _ samples: SampleBatch, _ first: Int, isEntry: Bool
  ) {
    var door = door
    var index = 0
    var isMet = !isEntry
    for place in first..<samples.count where samples.records[place].tag == node.tag {
      let record = samples.records[place]
      var reported: [SampleBatch.Record] = []
      let last = door.lastReported
      _ = door.take(record, samples.doubleValue(of: record), into: &reported)
      if isEntry, index == node.index { isMet = true }
      index += 1
      guard isMet, !isSettled else { continue }
      let words = rule.flatMap { RuleWords($0).report }
      var compared = last.map { Explanation.Reading(number: $0) }
      if let lastStored, let last, lastStored.gatewayTime == last.gatewayTime {
        compared = Explanation.Reading(lastStored)
      }
      if reported.contains(where: node.isSame) {
        fate = .init(kind: .stored, rule: words, compared: compared, results: [])
        return
      } else if let held = door.heldRecord, node.isSame(as: held) {
        fate = .init(kind: .held, rule: words, compared: compared, results: [])
      } else {
        fate = .init(kind: .suppressed, rule: words, compared: compared, results: [])
        isSettled = true
      }
    }
  }

  mutating func didStore(
    _ samples: SampleBatch, from first: Int, tags: TagRegistry, entry: UInt64, at time: Timestamp
  ) {
    for place in first..<samples.count where samples.records[place].tag == node.tag {
      let record = samples.records[place]
      if !isSettled, entry >= node.entry, node.isSame(as: record) {
        var stored =
          fate ?? Explanation.Fate(kind: .stored, results: [])
        stored.kind = .stored
        (stored.time, stored.sequence) = (time, record.sequence)
        fate = stored
        isSettled = true
      }
      lastStored = samples[place]
    }
    if isSettled, fate?.time == nil, fate?.kind != .lost { fate?.time = time }
    guard fate?.kind == .folded, !isSettled, let start = fate?.windowStart else { return }
    let results = Set((rule?.window?.functions ?? []).map { "\(name).\($0.rawValue)" })
    for place in first..<samples.count where samples.records[place].sourceTime == start {
      let result = tags.name(of: samples.records[place].tag)
      guard results.contains(result) else { continue }
      fate?.results.append(
        .init(
          tag: result, reading: Explanation.Reading(samples[place]),
          sequence: samples.records[place].sequence))
    }
    if fate?.results.isEmpty == false {
      fate?.time = time
      isSettled = true
    }
  }
}

extension TagWindows {
  /// Takes a value, as `add` does; gives the window into which it went, nil for one that is too late.
  mutating func place(
    of record: SampleBatch.Record, _ value: Double?, closing results: inout [SampleBatch.Record]
  ) -> Int64? {
    let before = Dictionary(open.map { ($0.index, $0.size) }) { $1 }
    guard add(record, value, closing: &results) else { return nil }
    let isRestarted = !results.isEmpty
    return open.first { $0.size != before[$0.index] || isRestarted && $0.size == 1 }?.index
  }
}

extension Explanation.Reading {
  /// Of a record that has no text and no bytes.
  init(number record: SampleBatch.Record) {
    let isNumber = record.kind != .string && record.kind != .bytes
    self.init(
      value: isNumber ? SampleBatch().value(of: record) : .none, quality: record.quality,
      sourceTime: record.sourceTime, gatewayTime: record.gatewayTime)
  }
}
