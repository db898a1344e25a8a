import Formula
import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("What happens to single tags before they are stored") struct ProcessingTests {
  let tags = TagRegistry()

  // MARK: Report by exception

  @Test("changes within the deadband are left out, measured from what was reported last")
  func deadband() {
    var rule = ProcessingRule("d/a")
    rule.deadband = .absolute(1)
    let values = [0, 0.5, 1, 1.1, 2, 2.2, 0.9, 0.1, 0]
    #expect(report([rule], values.map { sample("d/a", $0) }) == [0, 1.1, 2.2, 0.9])
    rule.deadband = .percent(10)
    (rule.minimum, rule.maximum) = (0, 5)
    #expect(report([rule], values.map { sample("d/a", $0) }) == [0, 1, 2, 0.9, 0.1])
  }

  @Test("with a deadband of nothing each change is reported, to the last bit of a whole number")
  func changes() {
    var rule = ProcessingRule("d/*")
    rule.deadband = .absolute(0)
    var stage = ReportStage([rule], names: ["d/a", "d/b"], tags: tags)
    var batch = SampleBatch(
      [UInt64.max, .max, .max - 1, 5, 5].map {
        Sample(tag: tags.intern("d/a"), value: .uint64($0))
      })
    #expect(stage.apply(to: &batch) == 2)
    #expect(batch.map(\.value) == [.uint64(.max), .uint64(.max - 1), .uint64(5)])
  }

  @Test("a change of quality, of a truth, and what is not telemetry are always reported")
  func alwaysReported() {
    var rule = ProcessingRule("*")
    rule.deadband = .absolute(1000)
    let tag = tags.intern("d/a")
    var stage = ReportStage([rule], names: ["d/a", "d/b"], tags: tags)
    var batch = SampleBatch([
      Sample(tag: tag, value: .double(1)),
      Sample(tag: tag, value: .double(1), quality: .uncertainSubNormal),
      Sample(tag: tag, value: .none, quality: .badTimeout),
      Sample(tag: tag, value: .none, quality: .badTimeout),  // nothing new
      Sample(tag: tag, value: .none, quality: .badNoCommunication),
      Sample(tag: tag, value: .double(1)),
      Sample(tag: tag, value: .bool(true)),
      Sample(tag: tag, value: .bool(false)),
      Sample(tag: tag, value: .bool(false)),  // nothing new
      Sample(tag: tag, value: .string("a")),
      Sample(tag: tag, value: .string("a")),
      Sample(tag: tag, value: .string("a"), sampleClass: .event),
    ])
    let expected = [0, 1, 2, 4, 5, 6, 7, 9, 10, 11].map { batch[$0] }
    #expect(stage.apply(to: &batch) == 2)
    #expect(batch.map(\.self) == expected)
  }

  @Test("after the longest silence a value is reported although it is the same")
  func silence() {
    var rule = ProcessingRule("d/a")
    (rule.deadband, rule.silence) = (.absolute(1), .seconds(60))
    let times = [0, 10, 59, 60, 61, 119, 120, 300, 301]
    let samples = times.map { time in
      Sample(
        tag: tags.intern("d/a"), value: .double(Double(time) / 1000),
        monotonicTime: Int64(time) * 1_000_000_000)
    }
    #expect(report([rule], samples) == [0, 0.06, 0.12, 0.3])
  }

  @Test("a value that is handed over behind newer ones is none that they are compared with")
  func handedOverLate() {
    var rule = ProcessingRule("d/a")
    (rule.deadband, rule.silence) = (.absolute(1), .seconds(60))
    // Of what was reported before 300 s nothing is known any more.
    let backlog: [(second: Int64, value: Double)] = [
      (300, 0), (100, 0.1), (301, 0.2), (110, 5), (302, 5.1), (120, 5.2), (361, 5.3), (362, 5.4),
    ]
    #expect(report([rule], samples(backlog)) == [0, 0.1, 5, 5.1, 5.2, 5.4])
    rule.silence = nil
    #expect(report([rule], samples(backlog)) == [0, 0.1, 5, 5.1, 5.2])
    // Behind a report, that of the next value says that it was for a moment only; before it, it is compared with the one before that.
    let disorder: [(second: Int64, value: Double)] = [
      (300, 0), (302, 0.5), (301, 5), (301, 0.1), (303, 0.4), (304, 0.3), (305, 7), (304, 0.2),
      (304, 3), (304, 0.5), (306, 7.1),
    ]
    #expect(report([rule], samples(disorder)) == [0, 5, 0.1, 0.4, 7, 3, 0.5])
    let crossed: [(second: Int64, value: Double)] = [
      (300, 0), (303, 0.2), (301, 5), (304, 0.3), (302, 0.1), (305, 0.4),
    ]
    #expect(report([rule], samples(crossed)) == [0, 5, 0.3, 0.1])
    // What is told of before the last two is not what holds behind them.
    let early: [(second: Int64, value: Double)] = [
      (300, 1), (310, 5), (320, 10), (305, 99), (315, 5.2),
    ]
    #expect(report([rule], samples(early)) == [1, 5, 10, 99])
  }

  @Test("a truth stays what it was in the order of the times")
  func truthsHandedOverLate() {
    var rule = ProcessingRule("d/a")
    rule.deadband = .absolute(0)
    let truths: [(Int64, Bool)] = [
      (300, true), (302, true), (301, false), (303, true), (305, false), (304, true), (306, false),
    ]
    var batch = SampleBatch(
      truths.map { second, truth in
        Sample(
          tag: tags.intern("d/a"), value: .bool(truth), monotonicTime: second * 1_000_000_000)
      })
    var stage = ReportStage([rule], names: ["d/a"], tags: tags)
    _ = stage.apply(to: &batch)
    #expect(batch.map { $0.monotonicTime / 1_000_000_000 } == [300, 301, 303, 305])
  }

  private func samples(_ values: [(second: Int64, value: Double)]) -> [Sample] {
    values.map { second, value in
      Sample(
        tag: tags.intern("d/a"), value: .double(value),
        gatewayTime: Timestamp(nanoseconds: second * 1_000_000_000),
        monotonicTime: second * 1_000_000_000)
    }
  }

  @Test(
    "what is left out is never further from what was reported than the deadband",
    arguments: [1, 2, 3] as [UInt64])
  func deadbandHolds(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var rule = ProcessingRule("d/a")
    rule.deadband = .absolute(0.5)
    _ = tags.intern("d/a")
    var stage = ReportStage([rule], names: ["d/a", "d/b"], tags: tags)
    var value = 0.0
    var reported = 0.0
    for round in 0..<5000 {
      value += Double.random(in: -0.3...0.3, using: &random)
      var batch = SampleBatch([sample("d/a", value)])
      _ = stage.apply(to: &batch)
      if let last = batch.last?.value.doubleValue { reported = last }
      #expect((value - reported).magnitude <= 0.5, "seed \(seed), round \(round)")
    }
  }

  // MARK: Windows

  @Test("a window becomes its smallest, largest, mean and last value and their count, at its start")
  func windows() {
    var stage = aggregation(.seconds(60))
    var batch = SampleBatch([
      at(61, 3), at(62, 1), sample("d/b", 7), at(119, 5), at(120, 9),
    ])
    #expect(stage.apply(to: &batch) == 4)
    #expect(
      shown(batch) == [
        "d/b=7.0", "d/a.min=1.0@60", "d/a.max=5.0@60", "d/a.mean=3.0@60", "d/a.last=5.0@60",
        "d/a.count=3@60",
      ])
    var end = SampleBatch()
    stage.finish(into: &end)
    #expect(shown(end).suffix(2) == ["d/a.last=9.0@120", "d/a.count=1@120"])
    var nothing = SampleBatch()
    stage.finish(into: &nothing)
    #expect(nothing.isEmpty)
  }

  @Test("unusable values make the result doubtful, and a window of nothing else is bad")
  func unusable() {
    var stage = aggregation(.seconds(60))
    let bad = Sample(
      tag: tags.intern("d/a"), value: .none, quality: .badTimeout,
      sourceTime: Timestamp(nanoseconds: 5_000_000_000), monotonicTime: 0)
    var batch = SampleBatch([at(1, 2), bad, at(60, 1), at(120, 1)])
    _ = stage.apply(to: &batch)
    #expect(batch.prefix(4).allSatisfy { $0.quality == .uncertainSubNormal })
    #expect(batch.count == 10 && batch.dropFirst(5).allSatisfy { $0.quality == .good })
    // A value that is not to be relied on counts, and its results are not to be relied on either.
    var doubtful = at(241, 900)
    doubtful.quality = .uncertainSubNormal
    var later = SampleBatch([doubtful, at(300, 1)])
    _ = stage.apply(to: &later)
    #expect(shown(later).contains("d/a.max=900.0@240"))
    #expect(later.count == 10 && later.prefix(5).allSatisfy { $0.quality == .good })
    #expect(later.dropFirst(5).prefix(4).allSatisfy { $0.quality == .uncertainSubNormal })
    var worse = aggregation(.seconds(60))
    var only = SampleBatch([bad])
    _ = worse.apply(to: &only)
    worse.finish(into: &only)
    #expect(only.prefix(4).allSatisfy { $0.value == .none && $0.quality == .badNoData })
    #expect(only.last?.value == .int64(0))
  }

  @Test("a tag that falls silent does not keep its window open for ever")
  func idle() {
    var stage = aggregation(.seconds(60))
    var first = SampleBatch([at(1, 2, monotonic: 1)])
    _ = stage.apply(to: &first)
    var other = SampleBatch([
      Sample(tag: tags.intern("d/b"), value: .none, monotonicTime: 60_000_000_001)
    ])
    #expect(stage.apply(to: &other) == 0)
    #expect(other.count == 1)
    other = SampleBatch([
      Sample(tag: tags.intern("d/b"), value: .none, monotonicTime: 62_000_000_000)
    ])
    #expect(stage.apply(to: &other) == 0)
    #expect(other.count == 6)
  }

  @Test("windows agree with a second, slow way to the same numbers", arguments: [1, 2] as [UInt64])
  func agrees(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var stage = aggregation(.seconds(10))
    var values: [Int: [Double]] = [:]
    var results: [String] = []
    var time = 0.0
    for _ in 0..<300 {
      time += Double.random(in: 0...4, using: &random)
      let value = Double.random(in: -1e6...1e6, using: &random)
      values[Int(time / 10), default: []].append(value)
      var batch = SampleBatch([at(time, value)])
      _ = stage.apply(to: &batch)
      results += shown(batch)
    }
    var end = SampleBatch()
    stage.finish(into: &end)
    results += shown(end)
    var expected: [String] = []
    for (window, members) in values.sorted(by: { $0.key < $1.key }) {
      // Decimal sums are exact.
      let sum = members.reduce(Decimal(0)) { $0 + Decimal($1) }
      let mean = NSDecimalNumber(decimal: sum / Decimal(members.count)).doubleValue
      expected += [
        "min=\(members.min() ?? 0)", "max=\(members.max() ?? 0)", "mean=\(mean)",
        "last=\(members[members.count - 1])", "count=\(members.count)",
      ].map { "d/a.\($0)@\(window * 10)" }
    }
    #expect(results.count == expected.count)
    for (result, expected) in zip(results, expected) where result != expected {
      // The mean may differ in its last digit.
      #expect(result.contains("mean") && result.prefix(18) == expected.prefix(18), "seed \(seed)")
    }
  }

  @Test("the most exact rule counts") func exactness() {
    let rules = ProcessingRules(["*", "d/*", "d/a", "d/ab*"].map { ProcessingRule($0) })
    #expect(rules.rule(for: "d/a")?.pattern == "d/a")
    #expect(rules.rule(for: "d/abc")?.pattern == "d/ab*")
    #expect(rules.rule(for: "d/x")?.pattern == "d/*")
    #expect(rules.rule(for: "e/x")?.pattern == "*")
    #expect(ProcessingRules([ProcessingRule("d/a")]).rule(for: "d/ab") == nil)
  }

  // MARK: -

  private func sample(_ tag: String, _ value: Double) -> Sample {
    Sample(tag: tags.intern(tag), value: .double(value), monotonicTime: 0)
  }

  private func at(_ seconds: Double, _ value: Double, monotonic: Int64 = 0) -> Sample {
    Sample(
      tag: tags.intern("d/a"), value: .double(value),
      sourceTime: Timestamp(nanoseconds: Int64((seconds * 1e9).rounded())),
      monotonicTime: monotonic)
  }

  private func aggregation(_ length: Duration) -> AggregationStage {
    var rule = ProcessingRule("d/a")
    rule.window = .init(length: length)
    return AggregationStage([rule], names: ["d/a", "d/b"], tags: tags)
  }

  private func shown(_ batch: SampleBatch) -> [String] {
    batch.map { sample in
      let value =
        switch sample.value {
        case .double(let number): "\(number)"
        case .int64(let number): "\(number)"
        default: "-"
        }
      let time = sample.sourceTime.map { "@\($0.nanoseconds / 1_000_000_000)" } ?? ""
      return "\(tags.name(of: sample.tag))=\(value)\(time)"
    }
  }

  private func report(_ rules: [ProcessingRule], _ samples: [Sample]) -> [Double] {
    var batch = SampleBatch(samples)
    var stage = ReportStage(rules, names: ["d/a", "d/b"], tags: tags)
    let removed = stage.apply(to: &batch)
    #expect(removed + batch.count == samples.count)
    return batch.compactMap(\.value.doubleValue)
  }
}
