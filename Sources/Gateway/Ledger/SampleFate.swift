internal import IndustrialModel

/// What becomes of samples before they are in the buffer, and that they got there.
enum SampleFate: Int, CaseIterable {
  /// Came from a driver, a formula or a window.
  case acquired
  /// Said nothing new, by the rules of its tag.
  case suppressed
  /// Went into a window of which only the results are kept.
  case folded
  /// Was set aside until the next one shows whether it is needed.
  case held
  /// Is no longer set aside: it was stored or suppressed.
  case released
  /// Was set aside when the gateway was killed.
  case shedAtKill
  /// There was no room before the gateway's end.
  case shedWhenFull
  /// Too large for any record of the buffer.
  case shedTooLarge
  /// Is in a record of the buffer.
  case stored
}

/// What happened to samples since the last record that told it, by the tags' numbers in the registry.
struct SampleFates: Sendable {
  private(set) var counters = SampleFate.allCases.map { _ in TagCounter() }

  mutating func count(_ fate: SampleFate, _ number: UInt32, _ count: UInt64 = 1) {
    if count > 0 { counters[fate.rawValue].add(Int(number), count) }
  }

  /// Counts that a tag's newest sample was set aside or is not any more.
  mutating func countHeld(_ number: UInt32, _ wasHeld: Bool, _ isHeld: Bool) {
    if wasHeld != isHeld { count(isHeld ? .held : .released, number) }
  }

  var isEmpty: Bool { counters.allSatisfy(\.isEmpty) }

  /// So many counts there are to tell.
  var entryCount: Int { counters.reduce(0) { $0 + $1.touched.count } }

  /// Samples came.
  mutating func countAcquired(_ records: ArraySlice<SampleBatch.Record>) {
    counters[SampleFate.acquired.rawValue].add(records)
  }

  mutating func removeAll() {
    for index in counters.indices { counters[index].removeAll() }
  }

  /// Takes the acquired ones of those that are stored now.
  mutating func takeAcquired(of stored: TagCounter, _ body: (UInt32, UInt64) -> Void) {
    counters[SampleFate.acquired.rawValue].take(atMost: stored, body)
  }

  mutating func sort(by order: [UInt32]) {
    for index in counters.indices { counters[index].sort(by: order) }
  }
}
