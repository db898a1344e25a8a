import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("Windows close by the time of the values, and no value is lost or counted twice")
struct WatermarkTests {
  let tags = TagRegistry()

  @Test("a window waits for values that may be late")
  func waits() {
    var stage = stage(late: 5)
    #expect(counts(&stage, [at(61), at(119), at(122), at(118), at(124)]) == [])
    #expect(counts(&stage, [at(125)]) == ["3@60"])
    #expect(counts(&stage, [at(119)]) == [])
    #expect(stage.tooLate == 1)
    #expect(finish(&stage) == ["3@120"])
  }

  @Test("what is too late is stored as it is, or left out; in both cases it is counted")
  func tooLate() {
    for policy in ProcessingRule.TooLate.allCases {
      var stage = stage(late: 0, policy)
      var batch = SampleBatch([at(61), at(130), at(62), at(131)])
      let taken = stage.apply(to: &batch)
      let own = batch.filter { tags.name(of: $0.tag) == "d/a" }.compactMap(
        \.sourceTime?.nanoseconds)
      #expect(own == (policy == .store ? [62_000_000_000] : []))
      #expect(stage.tooLate == 1 && taken == (policy == .store ? 3 : 4))
    }
  }

  @Test(
    "values in any order within the lateness give what they give in their order",
    arguments: 1...20 as ClosedRange<UInt64>)
  func anyOrder(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let late = Int.random(in: 0...200, using: &random)
    let times = (0..<400).map { _ in Int.random(in: -2000...2000, using: &random) }
    // Each is put back by less than may be.
    let order = times.map { ($0, $0 + Int.random(in: 0...late, using: &random)) }
      .sorted { $0.1 < $1.1 }.map(\.0)
    var stage = stage(late: late)
    var found: [String] = []
    for time in order { found += counts(&stage, [at(time)]) }
    found += finish(&stage)
    let expected = Dictionary(grouping: times) { ($0 < 0 ? $0 - 59 : $0) / 60 }
      .sorted { $0.key < $1.key }.map { "\($0.value.count)@\($0.key * 60)" }
    #expect(found == expected && stage.tooLate == 0, "seed \(seed)")
  }

  @Test(
    "our own clock set forward, as after a boot in 1970, or back by less than a window: each value counts once, no window comes twice",
    arguments: 1...20 as ClosedRange<UInt64>)
  func ownClock(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var stage = stage(late: 0)
    var (offset, total, newest) = (0, 0, 0)
    var found: [String] = []
    for second in 0..<2000 {
      switch Int.random(in: 0..<300, using: &random) {
      case 0: offset += Int.random(in: 1...100_000, using: &random)
      case 1 where second > 0: offset = offset == 0 ? 1_700_000_000 : offset
      // Not before the clock has caught up: set back twice, it is further back.
      case 2 where second + offset > newest: offset -= Int.random(in: 1...59, using: &random)
      default: break
      }
      total += 1
      newest = max(newest, second + offset)
      found += counts(&stage, [own(second + offset, monotonic: second)])
    }
    found += finish(&stage)
    #expect(stage.tooLate == 0)
    #expect(found.compactMap { Int($0.prefix { $0 != "@" }) }.reduce(0, +) == total, "seed \(seed)")
    let starts = found.map { $0.drop { $0 != "@" } }
    #expect(Set(starts).count == starts.count, "seed \(seed)")
  }

  @Test(
    "our own clock set back by more than a window: what was gathered is stored, and it begins again there"
  )
  func farBack() {
    var stage = stage(late: 30)
    let found = counts(
      &stage,
      [own(100_000, monotonic: 0), own(100_001, monotonic: 1), own(3600, monotonic: 2)])
    #expect(found == ["2@99960"])
    #expect(counts(&stage, [own(3661, monotonic: 63), own(3700, monotonic: 102)]) == ["1@3600"])
    #expect(finish(&stage) == ["2@3660"])
    #expect(stage.tooLate == 0)
  }

  @Test(
    "values of our own time that are handed over behind newer ones count in windows that are open, or are too late; none comes twice"
  )
  func waited() {
    var stage = stage(late: 60)
    var found = counts(&stage, [own(100, monotonic: 100)])
    for second in stride(from: 300, to: 420, by: 10) {
      found += counts(&stage, [own(second, monotonic: second)])
    }
    #expect(found == ["1@60"])
    for second in stride(from: 110, to: 420, by: 5) {
      found += counts(&stage, [own(second, monotonic: second)])
    }
    #expect(found == ["1@60"])
    // Those of before 300 s.
    #expect(stage.tooLate == 38)
    #expect(finish(&stage) == ["18@300", "18@360"])
  }

  @Test("between values of now, those of our own time that waited for minutes disturb no window")
  func backlog() {
    var stage = stage(late: 0)
    var found: [String] = []
    for second in 10_020..<10_200 {
      found += counts(
        &stage, [own(second, monotonic: second), own(second - 200, monotonic: second - 200)])
    }
    found += finish(&stage)
    #expect(stage.tooLate == 180)
    #expect(found == ["60@10020", "60@10080", "60@10140"])
  }

  @Test("a device's time is no sign that values of our own time waited")
  func mixed() {
    var stage = stage(late: 0)
    // The device's value was taken after ours, and handed over before it.
    #expect(counts(&stage, [at(119, monotonic: 121), own(120, monotonic: 120)]) == ["1@60"])
    #expect(counts(&stage, [at(121, monotonic: 122), own(119, monotonic: 121)]) == [])
    #expect(finish(&stage) == ["3@120"])
    #expect(stage.tooLate == 0)
  }

  @Test(
    "what waited since before our own clock was set counts where it is now, unless it waited for a window",
    arguments: [-4000, 3600])
  func beforeSet(step: Int) {
    var stage = stage(late: 0)
    let then = 5100 + step
    let found =
      counts(&stage, [own(5000, monotonic: 0), own(5100, monotonic: 100)])
      + counts(&stage, [own(then + 10, monotonic: 110)])
    #expect(found == ["1@4980", "1@5100"])
    #expect(counts(&stage, [own(5105, monotonic: 105), own(5040, monotonic: 40)]) == [])
    #expect(stage.tooLate == 1)
    #expect(counts(&stage, [own(then + 11, monotonic: 111)]) == [])
    let start = (then + 10) / 60 * 60
    #expect(finish(&stage) == ["3@\(start)"])
  }

  @Test("the last value of a window is not the one that was handed over last, but that came last")
  func last() {
    for (samples, expected) in [
      ([own(130, monotonic: 130), own(125, monotonic: 125)], 130.0),
      ([own(130, monotonic: 130), own(125, monotonic: 131)], 131.0),
      ([at(130, monotonic: 1), at(125, monotonic: 2)], 1.0),
    ] as [([Sample], Double)] {
      var rule = ProcessingRule("d/a")
      rule.window = .init(length: .seconds(60), functions: [.last], lateness: .seconds(60))
      var stage = AggregationStage([rule], names: ["d/a"], tags: tags)
      // The values are when they came.
      var batch = SampleBatch(
        samples.map { sample in
          Sample(
            tag: sample.tag, value: .double(Double(sample.monotonicTime / 1_000_000_000)),
            sourceTime: sample.sourceTime, gatewayTime: sample.gatewayTime,
            monotonicTime: sample.monotonicTime)
        })
      _ = stage.apply(to: &batch)
      stage.finish(into: &batch)
      #expect(batch.map(\.value) == [.double(expected)])
    }
  }

  @Test(
    "a device's clock that was years ahead for a moment holds up its windows no longer than one takes"
  )
  func glitch() {
    var stage = stage(late: 0)
    var found = counts(&stage, [at(10, monotonic: 10), at(3_000_000_000, monotonic: 11)])
    #expect(found == ["1@0"])
    for second in 12..<200 { found += counts(&stage, [at(second, monotonic: second)]) }
    found += finish(&stage)
    // 12 to 71 were too late; from 72 on it was clear that the clock was wrong before.
    #expect(stage.tooLate == 60)
    #expect(found == ["1@0", "1@3000000000", "48@60", "60@120", "20@180"])
  }

  @Test("values of long ago between those of now are too late, and disturb no window")
  func backfill() {
    var stage = stage(late: 0)
    var found: [String] = []
    for second in 10_000..<10_200 {
      found += counts(
        &stage,
        [at(second, monotonic: second), at(second - 7200, monotonic: second)])
    }
    found += finish(&stage)
    #expect(stage.tooLate == 200)
    #expect(found == ["20@9960", "60@10020", "60@10080", "60@10140"])
  }

  @Test("a window that was stored because nothing came is not opened again")
  func silent() {
    var stage = stage(late: 0)
    #expect(counts(&stage, [at(5, monotonic: 5)]) == [])
    var nothing = SampleBatch()
    #expect(stage.apply(to: &nothing, now: 65_000_000_000) == 0)
    #expect(nothing.isEmpty)
    #expect(stage.apply(to: &nothing, now: 65_000_000_001) == 0)
    #expect(shown(nothing) == ["1@0"])
    #expect(counts(&stage, [at(6, monotonic: 70), own(7, monotonic: 71)]) == [])
    #expect(stage.tooLate == 1)
    #expect(finish(&stage) == ["1@60"])
  }

  @Test("no time and no length traps, and what is open stays bounded")
  func extremes() {
    for length in [Duration.nanoseconds(1), .seconds(60), .seconds(Int64.max)] {
      for late in [Duration.zero, .seconds(1), .seconds(Int64.max)] {
        var rule = ProcessingRule("d/a")
        rule.window = .init(length: length, lateness: late)
        var stage = AggregationStage([rule], names: ["d/a"], tags: tags)
        for time in [Int64.min, .max, 0, .min, -1, .max, .min + 1] {
          for source in [nil, Timestamp(nanoseconds: time)] {
            var batch = SampleBatch([
              Sample(
                tag: tags.intern("d/a"), value: .double(1), sourceTime: source,
                gatewayTime: Timestamp(nanoseconds: time), monotonicTime: time)
            ])
            _ = stage.apply(to: &batch)
          }
        }
        var end = SampleBatch()
        stage.finish(into: &end)
      }
    }
  }

  // MARK: -

  private func stage(late: Int, _ policy: ProcessingRule.TooLate = .drop) -> AggregationStage {
    var rule = ProcessingRule("d/a")
    rule.window = .init(
      length: .seconds(60), functions: [.count], lateness: .seconds(late), tooLate: policy)
    return AggregationStage([rule], names: ["d/a"], tags: tags)
  }

  private func at(_ second: Int, monotonic: Int = 0) -> Sample {
    Sample(
      tag: tags.intern("d/a"), value: .double(1),
      sourceTime: Timestamp(nanoseconds: Int64(second) * 1_000_000_000),
      monotonicTime: Int64(monotonic) * 1_000_000_000)
  }

  private func own(_ second: Int, monotonic: Int) -> Sample {
    Sample(
      tag: tags.intern("d/a"), value: .double(1),
      gatewayTime: Timestamp(nanoseconds: Int64(second) * 1_000_000_000),
      monotonicTime: Int64(monotonic) * 1_000_000_000)
  }

  private func counts(_ stage: inout AggregationStage, _ samples: [Sample]) -> [String] {
    var batch = SampleBatch(samples)
    _ = stage.apply(to: &batch)
    return shown(batch)
  }

  private func finish(_ stage: inout AggregationStage) -> [String] {
    var end = SampleBatch()
    stage.finish(into: &end)
    return shown(end)
  }

  private func shown(_ batch: SampleBatch) -> [String] {
    batch.compactMap { sample in
      guard case .int64(let count) = sample.value, let time = sample.sourceTime else { return nil }
      return "\(count)@\(time.nanoseconds / 1_000_000_000)"
    }
  }
}
