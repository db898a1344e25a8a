import IndustrialModel

@testable import Gateway

// For tests that look at samples and not at what the ledger counts.
extension AggregationStage {
  mutating func apply(to samples: inout SampleBatch, now: Int64 = .min) -> Int {
    var fates = SampleFates()
    return apply(to: &samples, now: now, counting: &fates)
  }

  mutating func finish(into samples: inout SampleBatch) {
    var fates = SampleFates()
    finish(into: &samples, counting: &fates)
  }
}

extension ReportStage {
  mutating func apply(to samples: inout SampleBatch, now: Int64 = .min) -> Int {
    var fates = SampleFates()
    return apply(to: &samples, now: now, counting: &fates)
  }

  mutating func finish(into samples: inout SampleBatch) {
    var fates = SampleFates()
    finish(into: &samples, counting: &fates)
  }
}
