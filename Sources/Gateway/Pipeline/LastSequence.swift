internal import IndustrialModel
internal import StoreForward

/// Where the numbering of samples goes on after a restart: behind every number that a sink may have seen.
enum LastSequence {
  /// The number for the next sample of the lanes in some directories.
  static func next(in directories: [String]) throws(StoreError) -> UInt64 {
    var highest: UInt64 = 0
    var records: UInt64 = 0
    var isCertain = true
    for directory in directories {
      let lane = try last(in: directory)
      highest = max(highest, lane.sample ?? 0)
      records &+= lane.record
      if lane.sample == nil, lane.record > 0 { isCertain = false }
    }
    if isCertain { return highest &+ 1 }
    // No record holds more samples than this, so this number is above all of theirs.
    return max(highest, records &* UInt64(Lane.samplesPerRecord)) &+ 1
  }

  /// The number of the last record of a store, and of the last sample that can be read.
  private static func last(
    in directory: String
  ) throws(StoreError) -> (record: UInt64, sample: UInt64?) {
    let reader: StoreReader
    do throws(StoreError) {
      reader = try StoreReader(directory: directory)
    } catch  where error.code == .notFound {
      return (0, nil)
    }
    let last = reader.lastSequence
    var highest: UInt64 = 0
    // The last few records, in case the very last is damaged; more of them where they hold only counts.
    for distance: UInt64 in [15, 255, 16_383] where highest == 0 && last > 0 {
      try reader.seek(to: .sequence(last > distance ? last - distance : 1))
      do {
        while let found = try reader.next({ highestSequence(of: $0) }) {
          highest = max(highest, found)
        }
      } catch {
        // Unreadable at the end: the bound below holds all the same.
      }
      if last <= distance { break }
    }
    return (last, highest > 0 ? highest : nil)
  }

  private static func highestSequence(of batch: borrowing StoredBatch) -> UInt64 {
    var highest: UInt64 = 0
    for index in 0..<batch.count {
      var samples = SampleBatch()
      try? SampleCodec.decode(batch.payload(at: index), tags: TagRegistry(), into: &samples)
      if let last = samples.last { highest = max(highest, last.sequence) }
    }
    return highest
  }
}
