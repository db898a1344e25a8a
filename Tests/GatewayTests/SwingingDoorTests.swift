import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("What is stored, joined by straight lines, is never far from what was left out")
struct SwingingDoorTests {
  let tags = TagRegistry()

  @Test("of ramps the corners are stored: the last point before each break")
  func corners() {
    let values = (0...10).map(Double.init) + (1...10).map { _ in 10.0 } + [7, 4, 1, -2]
    let samples = values.enumerated().map { sample($0.offset, $0.element) }
    #expect(stored(samples, deviation: 0.1).map(\.sequence) == [0, 10, 20, 24])
    #expect(stored(samples, deviation: 0).map(\.sequence) == [0, 10, 20, 24])
  }

  @Test(
    "no sample left out is further from the line than the deviation, whatever the signal, the clock and the batches do",
    arguments: 1...40 as ClosedRange<UInt64>)
  func bound(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let deviation: Double = [0, 0.01, 0.5, 3].randomElement(using: &random) ?? 0
    let silence: Int? = Bool.random(using: &random) ? 50 : nil
    var samples: [Sample] = []
    var (value, slope, time, quality) = (0.0, 0.1, 1_000_000, Quality.good)
    for number in 0..<800 {
      switch Int.random(in: 0..<60, using: &random) {
      case 0: value += Double.random(in: -50...50, using: &random)
      case 1, 2: slope = Double.random(in: -1...1, using: &random)
      case 3:
        quality = [.good, .uncertainSubNormal, .badTimeout].randomElement(using: &random) ?? .good
      case 4: time += Int.random(in: -500...500, using: &random)
      case 5: time += 0
      default: time += Int.random(in: 1...3, using: &random)
      }
      value += slope + Double.random(in: -0.02...0.02, using: &random)
      samples.append(
        Sample(
          tag: tags.intern("d/a"), value: quality.isBad ? .none : .double(value), quality: quality,
          sourceTime: Timestamp(nanoseconds: Int64(time) * 1_000_000_000),
          monotonicTime: Int64(number) * 1_000_000_000, sequence: UInt64(number)))
    }
    var batches: [ArraySlice<Sample>] = []
    while (batches.last?.endIndex ?? 0) < samples.count {
      let start = batches.last?.endIndex ?? 0
      let end = min(samples.count, start + Int.random(in: 1...20, using: &random))
      batches.append(samples[start..<end])
    }
    let kept = stored(batches.map(Array.init), deviation: deviation, silence: silence)
    let numbers = kept.map { Int($0.sequence) }
    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
    for (before, after) in zip(numbers, numbers.dropFirst()) {
      let (start, end) = (samples[before], samples[after])
      if let silence { #expect(after - before <= silence, "seed \(seed)") }
      for index in (before + 1)..<max(after, before + 1) {
        let sample = samples[index]
        #expect(sample.quality == start.quality, "seed \(seed), sample \(index)")
        guard let value = sample.value.doubleValue else { continue }
        let from = try #require(start.value.doubleValue)
        let to = try #require(end.value.doubleValue, "seed \(seed), sample \(index)")
        let part = seconds(start, sample) / seconds(start, end)
        #expect((0...1).contains(part), "seed \(seed), sample \(index)")
        let distance = (from + (to - from) * part - value).magnitude
        #expect(
          distance <= deviation + 1e-9 * (1 + value.magnitude), "seed \(seed), sample \(index)")
      }
    }
    // The last point before a change of quality, and the first after it.
    for (before, after) in zip(samples, samples.dropFirst()) where before.quality != after.quality {
      #expect(numbers.contains(Int(after.sequence)), "seed \(seed)")
      if !before.quality.isBad { #expect(numbers.contains(Int(before.sequence)), "seed \(seed)") }
    }
  }

  @Test("what is held back is stored when the longest silence is over though nothing comes")
  func silence() {
    var stage = stage(deviation: 1, silence: 60)
    var batch = SampleBatch([sample(0, 0), sample(1, 0.5)])
    #expect(stage.apply(to: &batch) == 0)
    #expect(batch.map(\.sequence) == [0])
    var nothing = SampleBatch()
    #expect(stage.apply(to: &nothing, now: 59_000_000_000) == 0)
    #expect(nothing.isEmpty)
    #expect(stage.apply(to: &nothing, now: 60_000_000_000) == 0)
    #expect(nothing.map(\.sequence) == [1])
  }

  @Test(
    "what is handed over behind newer ones is left out where the line passes it, and begins none")
  func handedOverLate() {
    func kept(_ values: [(second: Int64, value: Value)], silence: Int? = nil) -> [Int64] {
      let samples = values.map { second, value in
        Sample(
          tag: tags.intern("d/a"), value: value,
          gatewayTime: Timestamp(nanoseconds: second * 1_000_000_000),
          monotonicTime: second * 1_000_000_000)
      }
      return stored([samples], deviation: 0.1, silence: silence).map {
        $0.monotonicTime / 1_000_000_000
      }
    }
    let line: [(Int64, Value)] = [
      (300, .double(0)), (302, .double(0)), (301, .double(0.05)), (304, .double(0)),
      (303, .double(5)), (299, .double(7)), (305, .double(0)), (306, .double(0)),
    ]
    #expect(kept(line) == [300, 304, 303, 299, 306])
    #expect(kept(line, silence: 60) == [300, 304, 303, 299, 306])
    // The late one closes the door: lines that fall pass it by.
    let closing: [(Int64, Value)] = [
      (300, .double(0)), (310, .double(0.05)), (305, .double(0.1)), (320, .double(-0.1)),
    ]
    #expect(kept(closing) == [300, 310, 320])
    let truths: [(Int64, Value)] = [
      (300, .bool(true)), (302, .bool(true)), (301, .bool(false)), (303, .bool(true)),
      (304, .bool(true)),
    ]
    #expect(kept(truths) == [300, 301, 303])
  }

  @Test("truths, texts and events have no line: changes are stored, as are all texts and events")
  func others() {
    let tag = tags.intern("d/a")
    let values: [(Value, SampleClass)] = [
      (.bool(true), .telemetry), (.bool(true), .telemetry), (.bool(false), .telemetry),
      (.string("a"), .telemetry), (.string("a"), .telemetry), (.double(1), .event),
      (.double(1), .event), (.double(.nan), .telemetry), (.double(.nan), .telemetry),
      (.double(1), .telemetry), (.int64(1), .telemetry),
    ]
    let samples = values.enumerated().map { number, value in
      Sample(
        tag: tag, value: value.0, monotonicTime: Int64(number), sequence: UInt64(number),
        sampleClass: value.1)
    }
    let kept = stored([samples], deviation: 1e9).map(\.sequence)
    #expect(kept == [0, 2, 3, 4, 5, 6, 7, 9, 10])
  }

  @Test("a sine becomes a polygon of few corners") func sine() {
    let samples = (0..<10_000).map { sample($0, (Double($0) / 500).sine) }
    #expect(stored(samples, deviation: 0.01).count < 500)
  }

  @Test("after a reload with the same rule what is held back is told once, with another at once")
  func reload() {
    var old = stage(deviation: 1)
    var batch = SampleBatch([sample(0, 0), sample(1, 0.5)])
    _ = old.apply(to: &batch)
    var same = stage(deviation: 1)
    same.inherit(from: &old)
    var rest = SampleBatch()
    old.finish(into: &rest)
    #expect(rest.isEmpty)
    var other = stage(deviation: 2)
    other.inherit(from: &same)
    same.finish(into: &rest)
    #expect(rest.map(\.sequence) == [1])
  }

  // MARK: -

  private func seconds(_ from: Sample, _ to: Sample) -> Double {
    Double(to.time.nanoseconds - from.time.nanoseconds) / 1e9
  }

  private func sample(_ second: Int, _ value: Double) -> Sample {
    Sample(
      tag: tags.intern("d/a"), value: .double(value),
      sourceTime: Timestamp(nanoseconds: Int64(second) * 1_000_000_000),
      monotonicTime: Int64(second) * 1_000_000_000, sequence: UInt64(second))
  }

  private func stage(deviation: Double, silence: Int? = nil) -> ReportStage {
    var rule = ProcessingRule("d/a")
    rule.deviation = .absolute(deviation)
    rule.silence = silence.map { .seconds($0) }
    return ReportStage([rule], names: ["d/a"], tags: tags)
  }

  private func stored(_ samples: [Sample], deviation: Double) -> [Sample] {
    stored([samples], deviation: deviation)
  }

  private func stored(
    _ batches: [[Sample]], deviation: Double, silence: Int? = nil
  ) -> [Sample] {
    var stage = stage(deviation: deviation, silence: silence)
    var kept: [Sample] = []
    var left = 0
    for samples in batches {
      var batch = SampleBatch(samples)
      left += stage.apply(to: &batch)
      kept += batch.map(\.self)
    }
    var end = SampleBatch()
    stage.finish(into: &end)
    kept += end.map(\.self)
    #expect(kept.count + left == batches.reduce(0) { $0 + $1.count })
    return kept
  }
}

extension Double {
  /// Without a C library: the sine by its series, for small numbers.
  fileprivate var sine: Double {
    let x = remainder(dividingBy: 2 * .pi)
    var (term, sum) = (x, x)
    for index in 1...12 {
      term *= -x * x / Double((2 * index) * (2 * index + 1))
      sum += term
    }
    return sum
  }
}
