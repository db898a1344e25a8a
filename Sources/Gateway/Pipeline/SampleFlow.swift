internal import IndustrialModel

/// Puts moments through the stages, and numbers what comes out. What it gives follows from the moments alone, in their order: it
/// does not matter how many are given together, nor when. So a journal of them gives the same samples again.
struct SampleFlow {
  private(set) var stages: Stages
  /// The number of the next sample.
  var nextSequence: UInt64
  /// The configuration that samples bear.
  var configurationVersion: UInt32
  private let isCounting: Bool
  /// The latest time of moments, by the monotonic clock: sources do not hand over quite in its order, and for who waits time
  /// does not go back.
  private var now = Int64.min

  init(
    _ stages: Stages, nextSequence: UInt64, configurationVersion: UInt32, isCounting: Bool = false
  ) {
    self.stages = stages
    self.nextSequence = nextSequence
    self.configurationVersion = configurationVersion
    self.isCounting = isCounting
  }

  /// Appends what is to be stored of moments, and what comes of them.
  ///
  /// - Returns: How many samples were left out as no news, and how many went into windows.
  mutating func take(
    _ moments: Moments, into samples: inout SampleBatch, counting fates: inout SampleFates
  ) -> (suppressed: Int, folded: Int) {
    let first = samples.count
    stages.apply(to: moments, into: &samples)
    if isCounting { fates.countAcquired(samples.records[first...]) }
    now = max(now, moments.time.monotonic)
    let counts = stages.reduce(&samples, from: first, now: now, counting: &fates)
    number(&samples, from: first)
    return counts
  }

  /// The same as `take`, for who looks at what happens in between: a replay, never a gateway.
  mutating func take(
    _ moments: Moments, into samples: inout SampleBatch, counting fates: inout SampleFates,
    watchedBy witness: any FlowWitness
  ) {
    let first = samples.count
    if witness.looksBetweenMoments {
      stages.apply(to: moments, into: &samples, watchedBy: witness)
    } else {
      stages.apply(to: moments, into: &samples)
    }
    now = max(now, moments.time.monotonic)
    witness.willReduce(stages, samples, from: first)
    _ = stages.reduce(&samples, from: first, now: now, counting: &fates)
    number(&samples, from: first)
    witness.didStore(samples, from: first)
  }

  /// Goes on with other stages; appends what the old ones give at their end.
  mutating func exchange(
    _ change: StageChange, tags: TagRegistry, into samples: inout SampleBatch,
    counting fates: inout SampleFates
  ) {
    let first = samples.count
    var old = stages
    stages = change.makeStages(tags: tags)
    stages.inherit(from: &old, closing: &samples, counting: &fates)
    number(&samples, from: first)
  }

  /// Appends what windows and doors hold at the end of all.
  mutating func finish(into samples: inout SampleBatch, counting fates: inout SampleFates) {
    let first = samples.count
    stages.finish(into: &samples, counting: &fates)
    number(&samples, from: first)
  }

  /// All samples that came out are stored before others come.
  mutating func endBatch() { stages.endBatch() }

  /// Something of what came out will not be stored.
  mutating func keepNoMore() { stages.keepNoMore() }

  /// Keeps what formulas remember, where a run ends without an end.
  mutating func keepMemory() { stages.keepMemory() }

  private mutating func number(_ samples: inout SampleBatch, from first: Int) {
    for index in first..<samples.records.count {
      samples.records[index].sequence = nextSequence
      samples.records[index].configurationVersion = configurationVersion
      nextSequence &+= 1
    }
  }
}
