import IOThreads
import Testing

@Suite(.timeLimit(.minutes(15))) struct QueueTests {
  @Test func everythingPassesInOrderThroughAQueueOfOne() async throws {
    let queue = try BatchQueue<Int, Never>(capacity: 1)
    try OwnedThread.start(name: "producer") {
      for number in 0..<5000 { _ = queue.push(number) }
      queue.finish()
    }
    var received: [Int] = []
    while let number = await queue.next() { received.append(number) }
    #expect(received == Array(0..<5000))
  }

  @Test func aConsumerThatLeavesEndsTheProducer() async throws {
    let queue = try BatchQueue<Int, Never>(capacity: 1)
    await withCheckedContinuation { continuation in
      do {
        try OwnedThread.start(name: "producer") {
          var number = 0
          while queue.push(number) { number += 1 }
          continuation.resume()
        }
      } catch {
        Issue.record("no thread: \(error)")
        continuation.resume()
      }
      queue.close()
    }
    #expect(await queue.next() == nil)
  }

  @Test func cancellingAWaitLosesNothing() async throws {
    let queue = try BatchQueue<Int, Never>(capacity: 4)
    let waiting = Task { await queue.next() }
    waiting.cancel()
    #expect(await waiting.value == nil)
    #expect(queue.offer(7) == .accepted)
    #expect(await queue.next() == 7)
  }

  @Test func aFailureComesBehindWhatWaits() async throws {
    let queue = try BatchQueue<Int, SystemFailure>(capacity: 4)
    _ = queue.offer(1)
    queue.finish(throwing: SystemFailure(call: "read", errorNumber: 5))
    #expect(try await queue.next() == 1)
    await #expect(throws: SystemFailure.self) { try await queue.next() }
    #expect(try await queue.next() == nil)
  }
}

@Suite(.timeLimit(.minutes(15))) struct BlockingThreadTests {
  private actor Worker {
    private let thread = BlockingThread(name: "worker")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var count = 0

    func increment() -> Int {
      count += 1
      return count
    }
  }

  @Test func anActorOnItsOwnThreadIsStillOneAtATime() async {
    let worker = Worker()
    await withTaskGroup { group in
      for _ in 0..<1000 { group.addTask { _ = await worker.increment() } }
    }
    #expect(await worker.increment() == 1001)
  }

  @Test func threadsEndWithTheirActors() async {
    for _ in 0..<200 {
      let worker = Worker()
      #expect(await worker.increment() == 1)
    }
  }
}
