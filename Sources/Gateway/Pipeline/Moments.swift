internal import IndustrialModel

/// Samples in their order, and which of them belong together: what one poll read, or what one frame carried.
struct Moments: Sendable {
  /// How the samples are grouped.
  enum Grouping: Sendable {
    /// All of them are one moment.
    case whole
    /// Neighbours with the same time are one moment.
    case byTime
  }

  var samples: SampleBatch
  var grouping: Grouping
  /// What is done to all samples from here on.
  var change: StageChange?
  /// The number of the configuration from here on.
  var configurationVersion: UInt32?
  /// Called once all that came of the samples is durable, or with false when that will not be.
  var onStored: (@Sendable (_ isStored: Bool) -> Void)?

  /// The index ranges of the moments.
  var ranges: [Range<Int>] {
    guard grouping == .byTime else { return [0..<samples.count] }
    var ranges: [Range<Int>] = []
    var start = 0
    samples.records.withUnsafeBufferPointer { records in
      for index in records.indices where records[index].time != records[start].time {
        ranges.append(start..<index)
        start = index
      }
    }
    if start < samples.count { ranges.append(start..<samples.count) }
    return ranges
  }
}
