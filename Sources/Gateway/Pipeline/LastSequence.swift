internal import IndustrialModel
internal import StoreForward

/// Where the numbering of samples goes on after a restart: behind every number that a sink may have seen.
enum LastSequence {
  /// The number for the next sample of the lanes in some directories, whose stores are not open yet: recovery gives out numbers of
  /// records that were never used, which look like lost ones.
  static func next(in directories: [String]) throws(StoreError) -> UInt64 {
    var highest: UInt64 = 0
    var records: UInt64 = 0
    var unreadable: UInt64 = 0
    var isCertain = true
    for directory in directories {
      let lane = try end(of: directory)
      highest = max(highest, lane.sample)
      records &+= lane.last
      unreadable &+= lane.unreadable
      if lane.sample == 0, lane.last > 0 { isCertain = false }
    }
    // No record holds more samples than this. Numbers go through all lanes, so what is behind the highest may be in the
    // unreadable records of any of them. Whether another lane has gone on behind them since is not known: as long as a quiet lane
    // ends in damage, numbers leap by as much at each start. That costs numbers, of which there are enough.
    let samplesPerRecord = UInt64(Lane.samplesPerRecord)
    highest &+= unreadable &* samplesPerRecord
    if !isCertain { highest = max(highest, records &* samplesPerRecord) }
    return highest &+ 1
  }

  /// The highest number that can be read, once the stores are open: of one that was not closed, who only looks does not see what is
  /// behind damage in its last write, and recovery does.
  static func highest(in directories: [String]) throws(StoreError) -> UInt64 {
    var highest: UInt64 = 0
    for directory in directories { highest = max(highest, try end(of: directory).sample) }
    return highest
  }

  /// What can be read of a lane's newest records.
  private struct End {
    /// The number of the last record; 0 where there is none.
    var last: UInt64 = 0
    /// The records up to here were looked at.
    var through: UInt64 = 0
    /// The highest number of a sample and the record that it is in; 0 where none can be read.
    var sample: UInt64 = 0
    var record: UInt64 = 0
    /// The numbers of records that can't be read.
    var lost: [ClosedRange<UInt64>] = []

    /// How many records behind that of the highest number can't be read: each may hold samples that a sink has seen.
    var unreadable: UInt64 {
      lost.reduce(0) { count, numbers in
        guard numbers.upperBound > record else { return count }
        return count &+ (numbers.upperBound - max(numbers.lowerBound, record &+ 1) &+ 1)
      }
    }

    mutating func look(at batch: borrowing StoredBatch) {
      for gap in batch.gaps where gap.reason == .damaged && gap.count > 0 {
        lost.append(gap.first...gap.last)
      }
      for index in 0..<batch.count {
        let number = batch.sequence(at: index)
        var samples = SampleBatch()
        do throws(SampleCodecError) {
          try SampleCodec.decode(batch.payload(at: index), tags: TagRegistry(), into: &samples)
        } catch {
          lost.append(number...number)
        }
        if let newest = samples.last, newest.sequence > sample {
          (sample, record) = (newest.sequence, number)
        }
      }
      through = max(through, batch.lastSequence)
    }
  }

  private static func end(of directory: String) throws(StoreError) -> End {
    let reader: StoreReader
    do throws(StoreError) {
      reader = try StoreReader(directory: directory)
    } catch  where error.code == .notFound {
      return End()
    }
    var end = End(last: reader.lastSequence)
    // The last few records, in case the very last is damaged; more of them where they hold only counts.
    for distance: UInt64 in [15, 255, 16_383] where end.sample == 0 && end.last > 0 {
      let first = end.last > distance ? end.last - distance : 1
      end = End(last: end.last, through: first - 1)
      try reader.seek(to: .sequence(first))
      do {
        while try reader.next({ end.look(at: $0) }) != nil {}
      } catch {
        // What it did not come to can't be read.
        if end.through < end.last { end.lost.append((end.through + 1)...end.last) }
      }
      if end.last <= distance { break }
    }
    return end
  }
}
