internal import IndustrialModel
internal import StoreForward

/// Where the numbering of samples goes on after a restart: behind every number that a sink may have seen.
enum LastSequence {
  /// The number for the next sample of a store in `directory`.
  static func next(in directory: String) throws(StoreError) -> UInt64 {
    let reader: StoreReader
    do throws(StoreError) {
      reader = try StoreReader(directory: directory)
    } catch  where error.code == .notFound {
      return 1
    }
    // The last few records, in case the very last is damaged.
    let last = reader.lastSequence
    try reader.seek(to: .sequence(last > 15 ? last - 15 : 1))
    var highest: UInt64 = 0
    do {
      while let found = try reader.next({ highestSequence(of: $0) }) {
        highest = max(highest, found)
      }
    } catch {
      // Unreadable at the end: the bound below holds all the same.
    }
    if highest > 0 { return highest &+ 1 }
    // No record holds more samples than this, so this number is above all of theirs.
    return last &* UInt64(Lane.samplesPerRecord) &+ 1
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
