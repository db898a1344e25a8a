import Foundation
import StoreForward
import Synchronization
import TestSupport
import Testing

@Suite("A ring that is overrun, looked at and stopped", .timeLimit(.minutes(15)))
struct RingTests {
  /// What several threads or tasks tell.
  private final class Tally: Sendable {
    let isDone = Atomic<Bool>(false)
    let faults = Mutex<[String]>([])
    let stored = Mutex<Set<UInt64>>([])
    let refused = Mutex<Set<UInt64>>([])
  }

  /// Takes what a cursor is given: numbers and gaps in order, without a break.
  private struct Sink {
    var records: UInt64 = 0
    var missing: UInt64 = 0
    var next: UInt64 = 1
    var faults: [String] = []

    mutating func take(_ batch: borrowing StoredBatch) {
      var gaps = batch.gaps[...]
      func wrong(_ number: UInt64) -> String { "\(number), expected \(next)" }
      for index in 0..<batch.count {
        let number = batch.sequence(at: index)
        while let gap = gaps.first, gap.first < number {
          if gap.first != next || gap.reason != .evicted { faults.append(wrong(gap.first)) }
          missing += gap.count
          next = gap.last + 1
          gaps = gaps.dropFirst()
        }
        if number != next || batch.payload(at: index) != payload(number) {
          faults.append(wrong(number))
        }
        records += 1
        next = number + 1
      }
      for gap in gaps {
        if gap.first != next { faults.append(wrong(gap.first)) }
        missing += gap.count
        next = gap.last + 1
      }
    }
  }

  @Test("ten times its capacity: a stopped, a slow and a fast sink get all or are told")
  func overrun() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 4))
    let cursors = try ["stopped", "slow", "fast"].map { try store.cursor($0) }
    var sinks = [Sink(), Sink(), Sink()]
    var last: UInt64 = 0
    var round = 0
    while last * 152 < 10 * 4 * (64 << 10) {
      last = try store.append(try batch(from: last + 1, count: 40)).lastSequence
      round += 1
      let amounts = [0, round % 6 == 0 ? 30 : 0, .max]
      for (index, amount) in amounts.enumerated() where amount > 0 {
        while try cursors[index].next(maxRecords: amount, { sinks[index].take($0) }) != nil {
          try cursors[index].acknowledge(through: sinks[index].next - 1)
          if amount < .max { break }
        }
      }
    }
    for (index, cursor) in cursors.enumerated() {
      while try cursor.next({ sinks[index].take($0) }) != nil {}
      #expect(sinks[index].faults.isEmpty, "\(cursor.name): \(sinks[index].faults.prefix(3))")
      #expect(sinks[index].records + sinks[index].missing == last, "\(cursor.name)")
      #expect(cursor.status?.evicted == sinks[index].missing, "\(cursor.name)")
    }
    #expect(sinks[0].missing > last / 2 && sinks[1].missing > 0 && sinks[2].missing == 0)
  }

  @Test("a batch stays as it was given, though its segment is used again or cut off meanwhile")
  func heldBatch() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 3))
    try store.append(try batch(from: 1, count: 100))
    let reader = try store.reader()
    try reader.next { held in
      var last: UInt64 = 100
      while last < 3000 {
        last = try store.append(try batch(from: last + 1, count: 100)).lastSequence
      }
      for name in scratch.names where name.hasPrefix("seg-") {
        try #require(FileHandle(forUpdatingAtPath: scratch.file(name))).truncate(atOffset: 0)
      }
      #expect(held.count == 100)
      for index in 0..<held.count {
        #expect(held.payload(at: index) == payload(held.sequence(at: index)))
      }
    }
    // What is gone is a gap, and nobody died of it.
    var contents = Contents()
    while try reader.next({ contents.add($0) }) != nil {}
    #expect(contents.wrong.isEmpty && contents.gaps.contains { $0.reason == .damaged })
  }

  @Test("one writer and eight readers: nothing torn, nothing before it is durable")
  func readers() async throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(
      directory: scratch.path, options: .small(segments: 16, sync: .interval(.milliseconds(2))))
    let tally = Tally()
    let begin = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await onThread {
          var last: UInt64 = 0
          // In the long form ten minutes.
          while Soak.isOn ? ContinuousClock.now - begin < .seconds(600) : last < 12_000 {
            last = try store.append(try batch(from: last + 1, count: 20)).lastSequence
          }
          try store.sync()
          tally.isDone.store(true, ordering: .releasing)
        }
      }
      for reader in 0..<8 {
        group.addTask {
          try await onThread {
            var sink = Sink()
            while true {
              let isLast = tally.isDone.load(ordering: .acquiring)
              // At the tail, in the middle, from the oldest, and following.
              let start: CursorStart =
                switch reader % 3 {
                case 0: .newest
                case 1: .sequence(max(1, store.metrics.durableSequence / 2))
                default: .oldest
                }
              let view = try store.reader(from: start)
              var isFirst = true
              while try view.next(
                maxBytes: 4096 << (reader % 4), wait: isLast ? .zero : .milliseconds(1),
                { batch -> Void in
                  if isFirst { sink.next = batch.firstSequence }
                  isFirst = false
                  sink.take(batch)
                  let durable = store.metrics.durableSequence
                  if batch.lastSequence > durable {
                    sink.faults.append("\(batch.lastSequence) before it was durable: \(durable)")
                  }
                }) != nil
              {}
              if isLast { break }
            }
            let found = sink.faults
            tally.faults.withLock { $0 += found }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(
      tally.faults.withLock { $0.prefix(3).isEmpty }, "\(tally.faults.withLock { $0.prefix(3) })")
    try store.close()
  }

  @Test("full rings: refused, waiting, cancelled and closed appends leave nothing half-written")
  func fullRings() async throws {
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    for run in 0..<Soak.cases(isCI ? 100 : 15, full: UInt64(10_000)) {
      var generator = SeededGenerator(seed: seed &+ run)
      let scratch = Scratch()
      let options = StoreOptions.small(
        segments: 2, overflow: Bool.random(using: &generator) ? .block : .rejectNewest)
      let store = try await RingStore(directory: scratch.path, options: options)
      let cursor = try await store.cursor("sink")
      // Marks of what was stored and of what was not.
      let tally = Tally()
      var appends: [Task<Void, Never>] = []
      for mark in UInt64(1)...12 {
        let sizes = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
          Int.random(in: 8...9000, using: &generator)
        }
        appends.append(
          Task {
            do throws(StoreError) {
              var batch = RecordBatch()
              for size in sizes { try batch.append(payload(mark, size: size), time: Int64(mark)) }
              let receipt = try await store.append(batch)
              _ = tally.stored.withLock { $0.insert(mark) }
              if receipt.count != sizes.count { Issue.record("seed \(seed), run \(run)") }
            } catch {
              _ = tally.refused.withLock { $0.insert(mark) }
            }
          })
      }
      for append in appends where Int.random(in: 0..<4, using: &generator) == 0 { append.cancel() }
      let reads = Int.random(in: 0...3, using: &generator)
      for _ in 0..<reads {
        try await cursor.next(maxBytes: 16_384, wait: .milliseconds(1)) {
          cursor.acknowledge(through: $0.lastSequence)
        }
      }
      if Bool.random(using: &generator) {
        for append in appends where Bool.random(using: &generator) { append.cancel() }
      }
      try await store.close()
      for append in appends { await append.value }
      let again = try BlockingRingStore(directory: scratch.path, options: options)
      let reader = try again.reader()
      var whole: [UInt64: Int] = [:]
      while try reader.next({ batch -> Void in
        for index in 0..<batch.count {
          let mark = UInt64(batch.time(at: index))
          let bytes = batch.payload(at: index)
          if bytes != payload(mark, size: bytes.count) { Issue.record("seed \(seed), run \(run)") }
          whole[mark, default: 0] += 1
        }
      }) != nil {}
      let odd = tally.refused.withLock { $0.filter { whole[$0] != nil } }
      #expect(odd.isEmpty, "seed \(seed), run \(run): \(odd) were refused and are there")
      #expect(tally.stored.withLock { $0.count } + tally.refused.withLock { $0.count } == 12)
      try again.close()
    }
  }

  @Test("clocks that jump change neither order nor numbers, and a time finds all that is not older")
  func clocks() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small(segments: 16))
    let year: Int64 = 365 * 86_400 * 1_000_000_000
    var times: [Int64] = []
    var generator = SeededGenerator(seed: 3)
    var now: Int64 = 1_800_000_000_000_000_000
    for round in 0..<60 {
      // Back a year, ahead ten, a step, equal stamps, before 1970.
      switch round % 6 {
      case 0: now -= year
      case 1: now += 10 * year
      case 2: now += Int64.random(in: -1000...1000, using: &generator)
      case 3: now = -now
      default: break
      }
      let first = UInt64(times.count) + 1
      let isEqual = round % 6 == 4
      try store.append(
        try batch(from: first, count: 50, time: { isEqual ? now : now + Int64($0 - first) }))
      times += (0..<50).map { isEqual ? now : now + Int64($0) }
    }
    for moment in [Int64.min, -year, 0, now - year, now, now + 3, .max]
      + (0..<40).compactMap({ _ in times.randomElement(using: &generator) })
    {
      var contents = Contents()
      let reader = try store.reader(from: .time(moment))
      while try reader.next({ contents.add($0) }) != nil {}
      let expected = times.firstIndex { $0 >= moment }.map { UInt64($0) + 1 } ?? 3001
      #expect(contents.numbers == Array(expected..<3001), "time \(moment)")
      let outside = try StoreReader(directory: scratch.path, from: .time(moment))
      let first = try outside.next { $0.sequence(at: 0) }
      #expect(first == (expected < 3001 ? expected : nil), "time \(moment)")
      #expect(contents.gaps.isEmpty && contents.wrong.isEmpty)
    }
  }

  @Test("a program that is started meanwhile inherits neither the lock nor a file")
  func descriptors() throws {
    let scratch = Scratch()
    let store = try BlockingRingStore(directory: scratch.path, options: .small())
    try store.append(try batch(from: 1, count: 10))
    let list = try Tool("/bin/ls", ["-l", "/proc/self/fd"])
    #expect(list.status == 0 && !list.output.contains("storeforward-"))
    try store.close()
  }
}
