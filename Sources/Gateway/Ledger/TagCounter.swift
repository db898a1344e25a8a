internal import IndustrialModel

/// Counts by the numbers of tags, emptied often: only what was touched is looked at then.
struct TagCounter: Sendable {
  private var counts: [UInt64] = []
  /// The numbers that have a count.
  private(set) var touched: [UInt32] = []

  var isEmpty: Bool { touched.isEmpty }

  subscript(number: Int) -> UInt64 { number < counts.count ? counts[number] : 0 }

  mutating func add(_ number: Int, _ count: UInt64 = 1) {
    if number >= counts.count { grow(to: number) }
    if counts[number] == 0 { touched.append(UInt32(truncatingIfNeeded: number)) }
    counts[number] &+= count
  }

  private mutating func grow(to number: Int) {
    counts += repeatElement(0, count: max(number + 1, 2 * counts.count) - counts.count)
  }

  mutating func add(_ run: TagRuns.Run) {
    guard run.count > 0 else { return }
    for number in run.first..<(run.first + run.length) { add(number, run.count) }
  }

  /// Counts the samples of each tag, by the registry's numbers.
  mutating func add(_ records: ArraySlice<SampleBatch.Record>) {
    for record in records { add(Int(record.tag.rawValue)) }
  }

  /// Counts the samples of each tag, by other numbers for those of the registry.
  mutating func add(_ records: ArraySlice<SampleBatch.Record>, as numbers: [UInt32]) {
    for record in records {
      let tag = Int(record.tag.rawValue)
      if tag < numbers.count { add(Int(numbers[tag])) }
    }
  }

  mutating func removeAll() {
    for number in touched { counts[Int(number)] = 0 }
    touched.removeAll(keepingCapacity: true)
  }

  /// Takes away what another one has, at most what is here, and tells what was taken.
  mutating func take(atMost other: TagCounter, _ body: (UInt32, UInt64) -> Void) {
    for number in other.touched {
      let count = min(self[Int(number)], other[Int(number)])
      guard count > 0 else { continue }
      counts[Int(number)] -= count
      body(number, count)
    }
    let counts = counts
    touched.removeAll { counts[Int($0)] == 0 }
  }

  /// Brings the touched numbers into an order.
  mutating func sort(by order: [UInt32]) {
    var isSorted = true
    var last: UInt32 = 0
    for number in touched {
      let place = order[Int(number)]
      if place < last {
        isSorted = false
        break
      }
      last = place
    }
    if !isSorted { touched.sort { order[Int($0)] < order[Int($1)] } }
  }

  mutating func sort() {
    var isSorted = true
    for index in touched.indices.dropFirst() where touched[index - 1] > touched[index] {
      isSorted = false
      break
    }
    if !isSorted { touched.sort() }
  }
}
