import StoreForward
import Testing

@Suite("The async face", .timeLimit(.minutes(15)))
struct AsyncStoreTests {
  @Test("many tasks append, a sink follows, everything arrives in order")
  func follow() async throws {
    let scratch = Scratch()
    let store = try await RingStore(directory: scratch.path, options: .small(segments: 64))
    let cursor = try await store.cursor("sink")
    let total = 16 * 25
    async let received: [UInt64] = {
      var numbers: [UInt64] = []
      while numbers.count < total {
        let more: Void? = try await cursor.next(wait: nil) { batch in
          for index in 0..<batch.count { numbers.append(batch.sequence(at: index)) }
          cursor.acknowledge(through: batch.lastSequence)
        }
        if more == nil { break }
      }
      return numbers
    }()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<16 {
        group.addTask {
          for _ in 0..<25 {
            var batch = RecordBatch()
            try batch.append([UInt8(task)], time: 0)
            let receipt = try await store.append(batch)
            #expect(receipt.isDurable)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await received == Array(1...UInt64(total)))
    #expect(store.metrics.groups < UInt64(total))
    try await store.close()
    let again = try await RingStore(directory: scratch.path, options: .small(segments: 64))
    #expect(again.cursors.first?.acknowledged == UInt64(total))
    #expect(again.recovery.wasClean)
  }

  @Test("a reader without a name follows, keeps nothing and is told what it missed")
  func reader() async throws {
    let scratch = Scratch()
    let store = try await RingStore(directory: scratch.path, options: .small(segments: 4))
    let (payload, total) = ([UInt8](repeating: 7, count: 1000), 2000 as UInt64)
    let late = try await store.reader()
    async let followed: [UInt64] = {
      let reader = try await store.reader(from: .newest)
      var next = reader.nextSequence
      var numbers: [UInt64] = []
      while next <= total {
        let more: Void? = try await reader.next(wait: nil) { batch in
          numbers += batch.gaps.flatMap { $0.first...$0.last }
          for index in 0..<batch.count { numbers.append(batch.sequence(at: index)) }
        }
        if more == nil { break }
        next = reader.nextSequence
      }
      return numbers
    }()
    for _ in 0..<total {
      var batch = RecordBatch()
      try batch.append(payload, time: 0)
      try await store.append(batch)
    }
    let numbers = try await followed
    #expect(numbers == Array((numbers.first ?? 0)...total))
    let gaps = try #require(try await late.next { $0.gaps })
    #expect(gaps.first?.first == 1 && gaps.allSatisfy { $0.reason == .evicted })
    #expect(store.cursors.isEmpty)
    try await store.close()
    await #expect(throws: StoreError.self) { try await store.reader() }
  }

  @Test("waiting ends by time, by cancellation and by closing")
  func waiting() async throws {
    let scratch = Scratch()
    let store = try await RingStore(directory: scratch.path, options: .small())
    let cursor = try await store.cursor("sink")
    #expect(try await cursor.next(wait: .milliseconds(5)) { $0.count } == nil)
    let task = Task { try await cursor.next(wait: nil) { $0.count } }
    task.cancel()
    #expect(try await task.value == nil)
    let closing = Task { try await cursor.next(wait: nil) { $0.count } }
    try await store.close()
    await #expect(throws: StoreError.self) { try await closing.value }
    let error = await #expect(throws: StoreError.self) {
      var batch = RecordBatch()
      try batch.append([1], time: 0)
      try await store.append(batch)
    }
    #expect(error?.code == .closed)
  }

  @Test("a blocked append goes on when a cursor has read, and can be cancelled without a trace")
  func blocks() async throws {
    let scratch = Scratch()
    let store = try await RingStore(
      directory: scratch.path, options: .small(segments: 3, overflow: .block))
    let cursor = try await store.cursor("sink")
    // As much as fits, and then some that has to wait.
    let writer = Task {
      for _ in 0..<40 {
        let records = try batch(from: store.nextSequence, count: 50)
        try await store.append(records)
      }
    }
    while store.metrics.appendedRecords < 1100 { await Task.yield() }
    let late = Task {
      var batch = RecordBatch()
      try batch.append([9], time: 0)
      return try await store.append(batch)
    }
    late.cancel()
    let error = await #expect(throws: StoreError.self) { try await late.value }
    #expect(error?.code == .cancelled)
    var contents = Contents()
    while contents.numbers.count < 2000 {
      try await cursor.next(wait: nil) { batch in
        contents.add(batch)
        cursor.acknowledge(through: batch.lastSequence)
      }
    }
    try await writer.value
    #expect(contents.numbers == Array(1...2000))
    #expect(contents.gaps.isEmpty && contents.wrong.isEmpty)
  }

  @Test("under an interval, records become durable without being asked for")
  func interval() async throws {
    let scratch = Scratch()
    let store = try await RingStore(
      directory: scratch.path, options: .small(sync: .interval(.milliseconds(5))))
    let cursor = try await store.cursor("sink")
    try await store.append(try batch(from: 1, count: 10))
    #expect(try await cursor.next(wait: nil) { $0.count } == 10)
    #expect(store.metrics.durableSequence == 10)
  }
}
