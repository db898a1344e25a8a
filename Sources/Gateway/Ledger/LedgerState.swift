internal import IndustrialModel

/// Counts of one kind by the ledger's numbers of tags.
struct LedgerColumn: Sendable {
  /// What the file has.
  private(set) var saved: [UInt64] = []
  private(set) var unsaved = TagCounter()

  subscript(number: Int) -> UInt64 {
    (number < saved.count ? saved[number] : 0) &+ unsaved[number]
  }

  mutating func add(_ number: Int, _ count: UInt64 = 1) { unsaved.add(number, count) }
  mutating func add(_ run: TagRuns.Run) { unsaved.add(run) }

  mutating func add(_ records: ArraySlice<SampleBatch.Record>, as numbers: [UInt32]) {
    unsaved.add(records, as: numbers)
  }

  /// Over all tags.
  var total: UInt64 {
    unsaved.touched.reduce(saved.reduce(0, &+)) { $0 &+ unsaved[Int($1)] }
  }

  mutating func fold() {
    for number in unsaved.touched {
      let number = Int(number)
      if number >= saved.count {
        saved += repeatElement(0, count: number + 1 - saved.count)
      }
      saved[number] &+= unsaved[number]
    }
    unsaved.removeAll()
  }
}

/// What becomes of a stored sample for one sink.
enum SinkOutcome: Int, CaseIterable {
  /// The sink confirmed it.
  case delivered
  /// The sink refused it for good; it is in the dead-letter file.
  case deadLettered
  /// It is not for this sink.
  case withheld
  /// The full buffer gave it up before the sink had it.
  case evicted
  /// The disk damaged it before the sink had it.
  case damaged
  /// It reached the sink after it had been counted as evicted. No term of the equation.
  case late
  /// It was in the buffer already when the sink began.
  case found
  /// How many were stored before the sink began, whether they were there still or not.
  case before
}

/// Looks at records from a place to another one.
struct LedgerScan: Sendable {
  /// Looked at up to here.
  var position: UInt64
  var through: UInt64

  /// Whether records are to be looked at; they are no longer then.
  mutating func takes(_ numbers: ClosedRange<UInt64>) -> Bool {
    guard numbers.lowerBound > position, numbers.upperBound <= through else { return false }
    position = numbers.upperBound
    return true
  }

  var isDone: Bool { position >= through }
}

struct LaneBook: Sendable {
  /// Which store; nil as long as there is none.
  var store: (low: UInt64, high: UInt64)?
  /// All records up to here are in the books.
  var through: UInt64 = 0
  var evictedThrough: UInt64 = 0
  /// Records that were never in the books, since nobody can tell what was in them.
  var strays = PlaceSet()
}

struct SinkBook: Sendable {
  var name: String
  /// Whether it may still turn out that there is no such sink: it is in no ledger and in no file then. Those stand behind all others.
  var isOnTrial = false
  var columns = SinkOutcome.allCases.map { _ in LedgerColumn() }
  /// By the lane's number.
  var places = BufferLane.allCases.map { _ in PlaceSet() }
  /// What was there before the sink has still to be looked at, by the lane's number.
  var openings = BufferLane.allCases.map { _ in LedgerScan(position: 0, through: 0) }
  /// Records of which nothing is known but that they did not reach the sink.
  var unknownEvicted: UInt64 = 0
  var unknownDamaged: UInt64 = 0

  mutating func add(_ outcome: SinkOutcome, _ run: TagRuns.Run) {
    columns[outcome.rawValue].add(run)
  }
}

/// Counts what waits for the sinks, at the moment when it began.
struct WaitingCount: Sendable {
  var scans: [LedgerScan]
  /// By the sink's number, then the lane's.
  var places: [[PlaceSet]]
  /// By the sink's number.
  var counts: [TagCounter]
  /// Records of which nothing is known.
  var unknown: [UInt64]
}

/// All that the ledger knows.
struct LedgerState: Sendable {
  /// Drawn when the ledger was begun.
  var identity: UInt64
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]
  private var savedNames = 0
  /// Those that the entry has which was made last.
  private var writtenNames = 0
  var columns = SampleFate.allCases.map { _ in LedgerColumn() }
  var lanes = BufferLane.allCases.map { _ in LaneBook() }
  var sinks: [SinkBook] = []
  var waitingCounts: [UInt64: WaitingCount] = [:]
  var isChanged = true

  init(identity: UInt64) { self.identity = identity }

  var hasUnsavedNames: Bool { savedNames < names.count }

  /// The sinks that there are for good; their numbers stay.
  var settledSinks: ArraySlice<SinkBook> { sinks.prefix { !$0.isOnTrial } }

  mutating func number(of name: String) -> Int {
    if let number = numbers[name] { return number }
    numbers[name] = names.count
    names.append(name)
    isChanged = true
    return names.count - 1
  }

  /// A record is in the buffer.
  mutating func enter(_ account: [UInt8]) {
    isChanged = true
    _ = RecordAccount.read(account, below: names.count) { fate, run in
      columns[fate.rawValue].add(run)
    }
  }

  /// A record was not stored: what would have been in it is shed.
  mutating func shed(_ account: [UInt8]) {
    isChanged = true
    _ = RecordAccount.read(account, below: names.count) { fate, run in
      columns[(fate == .stored ? SampleFate.shedWhenFull : fate).rawValue].add(run)
    }
  }

  /// A record goes: for those who had it not, and for those who count what is there.
  mutating func evict(_ content: RecordContent, in lane: BufferLane) {
    isChanged = true
    for index in sinks.indices {
      if sinks[index].openings[lane.rawValue].takes(content.numbers) {
        add(content, as: .found, to: index)
      }
      let missing = sinks[index].places[lane.rawValue].missing(in: content.numbers)
      guard missing > 0 else { continue }
      sinks[index].places[lane.rawValue].insert(content.numbers)
      if content.account != nil {
        add(content, as: content.isIntact ? .evicted : .damaged, to: index)
      } else if content.isIntact {
        sinks[index].unknownEvicted += missing
      } else {
        sinks[index].unknownDamaged += unknown(of: content.numbers, in: lane, missing)
      }
    }
    for key in waitingCounts.keys { wait(content, in: lane, key) }
  }

  /// How many of the missing records were in the books before.
  func unknown(of numbers: ClosedRange<UInt64>, in lane: BufferLane, _ missing: UInt64) -> UInt64 {
    let strays = lanes[lane.rawValue].strays
    guard strays.intersects(numbers) else { return missing }
    return min(missing, strays.missing(in: numbers))
  }

  /// Somebody who counts what waits looks at a record.
  mutating func wait(_ content: RecordContent, in lane: BufferLane, _ key: UInt64) {
    guard var count = waitingCounts[key], count.scans[lane.rawValue].takes(content.numbers) else {
      return
    }
    waitingCounts[key] = nil
    for index in count.places.indices {
      let missing = count.places[index][lane.rawValue].missing(in: content.numbers)
      guard missing > 0 else { continue }
      guard let account = content.account else {
        count.unknown[index] += unknown(of: content.numbers, in: lane, missing)
        continue
      }
      _ = RecordAccount.read(account, below: names.count) { fate, run in
        if fate == .stored { count.counts[index].add(run) }
      }
    }
    waitingCounts[key] = count
  }

  mutating func add(_ content: RecordContent, as outcome: SinkOutcome, to sink: Int) {
    guard let account = content.account else { return }
    _ = RecordAccount.read(account, below: names.count) { fate, run in
      if fate == .stored { sinks[sink].add(outcome, run) }
    }
  }

  // MARK: Entries of the file

  /// The entry that was made last is on the disk.
  mutating func didSave() { savedNames = writtenNames }

  /// What has changed since the entry before, or all. Its names count as saved with ``didSave()``: until then no record may use their numbers.
  mutating func entry(all: Bool) -> [UInt8] {
    var bytes: [UInt8] = [all ? 1 : 0]
    if all { bytes.append(word: identity) }
    let first = all ? 0 : savedNames
    bytes.appendVarint(names.count - first)
    for name in names[first...] { bytes.append(text: name) }
    writtenNames = names.count
    for lane in lanes {
      bytes.append(lane.store == nil ? 0 : 1)
      bytes.append(word: lane.store?.low ?? 0)
      bytes.append(word: lane.store?.high ?? 0)
      bytes.appendVarint(lane.through)
      bytes.appendVarint(lane.evictedThrough)
      lane.strays.write(to: &bytes)
    }
    for index in columns.indices { Self.write(&columns[index], all: all, to: &bytes) }
    let settled = settledSinks.indices
    bytes.appendVarint(settled.count)
    for index in settled {
      bytes.append(text: sinks[index].name)
      for place in sinks[index].places { place.write(to: &bytes) }
      for opening in sinks[index].openings {
        bytes.appendVarint(opening.position)
        bytes.appendVarint(opening.through)
      }
      bytes.appendVarint(sinks[index].unknownEvicted)
      bytes.appendVarint(sinks[index].unknownDamaged)
      for column in sinks[index].columns.indices {
        Self.write(&sinks[index].columns[column], all: all, to: &bytes)
      }
    }
    isChanged = false
    return bytes
  }

  private static func write(_ column: inout LedgerColumn, all: Bool, to bytes: inout [UInt8]) {
    var writer = TagRuns.Writer()
    if all {
      column.fold()
      for (number, count) in column.saved.enumerated() where count > 0 { writer.add(number, count) }
    } else {
      for number in column.unsaved.touched.sorted() {
        writer.add(Int(number), column.unsaved[Int(number)])
      }
      column.fold()
    }
    writer.write(to: &bytes)
  }

  /// Reads entries, the first of which says all; nil if they are none.
  init?(entries: [[UInt8]]) {
    self.init(identity: 0)
    for (index, entry) in entries.enumerated() {
      let isRead = entry.withUnsafeBytes { bytes in
        var reader = VarintReader(bytes)
        return read(&reader, isFirst: index == 0)
      }
      guard isRead else { return nil }
    }
    savedNames = names.count
    guard !entries.isEmpty else { return nil }
  }

  private mutating func read(_ reader: inout VarintReader, isFirst: Bool) -> Bool {
    guard reader.next() == (isFirst ? 1 : 0) else { return false }
    if isFirst {
      guard let word = reader.word() else { return false }
      identity = word
    }
    guard let count = reader.nextLength() else { return false }
    for _ in 0..<count {
      guard let name = reader.text(), number(of: name) == names.count - 1 else { return false }
    }
    for index in lanes.indices {
      guard let has = reader.next(), let low = reader.word(), let high = reader.word(),
        let through = reader.next(), let evicted = reader.next(), let strays = PlaceSet(&reader)
      else { return false }
      lanes[index] = LaneBook(
        store: has == 0 ? nil : (low, high), through: through, evictedThrough: evicted,
        strays: strays)
    }
    for index in columns.indices {
      guard Self.read(&reader, names.count, into: &columns[index]) else { return false }
    }
    guard let count = reader.nextLength(), count >= sinks.count else { return false }
    for index in 0..<count {
      guard let name = reader.text() else { return false }
      if index == sinks.count { sinks.append(SinkBook(name: name)) }
      guard sinks[index].name == name, readSink(&reader, index) else { return false }
    }
    return true
  }

  private mutating func readSink(_ reader: inout VarintReader, _ index: Int) -> Bool {
    for lane in lanes.indices {
      guard let place = PlaceSet(&reader) else { return false }
      sinks[index].places[lane] = place
    }
    for lane in lanes.indices {
      guard let position = reader.next(), let through = reader.next() else { return false }
      sinks[index].openings[lane] = LedgerScan(position: position, through: through)
    }
    guard let evicted = reader.next(), let damaged = reader.next() else { return false }
    (sinks[index].unknownEvicted, sinks[index].unknownDamaged) = (evicted, damaged)
    for column in sinks[index].columns.indices {
      guard Self.read(&reader, names.count, into: &sinks[index].columns[column]) else {
        return false
      }
    }
    return true
  }

  private static func read(
    _ reader: inout VarintReader, _ limit: Int, into column: inout LedgerColumn
  ) -> Bool {
    let isRead = TagRuns.read(&reader, below: limit) { column.add($0) }
    column.fold()
    return isRead
  }
}
