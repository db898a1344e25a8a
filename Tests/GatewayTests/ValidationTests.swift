import Formula
import IndustrialModel
import Testing

@testable import Gateway

@Suite("What is doubtful is marked, and stays") struct ValidationTests {
  let tags = TagRegistry()

  @Test("values outside of their range are doubtful, and stay")
  func range() throws {
    var rule = ProcessingRule("d/a")
    (rule.minimum, rule.maximum) = (0, 25)
    let marked = validate([rule], [("d/a", 25), ("d/a", 25.1), ("d/a", -0.1), ("d/b", 99)])
    #expect(marked.map(\.value) == [25, 25.1, -0.1, 99].map { .double($0) })
    let doubt = Quality.uncertainEngineeringUnitsExceeded
    #expect(marked.map(\.quality) == [.good, doubt, doubt, .good])
  }

  @Test(
    "a jump is doubtful once; the clock of the device counts, and one that stands still says nothing"
  )
  func rate() throws {
    var rule = ProcessingRule("d/a")
    rule.rate = 5
    let samples = [(0.0, 0.0), (1, 5), (2, 10.1), (3, 11), (3, 99), (2, 0)].map { time, value in
      Sample(
        tag: tags.intern("d/a"), value: .double(value),
        sourceTime: Timestamp(nanoseconds: Int64(time * 1e9)))
    }
    var stage = ValidationStage([rule], names: ["d/a", "d/b"], tags: tags)
    var batch = SampleBatch(samples)
    stage.mark(&batch, from: 0)
    let qualities = batch.map(\.quality.isGood)
    #expect(qualities == [true, true, false, true, true, true])
  }

  @Test("what is bad, text or not finite is left as it is, and does not count as the value before")
  func notNumbers() throws {
    var rule = ProcessingRule("d/*")
    (rule.minimum, rule.rate) = (0, 1)
    let tag = tags.intern("d/a")
    var stage = ValidationStage([rule], names: ["d/a", "d/b"], tags: tags)
    var batch = SampleBatch([
      Sample(tag: tag, value: .none, quality: .badTimeout),
      Sample(tag: tag, value: .string("-1")),
      Sample(tag: tag, value: .double(-.infinity)),
      Sample(tag: tag, value: .double(-1), quality: .uncertainLastUsableValue),
    ])
    let before = batch.map(\.self)
    stage.mark(&batch, from: 0)
    #expect(batch.map(\.self) == before)
  }

  @Test(
    "the first value after a gap is doubtful, whatever it is; what could not be read is no value")
  func gaps() {
    var rule = ProcessingRule("d/a")
    rule.gap = .seconds(3)
    let tag = tags.intern("d/a")
    func at(_ second: Int64, _ value: Value, _ quality: Quality = .good, device: Int64? = nil)
      -> Sample
    {
      Sample(
        tag: tag, value: value, quality: quality,
        sourceTime: device.map { Timestamp(nanoseconds: $0 * 1_000_000_000) },
        monotonicTime: second * 1_000_000_000)
    }
    var stage = ValidationStage([rule], names: ["d/a"], tags: tags)
    var batch = SampleBatch([
      at(0, .double(1)), at(3, .double(1)), at(7, .double(1)), at(8, .string("text")),
      at(10, .none, .badTimeout), at(12, .bool(true)), at(13, .bool(true)),
    ])
    stage.mark(&batch, from: 0)
    #expect(batch.map(\.quality.isUncertain) == [false, false, true, false, false, true, false])
    // By the device's times, where it has some: a clock set back is no gap.
    stage = ValidationStage([rule], names: ["d/a"], tags: tags)
    batch = SampleBatch([
      at(0, .double(1), device: 100), at(9, .double(1), device: 103),
      at(9, .double(1), device: 107),
      at(9, .double(1), device: 5), at(9, .double(1), device: 6),
    ])
    stage.mark(&batch, from: 0)
    #expect(batch.map(\.quality.isUncertain) == [false, false, true, false, false])
  }

  @Test("a value that is handed over behind newer ones is not what the next one is measured by")
  func handedOverLate() {
    var rule = ProcessingRule("d/a")
    (rule.gap, rule.rate) = (.seconds(10), 1)
    let values: [(second: Int64, value: Double)] = [
      (300, 0), (110, 0), (302, 1), (111, 50), (303, 40), (320, 40),
    ]
    var batch = SampleBatch(
      values.map { second, value in
        Sample(
          tag: tags.intern("d/a"), value: .double(value), monotonicTime: second * 1_000_000_000)
      })
    var stage = ValidationStage([rule], names: ["d/a"], tags: tags)
    stage.mark(&batch, from: 0)
    #expect(
      batch.map(\.quality) == [.good, .good, .good, .good, .uncertainSensorNotAccurate, .uncertain])
  }

  @Test("the same again with the same time of the device's is doubtful; a steady value is not")
  func duplicates() {
    var rule = ProcessingRule("d/a")
    rule.marksDuplicates = true
    let values: [(Value, Int64?)] = [
      (.double(1), 1), (.double(1), 1), (.double(1), 2), (.double(2), 2), (.int64(2), 2),
      (.string("a"), 3), (.string("a"), 3), (.string("b"), 3), (.double(1), nil),
      (.double(1), nil), (.bytes([1]), 4), (.bytes([1]), 4), (.bytes([1]), 4),
    ]
    var batch = SampleBatch(
      values.map { value, time in
        Sample(
          tag: tags.intern("d/a"), value: value,
          sourceTime: time.map { Timestamp(nanoseconds: $0) })
      })
    var stage = ValidationStage([rule], names: ["d/a"], tags: tags)
    stage.mark(&batch, from: 0)
    #expect(batch.map(\.value) == values.map(\.0))
    let doubtful = batch.indices.filter { !batch[$0].quality.isGood }
    #expect(doubtful == [1, 6, 11, 12])
    #expect(doubtful.allSatisfy { batch[$0].quality == .uncertainLastUsableValue })
  }

  @Test("a formula of a doubtful value is doubtful, and a formula's result has a range as well")
  func formulas() throws {
    var rules = [ProcessingRule("d/a"), ProcessingRule("d/twice")]
    (rules[0].maximum, rules[1].maximum) = (10, 4)
    _ = tags.intern("d/a")
    var stage = FormulaStage(
      try FormulaSet([("d/twice", "{d/a} * 2"), ("d/more", "{d/twice} + 1")]).members,
      rules: rules, names: ["d/a", "d/twice", "d/more"], tags: tags)
    var result = SampleBatch()
    for value in [1.0, 3, 11] {
      stage.apply(
        to: Moments(samples: SampleBatch([sample("d/a", value)]), grouping: .whole), into: &result)
    }
    #expect(
      result.map(\.quality.isGood) == [true, true, true, true, false, false, false, false, false])
    #expect(result.map(\.quality.isBad).contains(true) == false)
  }

  // MARK: -

  private func sample(_ tag: String, _ value: Double) -> Sample {
    Sample(tag: tags.intern(tag), value: .double(value), monotonicTime: 0)
  }

  private func validate(_ rules: [ProcessingRule], _ values: [(String, Double)]) -> [Sample] {
    var batch = SampleBatch(values.map { sample($0.0, $0.1) })
    var stage = ValidationStage(rules, names: ["d/a", "d/b"], tags: tags)
    stage.mark(&batch, from: 0)
    return batch.map(\.self)
  }
}
