import Glibc
import StoreForward
import Synchronization
import TestSupport
import Testing

/// Everything at once on a real disk, with a ring so small that a new segment is begun every few
/// milliseconds. Each cursor must see each number once and in order, or a gap that says why.
@Suite("Appenders, cursors and the ring at the same time", .timeLimit(.minutes(15)))
struct ConcurrencyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var sync: StoreOptions.SyncPolicy
    var overflow: StoreOptions.OverflowPolicy
    var segments: Int
    var testDescription: String { "\(sync) \(overflow) \(segments)" }
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    for sync in [
      StoreOptions.SyncPolicy.everyCommit, .interval(.milliseconds(3)), .manual,
    ] {
      for overflow in [StoreOptions.OverflowPolicy.dropOldest, .rejectNewest, .block] {
        cases.append(Case(sync: sync, overflow: overflow, segments: Soak.isOn ? 3 : 4))
        if Soak.isOn { cases.append(Case(sync: sync, overflow: overflow, segments: 2)) }
      }
    }
    return cases
  }()

  /// What one reader has been given, checked as it comes.
  struct Follower {
    var next: UInt64 = 1
    var records: UInt64 = 0
    /// Acknowledged by themselves: they do not come again.
    var settled: Set<UInt64> = []
    var faults: [String] = []

    mutating func take(_ batch: borrowing StoredBatch, mayDrop: Bool, policy: String) {
      var gaps = batch.gaps[...]
      func fault(_ text: String) -> String { "\(policy): \(text), expected \(next)" }
      func pass(_ gap: Gap) {
        skipSettled(to: gap.first)
        if gap.first != next { faults.append(fault("gap \(gap)")) }
        if gap.reason != .evicted || !mayDrop { faults.append(fault("gap \(gap)")) }
        next = gap.last + 1
      }
      for index in 0..<batch.count {
        let number = batch.sequence(at: index)
        while let gap = gaps.first, gap.first < number {
          pass(gap)
          gaps = gaps.dropFirst()
        }
        skipSettled(to: number)
        if number != next { faults.append(fault("record \(number)")) }
        if batch.payload(at: index).first.map({ Int($0) }) != batch.payload(at: index).count % 251 {
          faults.append(fault("wrong bytes in \(number)"))
        }
        next = number + 1
        records += 1
      }
      for gap in gaps { pass(gap) }
      skipSettled(to: batch.lastSequence + 1)
      if batch.lastSequence + 1 != next {
        faults.append(fault("lastSequence \(batch.lastSequence)"))
      }
    }

    private mutating func skipSettled(to number: UInt64) {
      while next < number, settled.contains(next) { next += 1 }
    }
  }

  /// What the threads of one test have in common.
  final class Tally: Sendable {
    let appended = Atomic<UInt64>(0)
    let cancelled = Atomic<Int>(0)
    let isDone = Atomic(false)
    let faults = Mutex<[String]>([])
  }

  /// A payload that tells its own size.
  static func bytes(_ size: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(size % 251), count: size)
  }

  @Test("blocking face", arguments: cases)
  func blockingFace(_ what: Case) async throws {
    let scratch = Scratch()
    var options = StoreOptions.small(
      segments: what.segments, sync: what.sync, overflow: what.overflow)
    options.cursorSaveInterval = .milliseconds(2)
    let store = try BlockingRingStore(directory: scratch.path, options: options)
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    let rounds = Soak.cases(150, full: 4000)
    let tally = Tally()
    // Cursors exist before the first record, so that nothing goes unread unless the policy allows it.
    let cursors = try (0..<3).map { try store.cursor("sink\($0)") }
    let mayDrop = what.overflow == .dropOldest
    try await withThrowingTaskGroup(of: Void.self) { group in
      for appender in 0..<3 {
        group.addTask {
          try await onThread {
            var generator = SeededGenerator(seed: seed &+ UInt64(appender))
            var batch = RecordBatch()
            for round in 0..<rounds {
              batch.removeAll()
              for _ in 0..<Int.random(in: 1...12, using: &generator) {
                try batch.append(
                  Self.bytes(Int.random(in: 1...900, using: &generator)), time: 0)
              }
              while true {
                do throws(StoreError) {
                  try store.append(batch)
                  break
                } catch {
                  guard error.code == .full, what.overflow == .rejectNewest else { throw error }
                  sched_yield()
                }
              }
              tally.appended.add(UInt64(batch.count), ordering: .relaxed)
              if what.sync == .manual, round % 8 == appender { try store.sync() }
            }
          }
        }
      }
      for (index, cursor) in cursors.enumerated() {
        group.addTask {
          try await onThread {
            var generator = SeededGenerator(seed: seed &+ 100 &+ UInt64(index))
            var follower = Follower()
            var acknowledged: UInt64 = 0
            while true {
              let isLast = tally.isDone.load(ordering: .acquiring)
              if isLast { try store.sync() }
              let given: Void? = try cursor.next(
                maxBytes: Int.random(in: 4096...100_000, using: &generator),
                maxRecords: Int.random(in: 1...200, using: &generator), wait: .milliseconds(2)
              ) {
                follower.take($0, mayDrop: mayDrop, policy: "\(what.testDescription) seed \(seed)")
              }
              if given == nil {
                if isLast { break }
                if what.sync == .manual { try store.sync() }
                continue
              }
              switch Int.random(in: 0..<12, using: &generator) {
              case 0 where index == 1:
                // Back to the acknowledged place: what was not acknowledged comes again.
                try cursor.rewind(to: .saved)
                follower.next = acknowledged + 1
              case 1 where index == 2 && acknowledged > 0:
                let back = UInt64.random(in: 1...acknowledged, using: &generator)
                try cursor.rewind(to: .sequence(back))
                follower.next = back
                follower.settled = []
                acknowledged = back - 1
              case 2:
                try cursor.acknowledge(follower.next - 1...follower.next - 1)
                follower.settled.insert(follower.next - 1)
              default:
                try cursor.acknowledge(through: follower.next - 1)
                acknowledged = follower.next - 1
              }
              // Rewinding under a policy that keeps what is unread may find it gone, since it was not.
              if index == 2, !mayDrop { follower.faults.removeAll { $0.contains("evicted") } }
            }
            try cursor.acknowledge(through: follower.next - 1)
            let found = follower.faults
            tally.faults.withLock { $0 += found }
          }
        }
      }
      // An onlooker of another process, and one who asks for numbers all the time.
      group.addTask {
        try await onThread {
          while !tally.isDone.load(ordering: .acquiring) {
            let reader = try StoreReader(directory: scratch.path)
            var follower = Follower()
            follower.next = reader.oldestSequence
            while try reader.next({ follower.take($0, mayDrop: true, policy: "onlooker") }) != nil {
            }
            let found = follower.faults
            tally.faults.withLock { $0 += found }
          }
        }
      }
      group.addTask {
        try await onThread {
          while !tally.isDone.load(ordering: .acquiring) {
            let metrics = store.metrics
            if metrics.durableSequence > metrics.lastSequence {
              tally.faults.withLock { $0.append("durable \(metrics)") }
            }
            if metrics.segments > what.segments {
              tally.faults.withLock { $0.append("too many segments") }
            }
            _ = store.cursors
            sched_yield()
          }
        }
      }
      for _ in 0..<3 { try await group.next() }
      tally.isDone.store(true, ordering: .releasing)
      try await group.waitForAll()
    }
    #expect(tally.faults.withLock { $0.isEmpty }, "\(tally.faults.withLock { $0.prefix(5) })")
    #expect(store.metrics.appendedRecords == tally.appended.load(ordering: .relaxed))
    #expect(store.metrics.durableSequence == store.metrics.lastSequence)
    let before = try store.contents().numbers
    try store.close()
    let again = try BlockingRingStore(directory: scratch.path, options: options)
    #expect(again.recovery.wasClean)
    #expect(try again.contents().numbers == before)
  }

  @Test("async face", arguments: cases)
  func asyncFace(_ what: Case) async throws {
    let scratch = Scratch()
    let options = StoreOptions.small(
      segments: what.segments, sync: what.sync, overflow: what.overflow)
    let store = try await RingStore(directory: scratch.path, options: options)
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    let rounds = Soak.cases(80, full: 2000)
    let mayDrop = what.overflow == .dropOldest
    let tally = Tally()
    let cursor = try await store.cursor("sink")
    async let follower: Follower = {
      var follower = Follower()
      while true {
        let isLast = tally.isDone.load(ordering: .acquiring)
        if isLast || what.sync == .manual { try await store.sync() }
        let given: Void? = try await cursor.next(wait: .milliseconds(2)) {
          follower.take($0, mayDrop: mayDrop, policy: "\(what.testDescription) seed \(seed)")
        }
        if given == nil, isLast { return follower }
        cursor.acknowledge(through: follower.next - 1)
      }
    }()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for appender in 0..<6 {
        group.addTask {
          var generator = SeededGenerator(seed: seed &+ UInt64(appender))
          for _ in 0..<rounds {
            let count = Int.random(in: 1...6, using: &generator)
            let sizes = (0..<count).map { _ in Int.random(in: 1...900, using: &generator) }
            let append = Task {
              while true {
                var batch = RecordBatch()
                for size in sizes { try batch.append(Self.bytes(size), time: 0) }
                do throws(StoreError) {
                  try await store.append(batch)
                  return
                } catch {
                  guard error.code == .full, what.overflow == .rejectNewest else { throw error }
                  await Task.yield()
                }
              }
            }
            if Int.random(in: 0..<8, using: &generator) == 0 { append.cancel() }
            do {
              try await append.value
              tally.appended.add(UInt64(count), ordering: .relaxed)
            } catch let error as StoreError where error.code == .cancelled {
              tally.cancelled.add(1, ordering: .relaxed)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    tally.isDone.store(true, ordering: .releasing)
    let end = try await follower
    #expect(end.faults.isEmpty, "\(end.faults.prefix(5))")
    #expect(store.metrics.appendedRecords == tally.appended.load(ordering: .relaxed))
    if !mayDrop { #expect(end.records == store.metrics.appendedRecords) }
    try await store.close()
  }
}
