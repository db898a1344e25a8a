internal import IndustrialModel
internal import StoreForward

/// Looks for the samples of one tag at a time in the buffer of a data folder. Keeps no more of what it reads than it may answer.
struct BufferSearch {
  /// A sample and where it stands.
  struct Hit {
    var sample: Sample
    var lane: BufferLane
    var record: UInt64
  }

  /// What a lane has.
  struct LaneContent {
    var lane: BufferLane
    /// The numbers of the first and the last sample that can be read.
    var samples: ClosedRange<UInt64>?
    /// Whether records are damaged.
    var isDamaged = false
    /// Whether records have given way.
    var isEvicted = false
  }

  /// Those whose time is exactly the one asked for: the last few of them.
  private(set) var exact: [Hit] = []
  private(set) var exactCount = 0
  /// The one with the latest time before it, of several the last.
  private(set) var before: Hit?
  /// The times of the tag's first and last sample.
  private(set) var span: ClosedRange<Timestamp>?
  private(set) var lanes: [LaneContent] = []
  /// All tags that the buffer has samples of.
  let tags = TagRegistry()

  private let tag: TagID
  private let time: Timestamp

  /// More samples of one time are counted and not kept.
  private static let limit = 16

  /// - Throws: `StoreError` when the buffer can't be read; `SampleCodecError` when it is of a newer version.
  init(_ name: String, at time: Timestamp, dataFolder: String) throws {
    tag = tags.intern(name)
    self.time = time
    for lane in BufferLane.allCases {
      if let reader = try LedgerReader.open("\(dataFolder)/\(lane.folder)") {
        try read(reader, lane)
      }
    }
  }

  /// The last number that any lane has; nil for an empty buffer.
  var lastSequence: UInt64? { lanes.compactMap(\.samples?.upperBound).max() }

  private mutating func read(_ reader: StoreReader, _ lane: BufferLane) throws {
    var content = LaneContent(lane: lane, isEvicted: reader.evictedThrough > 0)
    var blocks = SampleBlockReader(tags: tags)
    var isMore = true
    while isMore {
      try Task.checkCancellation()
      let found: Bool? = try reader.next { (batch) throws -> Bool in
        try take(batch, &blocks, into: &content)
        return true
      }
      isMore = found != nil
    }
    lanes.append(content)
  }

  private mutating func take(
    _ batch: borrowing StoredBatch, _ blocks: inout SampleBlockReader,
    into content: inout LaneContent
  ) throws {
    for gap in batch.gaps {
      if gap.reason == .damaged { content.isDamaged = true }
      if gap.reason == .evicted { content.isEvicted = true }
    }
    for index in 0..<batch.count {
      guard let samples = try Self.samples(of: batch, index, &blocks) else {
        content.isDamaged = true
        continue
      }
      look(at: samples, content.lane, record: batch.sequence(at: index))
      for record in [samples.records.first, samples.records.last] {
        if let number = record?.sequence { content.samples.reach(number) }
      }
    }
  }

  /// The samples of a record; nil when it is no block of samples.
  private static func samples(
    of batch: borrowing StoredBatch, _ index: Int, _ blocks: inout SampleBlockReader
  ) throws(SampleCodecError) -> SampleBatch? {
    do throws(SampleCodecError) {
      return try batch.withPayload(at: index) { (block) throws(SampleCodecError) in
        var samples = SampleBatch()
        try blocks.read(block, into: &samples)
        return samples
      }
    } catch {
      if error.code == .newerVersion { throw error }
      return nil
    }
  }

  private mutating func look(at samples: SampleBatch, _ lane: BufferLane, record: UInt64) {
    for (index, entry) in samples.records.enumerated() where entry.tag == tag {
      span.reach(entry.time)
      guard entry.time <= time else { continue }
      let hit = Hit(sample: samples[index], lane: lane, record: record)
      if entry.time == time {
        exactCount += 1
        exact.append(hit)
        if exact.count > Self.limit { exact.removeFirst() }
      } else if isLater(entry) {
        before = hit
      }
    }
  }

  private func isLater(_ entry: SampleBatch.Record) -> Bool {
    guard let other = before?.sample else { return true }
    if other.time != entry.time { return other.time < entry.time }
    return other.sequence < entry.sequence
  }
}

extension Optional {
  /// Makes a range that reaches to a bound.
  mutating func reach<Bound: Comparable>(_ bound: Bound) where Wrapped == ClosedRange<Bound> {
    guard let known = self else {
      self = bound...bound
      return
    }
    if bound < known.lowerBound { self = bound...known.upperBound }
    if bound > known.upperBound { self = known.lowerBound...bound }
  }
}

extension Explanation.Reading {
  init(_ sample: Sample) {
    self.init(
      value: sample.value, quality: sample.quality, sourceTime: sample.sourceTime,
      gatewayTime: sample.gatewayTime)
  }
}
