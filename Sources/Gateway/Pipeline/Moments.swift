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
  /// When they came. The stages know no other time, so that what they do follows from the moments alone.
  var time = WireTime.now()
  /// Whether they say nothing but the time.
  var isTick = false
  /// What came from the wire, for the journal.
  var wire: [UInt8]?
  /// For the journal: what a reload changes here.
  var reload: JournalChange?
  /// What is done to all samples from here on.
  var change: StageChange?
  /// The number of the configuration from here on.
  var configurationVersion: UInt32?
  /// Called once all that came of the samples is durable, or with false when that will not be.
  var onStored: (@Sendable (_ isStored: Bool) -> Void)?

  /// Nothing, at a time.
  init(at time: WireTime) { self.init(samples: SampleBatch(), grouping: .whole, time: time) }

  init(samples: SampleBatch, grouping: Grouping, time: WireTime) {
    (self.samples, self.grouping, self.time) = (samples, grouping, time)
  }

  init(samples: SampleBatch, grouping: Grouping) {
    (self.samples, self.grouping) = (samples, grouping)
  }

  /// Whether nothing is lost when nobody sees it.
  var isEmpty: Bool { samples.isEmpty && wire == nil }

  /// What it counts for in the intake: so many samples, or what takes as much room.
  var weight: Int { max(samples.count, (wire?.count ?? 0) / 64) }

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
