import Glibc
import Testing

@testable import IOThreads

@Suite("An actor whose thread could not be started", .timeLimit(.minutes(15)))
struct InlineExecutorTests {
  private actor Worker {
    private let thread = BlockingThread(withoutThread: ())
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var isInside = false
    private(set) var count = 0
    private(set) var overlaps = 0

    func increment() {
      if isInside { overlaps += 1 }
      isInside = true
      // Long enough for others to come.
      for _ in 0..<20 { sched_yield() }
      count += 1
      isInside = false
    }
  }

  @Test("runs its jobs on those who bring them, all of them and one at a time")
  func oneAtATime() async {
    let worker = Worker()
    await withTaskGroup { group in
      for _ in 0..<1000 { group.addTask { await worker.increment() } }
    }
    #expect(await worker.count == 1000)
    #expect(await worker.overlaps == 0)
  }
}
