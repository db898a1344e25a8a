import Formula
import IndustrialModel
import Testing

@testable import Gateway

@Suite struct FormulaStageTests {
  let tags = TagRegistry()

  @Test func aPollGivesEachFormulaOnceBehindItsInputs() throws {
    var stage = try stage(["d/sum": "{d/a} + {d/b}", "d/twice": "{d/sum} * 2"])
    let poll = [reading("d/a", 1, at: 1), reading("d/b", 2, at: 2), reading("d/c", 9, at: 3)]
    let result = apply(&stage, poll, .whole)
    #expect(result.map(\.0) == ["d/a", "d/b", "d/c", "d/sum", "d/twice"])
    #expect(result.map(\.1.value).suffix(2) == [.double(3), .double(6)])
    #expect(result.last?.1.gatewayTime == Timestamp(nanoseconds: 3))
  }

  @Test func framesOfDifferentTimesAreDifferentMoments() throws {
    var stage = try stage(["d/twice": "{d/a} * 2"])
    let frames = [reading("d/a", 1, at: 1), reading("d/a", 2, at: 2), reading("d/b", 5, at: 2)]
    let result = apply(&stage, frames, .byTime)
    #expect(result.map(\.0) == ["d/a", "d/twice", "d/a", "d/b", "d/twice"])
  }

  @Test func aFormulaWaitsForItsInputsAndRemembersThem() throws {
    var stage = try stage(["d/sum": "{d/a} + {d/b}"])
    let first = apply(&stage, [reading("d/a", 1, at: 1)], .whole)
    #expect(first.last?.1.quality.isBad == true)
    #expect(first.last?.1.value == Value.none)
    let second = apply(&stage, [reading("d/b", 5, at: 2)], .whole)
    #expect(second.last?.1.value == .double(6))
    #expect(apply(&stage, [reading("d/other", 5, at: 3)], .whole).count == 1)
  }

  @Test func anErrorIsBadQualityAndNeverTheRawValue() throws {
    var stage = try stage(["d/ratio": "1 / {d/a}"])
    let result = apply(&stage, [reading("d/a", 0, at: 1)], .whole)
    #expect(result.last?.1.quality == .badFormulaError)
    #expect(result.last?.1.value == Value.none)
  }

  @Test func qualityOfInputsIsQualityOfResults() throws {
    var stage = try stage(["d/twice": "{d/a} * 2"])
    var sample = reading("d/a", 4, at: 1)
    sample.quality = .uncertainLastUsableValue
    #expect(apply(&stage, [sample], .whole).last?.1.quality == .uncertainLastUsableValue)
    sample.quality = .badTimeout
    sample.value = .none
    let bad = apply(&stage, [sample], .whole).last?.1
    #expect(bad?.quality == .badTimeout && bad?.value == Value.none)
    sample.quality = .good
    sample.value = .string("text")
    #expect(apply(&stage, [sample], .whole).last?.1.quality == .badTypeMismatch)
  }

  private func stage(_ formulas: KeyValuePairs<String, String>) throws -> FormulaStage {
    FormulaStage(try FormulaSet(formulas.map { ($0.key, $0.value) }).members, tags: tags)
  }

  private func reading(_ tag: String, _ value: Double, at time: Int64) -> Sample {
    Sample(
      tag: tags.intern(tag), value: .double(value), gatewayTime: Timestamp(nanoseconds: time))
  }

  private func apply(
    _ stage: inout FormulaStage, _ samples: [Sample], _ grouping: Moments.Grouping
  ) -> [(String, Sample)] {
    var result = SampleBatch()
    stage.apply(to: Moments(samples: SampleBatch(samples), grouping: grouping), into: &result)
    return result.map { (tags.name(of: $0.tag), $0) }
  }
}

@Suite(.timeLimit(.minutes(15))) struct IntakeTests {
  @Test func everythingThatWasPutIsTakenInOrder() async {
    let intake = Intake(limit: 10)
    let taking = Task {
      var taken: [UInt64] = []
      while let moments = await intake.take() {
        for moment in moments { taken += moment.samples.map(\.sequence) }
      }
      return taken
    }
    for number in 0..<5000 { await intake.put(one(UInt64(number))) }
    intake.finish()
    #expect(await taking.value == Array(0..<5000))
  }

  @Test func aFullIntakeMakesProducersWait() async throws {
    let intake = Intake(limit: 1)
    let putting = Task { await intake.put(one(1)) }
    // The producer can only come back when somebody takes.
    while await intake.take()?.isEmpty != false {}
    await putting.value
  }

  @Test func cancellingAWaitingProducerLosesNothing() async {
    let intake = Intake(limit: 1)
    let putting = Task { await intake.put(one(7)) }
    putting.cancel()
    await putting.value
    intake.finish()
    #expect(await intake.take()?.first?.samples.first?.sequence == 7)
    #expect(await intake.take() == nil)
  }

  private func one(_ sequence: UInt64) -> Moments {
    Moments(
      samples: SampleBatch([
        Sample(tag: TagID(rawValue: 0), value: .int64(1), sequence: sequence)
      ]), grouping: .whole)
  }
}
