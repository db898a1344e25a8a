import IndustrialModel

@testable import Gateway

/// A stage in tests that look at samples and not at what the ledger counts.
protocol UncountedStage {
  mutating func apply(
    to samples: inout SampleBatch, from first: Int, now: Int64, counting fates: inout SampleFates
  ) -> Int
  mutating func finish(into samples: inout SampleBatch, counting fates: inout SampleFates)
}

extension UncountedStage {
  mutating func apply(to samples: inout SampleBatch, now: Int64 = .min) -> Int {
    var fates = SampleFates()
    return apply(to: &samples, from: 0, now: now, counting: &fates)
  }

  mutating func finish(into samples: inout SampleBatch) {
    var fates = SampleFates()
    finish(into: &samples, counting: &fates)
  }
}

extension AggregationStage: UncountedStage {}
extension ReportStage: UncountedStage {}
