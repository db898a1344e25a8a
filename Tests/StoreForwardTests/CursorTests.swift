import StoreForward
import Testing

@Suite("Cursors deliver everything at least once")
struct CursorTests {
  @Test("a cursor goes on behind its last acknowledgement")
  func persists() throws {
    let scratch = Scratch()
    do {
      let store = try BlockingRingStore(directory: scratch.path, options: .small())
      let cursor = try store.cursor("sink")
      try store.append(try batch(from: 1, count: 100))
      let last = try cursor.next(maxRecords: 30) { $0.lastSequence }
      #expect(last == 30)
      try cursor.acknowledge(through: 30)
      _ = try cursor.next(maxRecords: 30) { $0.lastSequence }
      try store.close()
    }
    let store = try BlockingRingStore(directory: scratch.path, options: .small())
    let cursor = try store.cursor("sink")
    #expect(cursor.status?.acknowledged == 30)
    var contents = Contents()
    while try cursor.next({ contents.add($0) }) != nil {}
    #expect(contents.numbers == Array(31...100))
  }

  @Test("acknowledgements in any order, twice and from the future mean what they say")
  func outOfOrder() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small())
    let cursor = try store.cursor("sink")
    try store.append(try batch(from: 1, count: 20))
    try cursor.acknowledge(5...7)
    try cursor.acknowledge(5...7)
    try cursor.acknowledge(10...10)
    #expect(cursor.status?.acknowledged == 0)
    #expect(cursor.status?.backlog == 16)
    var contents = Contents()
    while try cursor.next(maxRecords: 3, { contents.add($0) }) != nil {}
    #expect(contents.numbers == [1, 2, 3, 4, 8, 9] + Array(11...20))
    try cursor.acknowledge(through: 4)
    #expect(cursor.status?.acknowledged == 7)
    try cursor.acknowledge(8...9)
    #expect(cursor.status?.acknowledged == 10)
    try cursor.acknowledge(through: 10_000)
    #expect(cursor.status?.acknowledged == 20)
    #expect(store.nextSequence == 21)
  }

  @Test("a cursor that lags behind gets a gap and the label counts of what went")
  func laggard() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 3))
    let slow = try store.cursor("slow")
    let fast = try store.cursor("fast")
    var appended: [UInt32: UInt64] = [:]
    for round in 0..<40 {
      var batch = RecordBatch()
      for index in 0..<20 {
        let label = UInt32(index % 3)
        try batch.append(
          payload(UInt64(round * 20 + index + 1), size: 300), time: 0,
          labels: [LabelCount(label: label, count: 2)])
        appended[label, default: 0] += 2
      }
      try store.append(batch)
      while let last = try fast.next({ $0.lastSequence }) { try fast.acknowledge(through: last) }
    }
    var contents = Contents()
    var kept: UInt64 = 0
    while try slow.next({ (batch) -> Void in
      contents.add(batch, size: { _ in 300 })
      kept += UInt64(batch.count)
    }) != nil {}
    #expect(contents.covers(through: 800))
    #expect(contents.gaps.allSatisfy { $0.reason == .evicted })
    let lost = store.evictedLabels(cursor: "slow")
    #expect(lost.values.reduce(0, +) == (800 - kept) * 2)
    #expect(store.evictedLabels(cursor: "fast").isEmpty)
    #expect(slow.status?.evicted == 800 - kept)
    #expect(store.metrics.evictedRecords == 800 - kept)
    try store.close()
    let again = try BlockingRingStore(directory: scratch.path, options: .small(segments: 3))
    #expect(again.evictedLabels(cursor: "slow") == lost)
  }

  @Test("rewinding goes to a number or a time")
  func rewind() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 64))
    // The clock jumps back in the middle; the order stays that of appending.
    let time: (UInt64) -> Int64 = { $0 <= 1500 ? Int64($0) * 10 : Int64($0) * 10 - 9_000 }
    try store.append(try batch(from: 1, count: 3000, time: time))
    let cursor = try store.cursor("sink", from: .sequence(2990))
    #expect(try cursor.next { $0.sequence(at: 0) } == 2990)
    for moment in [Int64.min, 5, 10, 4_321, 15_000, 15_001, 20_995, 21_000] {
      try cursor.rewind(to: .time(moment))
      let expected = (1...3000).first { time($0) >= moment }
      #expect(try cursor.next { $0.sequence(at: 0) } == expected, "time \(moment)")
    }
    try cursor.rewind(to: .time(.max))
    #expect(try cursor.next { $0.count } == nil)
    try cursor.rewind(to: .oldest)
    #expect(try cursor.next { $0.sequence(at: 0) } == 1)
  }

  @Test("a name has one consumer")
  func oneConsumer() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small())
    let cursor = try store.cursor("sink")
    let error = #expect(throws: StoreError.self) { _ = try store.cursor("sink") }
    #expect(error?.code == .cursorInUse)
    #expect(throws: StoreError.self) { _ = try store.cursor("") }
    #expect(throws: StoreError.self) { try store.removeCursor("sink") }
    _ = cursor.name
  }

  @Test("a full ring refuses until a cursor has read")
  func rejects() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(
      directory: scratch.path, options: .small(segments: 3, overflow: .rejectNewest))
    let cursor = try store.cursor("sink")
    var next: UInt64 = 1
    var refused = false
    for _ in 0..<100 where !refused {
      let records = try batch(from: next, count: 50)
      do {
        try store.append(records)
        next += 50
      } catch {
        refused = error.code == .full
      }
    }
    #expect(refused)
    #expect(store.metrics.rejectedAppends == 1)
    var contents = Contents()
    while try cursor.next({ contents.add($0) }) != nil {}
    #expect(contents.numbers == Array(1..<next))
    #expect(contents.gaps.isEmpty)
    try cursor.acknowledge(through: next - 1)
    try store.append(try batch(from: next, count: 50))
    while try cursor.next({ contents.add($0) }) != nil {}
    #expect(contents.numbers == Array(1..<(next + 50)))
    #expect(contents.wrong.isEmpty)
  }
}
