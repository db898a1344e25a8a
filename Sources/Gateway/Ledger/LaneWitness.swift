internal import Glibc
internal import IOThreads
internal import StoreForward
internal import Synchronization

/// Counts what a full lane gives up, for each sink that has not had it; it is on the disk before the first byte goes.
final class LaneWitness: EvictionWitness {
  private struct Victim {
    var reader: AccountReader
    var through: UInt64 = 0
  }

  private let books: LedgerBooks
  private let lane: BufferLane
  private let victim: Mutex<Victim>

  init(_ books: LedgerBooks, _ lane: BufferLane) {
    (self.books, self.lane) = (books, lane)
    victim = Mutex(Victim(reader: books.accountReader()))
  }

  func wantsRecords(_ numbers: ClosedRange<UInt64>) -> Bool {
    victim.withLock { $0 = Victim(reader: books.accountReader(), through: numbers.upperBound) }
    let lane = lane.rawValue
    return books.withState { state in
      state.sinks.contains {
        $0.places[lane].missing(in: numbers) > 0 || !$0.openings[lane].isDone
      } || state.waitingCounts.values.contains { !$0.scans[lane].isDone }
    }
  }

  func willEvict(_ batch: borrowing StoredBatch, isAhead: Bool) {
    victim.withLock { victim in
      var contents: [RecordContent] = []
      victim.reader.read(batch, into: &contents)
      count(contents, victim.through)
    }
  }

  private func count(_ contents: [RecordContent], _ through: UInt64) {
    books.withState { state in
      for content in contents where content.numbers.upperBound <= through {
        state.evict(content, in: lane)
      }
    }
  }

  func willEvict(through sequence: UInt64) throws(StoreError) {
    victim.withLock { victim in
      var contents: [RecordContent] = []
      victim.reader.finish(into: &contents)
      count(contents, victim.through)
    }
    books.withState { state in
      state.isChanged = true
      let lane = lane.rawValue
      state.lanes[lane].evictedThrough = max(state.lanes[lane].evictedThrough, sequence)
      for index in state.sinks.indices { state.sinks[index].places[lane].insert(through: sequence) }
    }
    do throws(SystemFailure) {
      try books.save()
    } catch {
      throw StoreError(
        .diskFull, "the ledger can't be written: \(error.explanation)",
        advice: "see to the disk; nothing is given up until it can be counted")
    }
  }
}
